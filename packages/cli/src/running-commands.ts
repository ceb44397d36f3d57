/** The commands and flags that run commands of the user: one, or an interactive shell of them. */
import { SHELLS } from "@herdmind/shell";
import type { Adding } from "./assistant-commands.js";
import { name } from "./flags.js";

export const addRunningCommands = ({ program, command, act }: Adding): void => {
  act(
    command(
      "exec [command...]",
      "run a command as it is, keep its exit code, and when it fails show what is known; put -- before the command",
      "herdmind exec -- npm test",
      "herdmind exec -- sh -c 'make && ./run'",
      'herdmind exec --report "$ npm ci" -- npm test    it failed before; when it works now, tell what solved it',
    )
      .option(
        "--report <text>",
        "what solved it, told when the command succeeds after a failure; $ COMMAND for a command",
      )
      .option("--as <name>", "the agent on this node in whose name is told", name),
    async (shell, words, flags) => (await import("./exec-command.js")).exec(shell, words as readonly string[], flags),
  );
  act(
    command(
      "shell [shell]",
      `an interactive shell in which every command is looked after as by exec: ${SHELLS.join(" or ")} (default: $SHELL)`,
      "herdmind shell",
      "herdmind shell zsh",
    ),
    async (shell, [given]) => (await import("./shell-commands.js")).hostedShell(shell, given),
  );
  act(
    command(
      "shell-init [shell]",
      "a script for .bashrc or .zshrc: hm COMMAND runs it by exec, Ctrl-X h puts hm before the line; --all does it for every command",
      'eval "$(herdmind shell-init bash)"        in .bashrc: for the commands that you prefix',
      'eval "$(herdmind shell-init zsh --all)"   in .zshrc, as its last line: for every command',
    ).option("--all", "every interactive shell is one of herdmind shell"),
    async (shell, [given], flags) => (await import("./shell-commands.js")).initShell(shell, given, flags),
  );
  act(
    program.command("after [file]", { hidden: true }).description("what a hosted shell calls between two prompts"),
    async (shell, [file]) => (await import("./shell-commands.js")).after(shell, file),
  );
};
