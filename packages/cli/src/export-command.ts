/** `herdmind export`: all that is held here, as JSON lines. */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { access, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import type { JsonObject } from "@herdmind/protocol";
import { EXIT, type ExitCode, type Failure, refusedBy, wrongUsage } from "./exit-codes.js";
import { reach } from "./reached.js";
import type { Shell } from "./shell.js";
import { writeLine } from "./write-line.js";

export interface ExportFlags {
  readonly force?: boolean;
}

type Done =
  | { readonly ok: true; readonly records: number }
  | { readonly ok: false; readonly rule: string; readonly message: string };

const cut: Done = {
  ok: false,
  rule: "unavailable",
  message: "The node ended before the export did, so it is not whole. Ask again.",
};

export const exportHere = async (shell: Shell, file: string | undefined, flags: ExportFlags): Promise<ExitCode> => {
  const { output, io } = shell;
  if (file === undefined || file === "-") {
    const done = await exportTo(shell, (line) => writeLine(io.stdout, line, shell.interrupt.signal));
    return done.ok ? EXIT.ok : failed(shell, done);
  }
  const path = resolve(file);
  if (flags.force !== true && (await exists(path)))
    return output.fail(wrongUsage(`${file} is there already. Name another file, or replace it with --force.`));
  // Under another name until it is whole, so that half an export is never taken for one.
  const partial = `${path}.partial`;
  const stream = createWriteStream(partial, { mode: 0o600 });
  try {
    await once(stream, "open");
    const done = await exportTo(shell, (line) => writeLine(stream, line, shell.interrupt.signal));
    if (!done.ok) return failed(shell, done);
    stream.end();
    await once(stream, "finish");
    await rename(partial, path);
    output.answer({ file: path, records: done.records }, () => [`${done.records} records in ${file}`]);
    return EXIT.ok;
  } catch (error) {
    if (shell.interrupt.code !== undefined) return shell.interrupt.code;
    const why = error instanceof Error ? error.message : String(error);
    return output.fail(refusedBy("unavailable", `${file} cannot be written: ${why}.`));
  } finally {
    stream.destroy();
    // It may never have been there.
    await rm(partial, { force: true }).catch(() => undefined);
  }
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const failed = ({ output }: Shell, failure: { readonly rule: string; readonly message: string }): ExitCode =>
  output.fail("code" in failure ? (failure as Failure) : refusedBy(failure.rule, failure.message));

const exportTo = ({ dir, interrupt, logger }: Shell, write: (line: string) => Promise<void>): Promise<Done | Failure> =>
  reach({ dir, signal: interrupt.signal, logger }, { connects: false }, async ({ stream }) => {
    const answer = await stream("export", {});
    if (!answer.ok) return answer;
    let end: JsonObject | undefined;
    for await (const line of answer.lines) {
      if (line.ok === false) return { ok: false, rule: String(line.rule), message: String(line.message) };
      if (line.herdmind === "end") end = line;
      await write(JSON.stringify(line));
    }
    return end === undefined ? cut : { ok: true, records: Number(end.records) };
  });
