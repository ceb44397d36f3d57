/** One call of the command: parses, runs, and answers with an exit code. */
import { isEntryId } from "@herdmind/protocol";
import { CommanderError } from "commander";
import { EXIT, type ExitCode, type Failure, wrongUsage } from "./exit-codes.js";
import { dataDir } from "./home.js";
import { catchInterrupts } from "./interrupt.js";
import { createOutput } from "./output.js";
import { createProgram } from "./program.js";
import { createLogger, isInteractive } from "./shell.js";

/** Flags that take a text, which may look like an id. */
const TEXT_FLAGS: readonly string[] = ["--note", "--as", "--dir"];

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

export const run = async (args: readonly string[]): Promise<ExitCode> => {
  using interrupt = catchInterrupts();
  let code: ExitCode = EXIT.ok;
  const asJson = args.includes("--json");
  const program = createProgram(async ({ dir, json = false }, work) => {
    const output = createOutput(json);
    code = await work({
      dir: dataDir(dir),
      output,
      interrupt,
      logger: createLogger(output),
      interactive: isInteractive(),
    });
  });
  for (const each of [program, ...program.commands]) {
    each.exitOverride();
    // With --json the one document on stderr says it.
    if (asJson) each.configureOutput({ writeErr: () => undefined });
  }
  try {
    await program.parseAsync([...protectIds(args)], { from: "user" });
    return code;
  } catch (error) {
    if (interrupt.code !== undefined) return interrupt.code;
    if (error instanceof Error && error.name === "ExitPromptError") return EXIT.interrupted;
    if (!(error instanceof CommanderError)) return createOutput(asJson).fail(bug(error));
    if (error.code === "commander.helpDisplayed" || error.code === "commander.version") return EXIT.ok;
    const message =
      error.code === "commander.help"
        ? "Name a command: herdmind --help lists them."
        : error.message.replace(/^error: /, "");
    return asJson ? createOutput(true).fail(wrongUsage(message)) : EXIT.usage;
  }
};
