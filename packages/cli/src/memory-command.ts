/**
 * `herdmind memory import`: takes over the file of the official memory server. It is read line by line and sent in batches; each batch is
 * durable when it is answered, and what is known is left alone, so an import that was interrupted is begun again and goes on.
 */
import { createReadStream } from "node:fs";
import { addAbortSignal } from "node:stream";
import { createGraph, DEFAULT_SPACE, type Entity, type Graph, type Relation, readGraphLine } from "@herdmind/mcp";
import { boundedLines } from "./bounded-lines.js";
import { EXIT, type ExitCode, refusedBy, wrongUsage } from "./exit-codes.js";
import { keepNode } from "./kept-node.js";
import { rows } from "./output.js";
import type { Shell } from "./shell.js";

export interface MemoryImportFlags {
  readonly as?: string;
  readonly create?: string;
  readonly space?: string;
}

/** Where that server keeps its file unless it is told otherwise, if one is here. */
const DEFAULT_FILE = "memory.jsonl";
/** Bytes of a line: the largest entity that fits, in which JSON escapes each byte. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
/** Lines and bytes that are sent together. */
const BATCH = 256;
const BATCH_BYTES = 1024 * 1024;
/** Bad lines that are told one by one; the rest is counted. */
const MAX_TOLD = 20;

interface Summary {
  readonly file: string;
  readonly space: string;
  added: number;
  extended: number;
  known: number;
  bad: number;
  redactions: number;
}

export const importMemory = async (
  { dir, output, interrupt, io }: Shell,
  named: string | undefined,
  { as, create, space = DEFAULT_SPACE }: MemoryImportFlags,
): Promise<ExitCode> => {
  const file = named ?? (process.env.MEMORY_FILE_PATH || DEFAULT_FILE);
  const { node, ask } = keepNode(dir, create, interrupt.signal);
  const graph = createGraph(ask, { space, as: async () => as });
  const summary: Summary = { file, space, added: 0, extended: 0, known: 0, bad: 0, redactions: 0 };
  const source = addAbortSignal(interrupt.signal, file === "-" ? io.stdin : createReadStream(file));
  const complain = (line: number, message: string): void => {
    summary.bad += 1;
    if (summary.bad <= MAX_TOLD) output.warn(`line ${line}: ${message}`);
    else if (summary.bad === MAX_TOLD + 1) output.warn("More lines are not taken; they are counted.");
  };
  try {
    await takeAll(source, graph, summary, complain, node);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (!interrupt.signal.aborted) {
      if (isFileError(error))
        return output.fail(
          wrongUsage(`${file} cannot be read: ${message}. Name the file: herdmind memory import FILE.`),
        );
      if (summary.added > 0) output.warn(`${summary.added} were imported before; begin again for the rest.`);
      return output.fail(refusedBy(/\(([A-Z]\d+)\)$/.exec(message)?.[1] ?? "unavailable", message));
    }
  }
  output.answer(summary, (paint) =>
    rows(paint, [
      ["imported", `${summary.added} entities and relations, into ${space}`],
      ["extended", `${summary.extended} entities by observations`],
      ["known", `${summary.known} already`],
      ["bad lines", String(summary.bad)],
      ...(summary.redactions === 0 ? [] : [["replaced", `${summary.redactions} secrets, before signing`] as const]),
    ]),
  );
  return interrupt.code ?? (summary.bad > 0 ? EXIT.refused : EXIT.ok);
};

const isFileError = (error: unknown): boolean =>
  error instanceof Error && "syscall" in error && ["open", "read"].includes(String(error.syscall));

const takeAll = async (
  source: AsyncIterable<Uint8Array>,
  graph: Graph,
  summary: Summary,
  complain: (line: number, message: string) => void,
  node: () => Promise<unknown>,
): Promise<void> => {
  let entities: Entity[] = [];
  let relations: Relation[] = [];
  let bytes = 0;
  const send = async (): Promise<void> => {
    const merged = await graph.merge({ entities, relations });
    for (const count of ["added", "extended", "known", "redactions"] as const) summary[count] += merged[count];
    entities = [];
    relations = [];
    bytes = 0;
  };
  let isFirst = true;
  for await (const { number, text } of boundedLines(source, MAX_LINE_BYTES)) {
    // A file that cannot be read starts no node.
    if (isFirst) await node();
    isFirst = false;
    if (text === undefined) complain(number, `it has more than ${MAX_LINE_BYTES} bytes`);
    if (text === undefined || text.trim() === "") continue;
    const line = readGraphLine(text.replace(/^\uFEFF/, ""));
    if (line.type === "bad") complain(number, line.message);
    else if (line.type === "entity") entities.push(line.entity);
    else relations.push(line.relation);
    bytes += text.length;
    if (entities.length + relations.length >= BATCH || bytes >= BATCH_BYTES) await send();
  }
  await send();
};
