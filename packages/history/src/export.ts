/**
 * All that a peer holds as JSON lines, each by itself (PROTOCOL.md, section 17): a header, then every record with its place, its
 * writer, the hash of its block and the signed head that the hash is made of, then how many there were. A line says what canon made of
 * a proposal, so that whoever imports the file can tell what is worth proposing again.
 */
import { type Entry, placeOf } from "@herdmind/experience";
import { type Immunization, type JsonObject, type RecordRef, toBase64url } from "@herdmind/protocol";
import { type Held, idAt, nameOf } from "./held.js";
import { readRecords } from "./records.js";
import { isoTime, type Told, toldLine } from "./told.js";

export const EXPORT_VERSION = 1;

/** `now`: the exporter's clock, for people. */
export const exportLines = async function* (held: Held, now: number, signal?: AbortSignal): AsyncIterable<JsonObject> {
  const { logs, canon, swarm } = held;
  const { view } = canon;
  const records = readRecords(held, { all: true, ...(signal === undefined ? {} : { signal }) });
  const { from, to, isNumbered } = records.history;
  const head = canon.head();
  yield {
    herdmind: "export",
    version: EXPORT_VERSION,
    swarm,
    name: logs.genesis.name,
    genesis: toBase64url(logs.genesis.bytes),
    ...(head === undefined ? {} : { head: { ...head } }),
    blocks: { from, to, isNumbered },
    exported: isoTime(now),
  };
  let count = 0;
  for await (const told of records) {
    count += 1;
    yield {
      ...toldLine(held, view, told),
      head: toBase64url(told.head),
      ...standingNow(held, told),
    };
  }
  yield { herdmind: "end", records: count };
};

const evidenceOf = (entry: Entry): JsonObject => {
  const worked = [...entry.evidence.values()].filter(Boolean).length;
  return { status: entry.status, worked, failed: entry.evidence.size - worked };
};

/** What became of a proposal, or of an entry. */
const standingNow = (held: Held, { record, ref, standing }: Told): JsonObject => {
  if (record.type === "signal") return { now: signalNow(held, ref) };
  if (record.type === "immunization" && standing === "canon") return { now: entryNow(held, record.body) };
  return {};
};

const signalNow = (held: Held, ref: RecordRef): JsonObject => {
  const { view } = held.canon;
  const entry = view.entries.get(idAt(held, ref));
  if (entry !== undefined) return { verdict: "admitted", ...evidenceOf(entry) };
  return { verdict: placeOf(view, ref) };
};

/** `proposal`: whether the signal that it was made of is in this file, too. */
const entryNow = ({ canon: { view }, logs }: Held, { id, of, author }: Immunization): JsonObject => {
  const entry = view.entries.get(id);
  const name = nameOf(view, author);
  return {
    ...(entry === undefined ? {} : evidenceOf(entry)),
    proposal: (logs.get(of)?.length ?? 0) > of.sequence,
    ...(name === undefined ? {} : { author: name }),
  };
};
