/** `herdmind exec -- COMMAND`: runs a command as if herdmind were not there, and has something to say when it has ended. */
import { runCommand, shownCommand } from "@herdmind/shell";
import { afterCommand } from "./after-command.js";
import { type ExitCode, wrongUsage } from "./exit-codes.js";
import { catchInterrupts } from "./interrupt.js";
import type { Shell } from "./shell.js";
import type { Telling } from "./solved-failure.js";

export const exec = async (shell: Shell, command: readonly string[], telling: Telling): Promise<ExitCode> => {
  if (command.length === 0 || command[0] === "")
    return shell.output.fail(wrongUsage("There is no command to run: herdmind exec -- npm test."));
  const { io, output } = shell;
  const interactive = shell.interactive && !output.json;
  // Signals are the command's now, and so is a reader of its output that goes away.
  shell.interrupt[Symbol.dispose]();
  io.stdout.removeAllListeners("error");
  const cwd = process.cwd();
  for (;;) {
    const ran = await runCommand(command, { streams: io, cwd });
    using interrupt = catchInterrupts();
    const ended = { ...ran, words: command, key: command, shown: shownCommand(command), cwd };
    if (ran.output === undefined && ran.code !== 0)
      output.warn("What the command said cannot be seen on this platform, so nothing could be looked for.");
    const isAgain = await afterCommand({ ...shell, interactive, interrupt }, ended, telling).catch((error: unknown) => {
      // Whatever is wrong with us, the command has ended as it has.
      output.warn(
        `A fault of herdmind, please report it: ${error instanceof Error ? (error.stack ?? "") : String(error)}`,
      );
      return false;
    });
    if (!isAgain) return ran.code;
  }
};
