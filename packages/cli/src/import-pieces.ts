/** What a file that is to be imported proposes, piece by piece. Every file is hostile: it was edited, cut, or made to do harm. */
import { fromKnowledgeUnit, type ReadUnit } from "@herdmind/cq";
import type { SwarmId } from "@herdmind/protocol";
import { type ReadLine, readExportLine } from "herdmind";
import { boundedLines } from "./bounded-lines.js";

export interface Piece {
  /** Where it stands, for people. */
  readonly place: string;
  /** What a proposal of it takes on its way to a node. */
  readonly bytes: number;
  /** `foreign`: the file is none of this format, and nothing more of it is read. */
  readonly read: ReadLine | ReadUnit | { readonly type: "foreign"; readonly message: string };
}

/** Bytes of a line: a record of 64 KiB in which JSON escapes each byte, and what stands around it. */
const MAX_LINE_BYTES = 512 * 1024;
/** Bytes of a list of units, which is in memory as a whole: some thousand of the largest. One unit a line has no such bound. */
const MAX_LIST_BYTES = 16 * 1024 * 1024;

export const exportPieces = async function* (source: AsyncIterable<Uint8Array>): AsyncIterable<Piece> {
  let swarm: SwarmId | undefined;
  for await (const { number, text } of boundedLines(source, MAX_LINE_BYTES)) {
    if (text?.trim() === "") continue;
    const read: ReadLine =
      text === undefined
        ? { type: "bad", message: `it has more than ${MAX_LINE_BYTES} bytes` }
        : readExportLine(text.replace(/^\uFEFF/, ""), swarm);
    if (read.type === "header") swarm = read.swarm;
    const place = `line ${number}`;
    yield { place, bytes: Buffer.byteLength(text ?? ""), read };
    // A file that is no export has a bad line for each of its lines.
    if (read.type === "bad" && swarm === undefined) {
      const isUnits = fromKnowledgeUnit(parsed(text ?? "")?.json).type !== "bad";
      const message = isUnits ? "these are cq knowledge units. Read them with --format cq" : read.message;
      yield { place, bytes: 0, read: { type: "foreign", message: `This is no export of herdmind: ${message}.` } };
      return;
    }
  }
};

/** cq's programs print a list of units; one unit a line is what `herdmind export --format cq` writes, and what has no end. */
export const unitPieces = async function* (source: AsyncIterable<Uint8Array>): AsyncIterable<Piece> {
  const foreign = (message: string): Piece => ({
    place: "file",
    bytes: 0,
    read: { type: "foreign", message: `These are no cq knowledge units: ${message}.` },
  });
  let records = 0;
  let list: string[] | undefined;
  let listed = 0;
  for await (const { number, text } of boundedLines(source, MAX_LIST_BYTES)) {
    const place = `line ${number}`;
    if (text === undefined) {
      yield { place, bytes: 0, read: { type: "bad", message: `it has more than ${MAX_LIST_BYTES} bytes` } };
      continue;
    }
    if (list === undefined && text.trim() === "") continue;
    const value = list === undefined ? parsed(text) : undefined;
    if (value !== undefined && !Array.isArray(value.json)) {
      records += 1;
      yield pieceOf(place, value.json);
    } else if (records > 0) yield { place, bytes: 0, read: { type: "bad", message: "it is not JSON" } };
    else {
      list ??= [];
      list.push(text);
      listed += text.length;
      if (listed > MAX_LIST_BYTES) {
        yield foreign(`a list of more than ${MAX_LIST_BYTES} bytes; write one unit a line`);
        return;
      }
    }
  }
  if (list !== undefined) {
    const whole = parsed(list.join("\n"));
    if (whole === undefined) {
      yield foreign("it is not JSON");
      return;
    }
    const units = Array.isArray(whole.json) ? whole.json : [whole.json];
    for (const [i, unit] of units.entries()) yield pieceOf(`unit ${i + 1}`, unit);
    records = units.length;
  }
  yield { place: "end", bytes: 0, read: { type: "end", records } };
};

const pieceOf = (place: string, unit: unknown): Piece => {
  const read = fromKnowledgeUnit(unit);
  return { place, bytes: read.type === "proposal" ? Buffer.byteLength(JSON.stringify(read.proposal)) : 0, read };
};

const parsed = (text: string): { readonly json: unknown } | undefined => {
  try {
    return { json: JSON.parse(text.replace(/^\uFEFF/, "")) };
  } catch {
    return undefined;
  }
};
