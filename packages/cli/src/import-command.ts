/**
 * `herdmind import`: proposes again what an export holds. The file is read line by line and sent in batches; each batch is durable when
 * it is answered, and what is known is left alone, so an import that was interrupted is begun again and goes on.
 */
import { createReadStream } from "node:fs";
import { addAbortSignal } from "node:stream";
import type { Answers, Refused } from "@herdmind/local/client";
import type { EntryId, JsonObject, SwarmId } from "@herdmind/protocol";
import type { ProposedAgain, ReadLine } from "herdmind";
import type { Reached } from "./asking.js";
import { boundedLines } from "./bounded-lines.js";
import { EXIT, type ExitCode, type Failure, refusedBy, wrongUsage } from "./exit-codes.js";
import type { ImportSummary } from "./import-summary.js";
import { reach } from "./reached.js";
import type { Shell } from "./shell.js";
import { showImported } from "./show-history.js";

/** Bytes of a line: a record of 64 KiB in which JSON escapes each byte, and what stands around it. */
const MAX_LINE_BYTES = 512 * 1024;
/** Proposals and bytes in one call to a node, which takes 256 and 1 MiB. */
const BATCH = 128;
const BATCH_BYTES = 256 * 1024;
/** Bad lines that are told one by one; the rest is counted. */
const MAX_TOLD = 20;
const PROGRESS_MS = 5000;

export interface ImportFlags {
  readonly dryRun?: boolean;
  readonly as?: string;
}

interface Waiting {
  readonly line: number;
  readonly proposal: ProposedAgain;
}

type ReadExportLine = (text: string, swarm: SwarmId | undefined) => ReadLine;

export const importFile = async (shell: Shell, file: string | undefined, flags: ImportFlags): Promise<ExitCode> => {
  const { output, dir, interrupt, logger, io } = shell;
  if (file === undefined)
    return output.fail(wrongUsage('Name the file of an export, or "-" for standard input: herdmind import FILE.'));
  // Ended by Ctrl-C also while nothing comes; opened when it is read, because a file that cannot be opened fails there.
  const open = (): AsyncIterable<Buffer> =>
    addAbortSignal(interrupt.signal, file === "-" ? io.stdin : createReadStream(file));
  const summary: ImportSummary = {
    from: null,
    isDryRun: flags.dryRun === true,
    imported: 0,
    known: 0,
    rejected: 0,
    bad: 0,
    redactions: 0,
    passed: { outcome: 0, retired: 0, unfit: 0, inexact: 0, elsewhere: 0, other: 0 },
    pending: 0,
    isWhole: false,
  };
  // Loaded here: of all commands only this one reads exports.
  const { readExportLine } = await import("herdmind");
  const asking = { dir, signal: interrupt.signal, logger };
  let done: Refused | Failure | { readonly ok: true };
  try {
    done = await reach(asking, { connects: flags.dryRun !== true }, async (reached) => {
      const failed = await takeAll(shell, reached, flags, open(), summary, readExportLine);
      if (failed !== undefined) return failed;
      summary.pending = flags.dryRun === true ? 0 : await reached.travelled();
      return { ok: true } as const;
    });
  } catch (error) {
    if (interrupt.signal.aborted) done = { ok: true };
    else if (isFileError(error)) return output.fail(wrongUsage(`${file} cannot be read: ${(error as Error).message}.`));
    else throw error;
  }
  if (!done.ok) {
    if (summary.imported > 0) output.warn(`${summary.imported} were imported before; begin again for the rest.`);
    return output.fail("code" in done ? done : refusedBy(done.rule, done.message));
  }
  if (!summary.isWhole && interrupt.code === undefined)
    output.warn(`${file === "-" ? "Standard input" : file} has no last line: it may have been cut.`);
  output.answer(summary, (paint) => showImported(paint, summary));
  return interrupt.code ?? (summary.rejected + summary.bad > 0 ? EXIT.refused : EXIT.ok);
};

const isFileError = (error: unknown): boolean =>
  error instanceof Error && "syscall" in error && ["open", "read"].includes(String(error.syscall));

const takeAll = async (
  { output, interrupt, io }: Shell,
  reached: Reached,
  flags: ImportFlags,
  source: AsyncIterable<Buffer>,
  summary: ImportSummary,
  readExportLine: ReadExportLine,
): Promise<Refused | undefined> => {
  let told = 0;
  const complain = (line: number, message: string): void => {
    told += 1;
    if (told <= MAX_TOLD) output.warn(`line ${line}: ${message}`);
    else if (told === MAX_TOLD + 1) output.warn("More lines are not taken; they are counted.");
  };
  let batch: Waiting[] = [];
  let bytes = 0;
  const send = async (): Promise<Refused | undefined> => {
    if (batch.length === 0) return undefined;
    const sent = batch;
    batch = [];
    bytes = 0;
    const input = {
      proposals: sent.map(({ proposal }) => proposal),
      ...(flags.as === undefined ? {} : { as: flags.as }),
      ...(flags.dryRun === true ? { isDryRun: true } : {}),
    };
    const answer = await reached.ask("import", input as unknown as JsonObject);
    if (!answer.ok) return answer;
    for (const [i, result] of (answer.value as Answers["import"]).results.entries()) {
      summary[result.status] += 1;
      if (result.status === "imported") summary.redactions += result.redactions.length;
      if (result.status === "rejected") complain(sent[i]?.line ?? 0, `${result.rule}: ${result.reason}`);
    }
    return undefined;
  };
  /** By origin: a file that names an entry twice proposes it once. */
  const seen = new Set<EntryId>();
  let swarm: SwarmId | undefined;
  let last = performance.now();
  for await (const { number, text } of boundedLines(source, MAX_LINE_BYTES)) {
    interrupt.signal.throwIfAborted();
    if (performance.now() - last > PROGRESS_MS && io.stderr.isTTY === true) {
      last = performance.now();
      output.warn(`at line ${number}: ${summary.imported} imported, ${summary.known} known`);
    }
    if (text?.trim() === "") continue;
    const line: ReadLine =
      text === undefined
        ? { type: "bad", message: `it has more than ${MAX_LINE_BYTES} bytes` }
        : readExportLine(text.replace(/^\uFEFF/, ""), swarm);
    summary.isWhole = line.type === "end";
    switch (line.type) {
      case "header":
        // Exports may follow each other in one file.
        swarm = line.swarm;
        summary.from = swarm;
        seen.clear();
        break;
      case "passed":
        summary.passed[line.why] += 1;
        break;
      case "bad":
        summary.bad += 1;
        complain(number, line.message);
        // A file that is no export has a bad line for each of its lines.
        if (swarm === undefined)
          return { ok: false, rule: "R1", message: `This is no export of herdmind: ${line.message}.` };
        break;
      case "proposal": {
        const { entry } = line.proposal.from;
        if (seen.has(entry)) {
          summary.known += 1;
          break;
        }
        seen.add(entry);
        const size = Buffer.byteLength(text ?? "");
        const failed = batch.length >= BATCH || bytes + size > BATCH_BYTES ? await send() : undefined;
        if (failed !== undefined) return failed;
        batch.push({ line: number, proposal: line.proposal });
        bytes += size;
        break;
      }
    }
  }
  return send();
};
