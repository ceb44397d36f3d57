/**
 * `herdmind import`: proposes again what an export holds. The file is read piece by piece and sent in batches; each batch is durable when
 * it is answered, and what is known is left alone, so an import that was interrupted is begun again and goes on.
 */
import { createReadStream } from "node:fs";
import { addAbortSignal } from "node:stream";
import type { Answers, Refused } from "@herdmind/local/client";
import type { JsonObject } from "@herdmind/protocol";
import type { ProposedAgain } from "herdmind";
import type { Reached } from "./asking.js";
import { EXIT, type ExitCode, type Failure, refusedBy, wrongUsage } from "./exit-codes.js";
import type { Format } from "./format.js";
import type { Piece } from "./import-pieces.js";
import type { ImportSummary } from "./import-summary.js";
import { reach } from "./reached.js";
import type { Shell } from "./shell.js";
import { showImported } from "./show-history.js";

/** Proposals and bytes in one call to a node, which takes 256 and 1 MiB. */
const BATCH = 128;
const BATCH_BYTES = 256 * 1024;
/** Bad lines that are told one by one; the rest is counted. */
const MAX_TOLD = 20;
const PROGRESS_MS = 5000;

export interface ImportFlags {
  readonly dryRun?: boolean;
  readonly as?: string;
  readonly format?: Format;
}

interface Waiting {
  readonly place: string;
  readonly proposal: ProposedAgain;
}

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
  const [{ exportPieces, unitPieces }, { originOf }] = await Promise.all([
    import("./import-pieces.js"),
    import("herdmind"),
  ]);
  const read = flags.format === "cq" ? unitPieces : exportPieces;
  const asking = { dir, signal: interrupt.signal, logger };
  let done: Refused | Failure | { readonly ok: true };
  try {
    done = await reach(asking, { connects: flags.dryRun !== true }, async (reached) => {
      const failed = await takeAll(shell, reached, flags, read(open()), summary, originOf);
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
  pieces: AsyncIterable<Piece>,
  summary: ImportSummary,
  originOf: (from: ProposedAgain["from"]) => string,
): Promise<Refused | undefined> => {
  let told = 0;
  const complain = (place: string, message: string): void => {
    told += 1;
    if (told <= MAX_TOLD) output.warn(`${place}: ${message}`);
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
      if (result.status === "rejected") complain(sent[i]?.place ?? "", `${result.rule}: ${result.reason}`);
    }
    return undefined;
  };
  /** By origin: a file that names an entry twice proposes it once. */
  const seen = new Set<string>();
  let last = performance.now();
  for await (const { place, bytes: size, read } of pieces) {
    interrupt.signal.throwIfAborted();
    if (performance.now() - last > PROGRESS_MS && io.stderr.isTTY === true) {
      last = performance.now();
      output.warn(`at ${place}: ${summary.imported} imported, ${summary.known} known`);
    }
    summary.isWhole = read.type === "end";
    switch (read.type) {
      case "header":
        // Exports may follow each other in one file.
        summary.from = read.swarm;
        seen.clear();
        break;
      case "passed":
        summary.passed[read.why] += 1;
        break;
      case "foreign":
        return { ok: false, rule: "R1", message: read.message };
      case "bad":
        summary.bad += 1;
        complain(place, read.message);
        break;
      case "proposal": {
        const origin = originOf(read.proposal.from);
        if (seen.has(origin)) {
          summary.known += 1;
          break;
        }
        seen.add(origin);
        const failed = batch.length >= BATCH || bytes + size > BATCH_BYTES ? await send() : undefined;
        if (failed !== undefined) return failed;
        batch.push({ place, proposal: read.proposal });
        bytes += size;
        break;
      }
    }
  }
  return send();
};
