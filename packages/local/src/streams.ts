/**
 * What has more to say than fits one answer: one JSON object a line. The last line says that it was the last (`end`), so that a stream
 * that was cut can be told from a whole one.
 */
import type { JsonObject } from "@herdmind/protocol";
import { createRests, exportLines, isHerdmindError, readRecords, toldLine } from "herdmind";
import { type Refused, type StreamName, streamNames } from "./answers.js";
import { MAX_LEASES, type NameLease } from "./name-leases.js";
import { type Input, readInput } from "./verb-input.js";
import type { VerbContext } from "./verbs.js";

export const isStream = (name: string): name is StreamName => (streamNames as readonly string[]).includes(name);

const log = async function* (
  { peer, signal }: VerbContext,
  { limit, newestFirst, ...filter }: Input<"log">,
): AsyncIterable<JsonObject> {
  await peer.canon.settled();
  const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
  const records = readRecords(peer, {
    ...given,
    ...(limit === undefined ? {} : { limit }),
    ...(newestFirst === undefined ? {} : { newestFirst }),
    ...(signal === undefined ? {} : { signal }),
    rest: createRests(signal),
  });
  let count = 0;
  for await (const told of records) {
    count += 1;
    yield toldLine(peer, peer.canon.view, told);
  }
  const { from, to, isNumbered } = records.history;
  yield { herdmind: "end", records: count, leftOut: { ...records.leftOut }, blocks: { from, to, isNumbered } };
};

const exported = async function* ({ peer, signal }: VerbContext): AsyncIterable<JsonObject> {
  await peer.canon.settled();
  yield* exportLines(peer, Date.now(), signal);
};

/** Lends a name for as long as the caller stays. */
const leased = async function* (lease: NameLease, signal: AbortSignal | undefined): AsyncIterable<JsonObject> {
  using held = lease;
  yield { as: held.as };
  if (signal?.aborted === false) await new Promise((gone) => signal.addEventListener("abort", gone, { once: true }));
};

/** The lines, or why there are none. A refusal in the middle is the last line, as `{ ok: false }`. */
export const runStream = (
  context: VerbContext,
  name: StreamName,
  input: JsonObject,
): { readonly ok: true; readonly lines: AsyncIterable<JsonObject> } | Refused => {
  const read = readInput(name, input);
  if (!read.ok) return { ok: false, rule: "R1", message: `This input does not fit: ${read.message}.` };
  if (name === "lease") return lend(context, read.value as Input<"lease">);
  const lines = name === "log" ? log(context, read.value as Input<"log">) : exported(context);
  return { ok: true, lines: tellingRefusals(lines) };
};

const lend = (
  { leases, signal }: VerbContext,
  { name, before }: Input<"lease">,
): { readonly ok: true; readonly lines: AsyncIterable<JsonObject> } | Refused => {
  const lease = leases?.take(name, before);
  if (lease !== undefined) return { ok: true, lines: leased(lease, signal) };
  const message = `${MAX_LEASES} clients are connected to this node, and it names no more of them. Close some, or give each a name with "as".`;
  return { ok: false, rule: "L7", message };
};

const tellingRefusals = async function* (lines: AsyncIterable<JsonObject>): AsyncIterable<JsonObject> {
  try {
    yield* lines;
  } catch (error) {
    if (!isHerdmindError(error)) throw error;
    yield { ok: false, rule: error.refusal.rule, message: error.refusal.message };
  }
};
