/** One call of the command: parses, runs, and answers with an exit code. */
import { dataDir } from "@herdmind/local/client";
import { isEntryId } from "@herdmind/protocol";
import { CommanderError } from "commander";
import { EXIT, type ExitCode, type Failure, wrongUsage } from "./exit-codes.js";
import { catchInterrupts } from "./interrupt.js";
import type { Io } from "./io.js";
import { createOutput } from "./output.js";
import { createProgram } from "./program.js";
import { createLogger, isInteractive } from "./shell.js";

/** Flags that take a text, which may look like an id. */
const TEXT_FLAGS: readonly string[] = ["--note", "--as", "--dir", "--entry", "--writer", "--author"];

/** An id is base64url, so one in 64 begins with "-": it is put behind "--", or it would be taken for flags. */
export const protectIds = (args: readonly string[]): readonly string[] => {
  if (args.includes("--")) return args;
  const at = args.findIndex(
    (arg, i) => arg.startsWith("-") && isEntryId(arg) && !TEXT_FLAGS.includes(args[i - 1] ?? ""),
  );
  return at < 0 ? args : [...args.slice(0, at), ...args.slice(at + 1), "--", args[at] as string];
};

const bug = (error: unknown): Failure => ({
  ok: false,
  rule: "internal",
  message: `This is a fault of herdmind, please report it: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  code: EXIT.bug,
});

/** To an assistant, a hook that fails stands for "stop": this one has nothing to say then, whatever is wrong with its call. */
const isHook = (args: readonly string[]): boolean => args.find((arg) => !arg.startsWith("-")) === "hook";

/** Never throws, and never ends the process, except for a second Ctrl-C. */
export const run = async (args: readonly string[], io: Io = process): Promise<ExitCode> => {
  const code = await runCommand(args, io);
  return isHook(args) ? EXIT.ok : code;
};

const runCommand = async (args: readonly string[], io: Io): Promise<ExitCode> => {
  using interrupt = catchInterrupts();
  let code: ExitCode = EXIT.ok;
  // What stands behind it is the command that exec runs.
  const end = args.indexOf("--");
  const asJson = (end < 0 ? args : args.slice(0, end)).includes("--json");
  const program = createProgram(async ({ dir, json = false }, work) => {
    const output = createOutput(json, io);
    code = await work({
      dir: dataDir(dir),
      output,
      io,
      interrupt,
      logger: createLogger(output),
      interactive: isInteractive(io),
    });
  });
  for (const each of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
    each.exitOverride();
    each.configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      // With --json the one document on stderr says it.
      writeErr: (text) => void (asJson || io.stderr.write(text)),
    });
  }
  try {
    await program.parseAsync([...protectIds(args)], { from: "user" });
    return code;
  } catch (error) {
    if (interrupt.code !== undefined) return interrupt.code;
    if (error instanceof Error && error.name === "ExitPromptError") return EXIT.interrupted;
    if (!(error instanceof CommanderError)) return createOutput(asJson, io).fail(bug(error));
    if (error.code === "commander.helpDisplayed" || error.code === "commander.version") return EXIT.ok;
    const message =
      error.code === "commander.help"
        ? "Name a command: herdmind --help lists them."
        : error.message.replace(/^error: /, "");
    return asJson ? createOutput(true, io).fail(wrongUsage(message)) : EXIT.usage;
  }
};
