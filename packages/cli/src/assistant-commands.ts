/** The commands and flags that coding assistants need: the server they start, the hook they run, and what writes both down for them. */
import { type Command, Option } from "commander";
import type { ExitCode } from "./exit-codes.js";
import { collect, examples, name, wholeNumber } from "./flags.js";
import type { Shell } from "./shell.js";

/** How a command is added to the program, and what it does. */
export interface Adding {
  readonly program: Command;
  command(spec: string, description: string, ...examples: readonly string[]): Command;
  act(
    made: Command,
    work: (shell: Shell, args: readonly (string | undefined)[], flags: never) => Promise<ExitCode>,
  ): void;
}

export const addAssistantCommands = ({ program, command, act }: Adding): void => {
  act(
    command(
      "mcp",
      "tools for a coding assistant: the Model Context Protocol on standard input and output; starts the node when it is not up",
      "herdmind mcp                              as an assistant's configuration has it",
      "herdmind mcp --memory                     in place of the official memory server: its nine tools, shared by all",
    )
      .option("--as <name>", "the agent in whose name is reported (default: what the assistant calls itself)", name)
      .option("--create <name>", "what the swarm is called that begins when this directory holds none", name)
      .option("--memory", "the tools of the official memory server, on the memory that all members share")
      .option("--space <name>", 'with --memory: which part of it (default: "graph")', name),
    async (shell, _, flags) => (await import("./mcp-command.js")).mcp(shell, flags),
  );
  const memory = program.command("memory").description("the memory that all members share");
  act(
    memory
      .command("list [prefix]")
      .description("items of the memory, in the order of their keys; with a prefix those whose key begins with it")
      .option("--space <name>", 'which part of the memory (default: "graph")', name)
      .option("--limit <count>", "items at most (default: 100)", wholeNumber("--limit", 1, 65_536))
      .addHelpText(
        "after",
        examples(
          "herdmind memory list e:                   entities of the graph that herdmind mcp --memory keeps",
          "herdmind memory list --space plans --json | jq -r '.items[].key'",
        ),
      ),
    async (shell, [prefix], flags) => (await import("./memory-list-command.js")).listMemory(shell, prefix, flags),
  );
  act(
    memory
      .command("import [file]")
      .description(
        'take over the file of the official memory server; what is there stays, and the same file twice adds nothing; "-": standard input',
      )
      .option("--space <name>", 'which part of the memory (default: "graph")', name)
      .option("--as <name>", "the agent on this node that writes it", name)
      .option("--create <name>", "what the swarm is called that begins when this directory holds none", name)
      .addHelpText(
        "after",
        examples(
          "herdmind memory import                    $MEMORY_FILE_PATH, or memory.jsonl here",
          "herdmind memory import ~/notes/memory.jsonl --space notes",
        ),
      ),
    async (shell, [file], flags) => (await import("./memory-command.js")).importMemory(shell, file, flags),
  );
  act(
    command(
      "install",
      "write a coding assistant's own configuration, so that it uses this machine's node: shows what changes, asks, keeps a backup",
      "herdmind install --list                   which assistants are known, which are here, and which have it",
      "herdmind install --target claude-code     for this user, in every project",
      "herdmind install --target cursor --scope project --dry-run",
      "herdmind install --target codex --uninstall",
    )
      .option("--target <name>", "the assistant; repeat it", collect)
      .addOption(
        new Option("--scope <scope>", "where (default: user, which is every project)").choices(["user", "project"]),
      )
      .option("--list", "show what is known, found, and installed")
      .option("--uninstall", "take away what was added, and nothing else")
      .option("--dry-run", "show what would change, and write nothing")
      .option("--yes", "do not ask")
      .option("--no-hooks", "without the hooks that ask when something failed")
      .option("--no-rules", "without the words that teach when to ask")
      .addOption(
        new Option("--run-with <what>", "how it is started: by the paths of this machine, or by npx").choices([
          "path",
          "npx",
        ]),
      ),
    async (shell, _, flags) => (await import("./install-command.js")).install(shell, flags),
  );
  act(
    command(
      "hook [assistant]",
      "what an assistant's hook runs: reads what failed on standard input, and writes what is known of it, if anything is",
      "herdmind hook claude-code                 as the assistant's configuration has it",
    ),
    async (shell, [assistant = ""]) => (await import("./hook-command.js")).hook(shell, assistant),
  );
};
