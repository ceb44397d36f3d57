/** `herdmind export`: all that is held here, as JSON lines; or what canon knows, as cq knowledge units. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { access, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import type { UnitLine } from "@herdmind/cq";
import type { JsonObject } from "@herdmind/protocol";
import { EXIT, type ExitCode, type Failure, refusedBy, wrongUsage } from "./exit-codes.js";
import type { Format } from "./format.js";
import { reach } from "./reached.js";
import type { Shell } from "./shell.js";
import { writeLine } from "./write-line.js";

export interface ExportFlags {
  readonly force?: boolean;
  readonly format?: Format;
}

/** `leftOut`: entries that no unit was made of, by reason. */
type Done =
  | { readonly ok: true; readonly records: number; readonly leftOut?: LeftOut }
  | { readonly ok: false; readonly rule: string; readonly message: string };

const cut: Done = {
  ok: false,
  rule: "unavailable",
  message: "The node ended before the export did, so it is not whole. Ask again.",
};

export const exportHere = async (shell: Shell, file: string | undefined, flags: ExportFlags): Promise<ExitCode> => {
  const { output, io } = shell;
  if (file === undefined || file === "-") {
    const done = await exportTo(shell, flags, (line) => writeLine(io.stdout, line, shell.interrupt.signal));
    if (!done.ok) return failed(shell, done);
    for (const line of leftOutLines(done.leftOut)) output.warn(line);
    return EXIT.ok;
  }
  const path = resolve(file);
  if (flags.force !== true && (await exists(path)))
    return output.fail(wrongUsage(`${file} is there already. Name another file, or replace it with --force.`));
  // Under another name until it is whole, so that half an export is never taken for one; a new one, which nobody else's file or link has.
  const partial = `${path}.${randomBytes(6).toString("hex")}.partial`;
  const stream = createWriteStream(partial, { flags: "wx", mode: 0o600 });
  try {
    await once(stream, "open");
    const done = await exportTo(shell, flags, (line) => writeLine(stream, line, shell.interrupt.signal));
    if (!done.ok) return failed(shell, done);
    stream.end();
    await once(stream, "finish");
    await rename(partial, path);
    const { ok: _, ...counts } = done;
    output.answer({ file: path, ...counts }, () => [
      `${done.records} ${flags.format === "cq" ? "knowledge units" : "records"} in ${file}`,
      ...leftOutLines(done.leftOut),
    ]);
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

const exportTo = (
  { dir, interrupt, logger }: Shell,
  { format }: ExportFlags,
  write: (line: string) => Promise<void>,
): Promise<Done | Failure> =>
  reach({ dir, signal: interrupt.signal, logger }, { connects: false }, async ({ stream }) => {
    const answer = await stream("export", {});
    if (!answer.ok) return answer;
    let end: JsonObject | undefined;
    let refused: Done | undefined;
    const lines = async function* (): AsyncIterable<JsonObject> {
      for await (const line of answer.lines) {
        if (line.ok === false) {
          refused = { ok: false, rule: String(line.rule), message: String(line.message) };
          return;
        }
        if (line.herdmind === "end") end = line;
        yield line;
      }
    };
    const written = format === "cq" ? await writeUnits(lines(), write) : await writeAll(lines(), write);
    if (refused !== undefined) return refused;
    return end === undefined ? cut : { ok: true, records: Number(end.records), ...written };
  });

const writeAll = async (lines: AsyncIterable<JsonObject>, write: (line: string) => Promise<void>): Promise<object> => {
  for await (const line of lines) await write(JSON.stringify(line));
  return {};
};

type LeftOut = { [why in Extract<UnitLine, { type: "leftOut" }>["why"]]: number };

const LEFT_OUT_WORDS: { readonly [why in keyof LeftOut]: string } = {
  pending: "that canon has not judged yet",
  retired: "revoked or superseded",
  inexact: "whose problem canon did not keep whole",
  tooLong: "with a text longer than a knowledge unit may have",
};

const leftOutLines = (leftOut: LeftOut | undefined): readonly string[] => {
  const told = Object.entries(leftOut ?? {}).filter(([, number]) => number > 0);
  return told.length === 0
    ? []
    : [`left out: ${told.map(([why, number]) => `${number} ${LEFT_OUT_WORDS[why as keyof LeftOut]}`).join(", ")}`];
};

const writeUnits = async (
  lines: AsyncIterable<JsonObject>,
  write: (line: string) => Promise<void>,
): Promise<{ readonly records: number; readonly leftOut: LeftOut }> => {
  // Loaded here: nothing else of this command needs it.
  const { toKnowledgeUnits } = await import("@herdmind/cq");
  const leftOut: LeftOut = { pending: 0, retired: 0, inexact: 0, tooLong: 0 };
  let records = 0;
  for await (const line of toKnowledgeUnits(lines)) {
    if (line.type === "leftOut") leftOut[line.why] += 1;
    else {
      records += 1;
      await write(JSON.stringify(line.unit));
    }
  }
  return { records, leftOut };
};
