/**
 * The brute-force view: what a swarm knows, by the plainest reading of all of its logs. Every question is answered by scanning all
 * records from the beginning; nothing is indexed, cached or updated. Slow, and too simple to be wrong in the ways of the real one.
 */
import { identify, type View } from "@herdmind/experience";
import {
  type AnyRecord,
  type LogHead,
  type LogKey,
  logKey,
  type RecordBody,
  type RecordRef,
  readBlock,
  readPayload,
  type WriterId,
} from "@herdmind/protocol";
import { judgeMemory, memoryLinesOf, memoryPlainly } from "./memory-oracle.ts";

/** One log, decoded from its bytes alone. */
export interface ReadLog {
  readonly key: LogKey;
  readonly head: LogHead;
  readonly isCanon: boolean;
  /** The records of each block. */
  readonly blocks: readonly (readonly AnyRecord[])[];
}

interface Placed {
  readonly record: AnyRecord;
  readonly ref: RecordRef;
}

export const readLog = (bytes: readonly Uint8Array[]): ReadLog => {
  let head: LogHead | undefined;
  const blocks: (readonly AnyRecord[])[] = [];
  for (const each of bytes) {
    const block = readBlock(each);
    if (!block.ok) throw new Error(block.refusal.message);
    const { writer, generation, sequence, codec } = block.value.header;
    const records = readPayload(codec, block.value.payload, "orchestrator");
    if (!records.ok) throw new Error(records.refusal.message);
    blocks.push(records.value);
    head = { writer, generation, length: sequence + 1, hash: block.value.hash };
  }
  if (head === undefined) throw new Error("an empty log is no log");
  return { key: logKey(head), head, isCanon: blocks[0]?.[1]?.type === "term", blocks };
};

const placed = ({ head, blocks }: ReadLog, length = blocks.length): readonly Placed[] =>
  blocks.slice(0, length).flatMap((records, sequence) =>
    records.map((record, index) => ({
      record,
      ref: { writer: head.writer, generation: head.generation, sequence, index },
    })),
  );

const openOf = (log: ReadLog): RecordBody<"open"> => {
  const open = log.blocks[0]?.[0];
  if (open?.type !== "open") throw new Error(`${log.key} opens with ${open?.type}`);
  return open.body;
};
const termOf = (log: ReadLog): RecordBody<"term"> => {
  const term = log.blocks[0]?.[1];
  if (term?.type !== "term") throw new Error(`${log.key} has no term`);
  return term.body;
};

/** The records of canon, oldest first: back from the newest generation of the highest term along what each one continues. */
export const canonOf = (logs: readonly ReadLog[]): readonly Placed[] => {
  const canon = logs.filter(({ isCanon }) => isCanon);
  const highest = Math.max(...canon.map((log) => termOf(log).term));
  const ofTerm = canon.filter((log) => termOf(log).term === highest);
  const newest = ofTerm.filter(
    (log) => !ofTerm.some((other) => openOf(other).continues?.generation === log.head.generation),
  );
  let log = newest[0];
  if (log === undefined || newest.length > 1) throw new Error(`${newest.length} generations of canon are the newest`);
  let records = placed(log);
  for (let { continues } = openOf(log); continues !== undefined; { continues } = openOf(log)) {
    const { generation, length } = continues;
    log = canon.find(({ head }) => head.generation === generation);
    if (log === undefined) throw new Error(`generation ${generation} of canon is missing`);
    records = [...placed(log, length), ...records];
  }
  return records;
};

type Bodies<T extends AnyRecord["type"]> = Extract<AnyRecord, { readonly type: T }>["body"];
const bodiesOf = <T extends AnyRecord["type"]>(records: readonly Placed[], type: T): readonly Bodies<T>[] =>
  records.flatMap(({ record }) => (record.type === type ? [record.body as Bodies<T>] : []));

/** Deterministic JSON, for comparing and for showing where two differ. */
const sortKeys = (_key: string, value: unknown): unknown =>
  value !== null && typeof value === "object" && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;
export const plainJson = (value: unknown): string => JSON.stringify(value, sortKeys);
const lines = (name: string, values: readonly unknown[]): readonly string[] =>
  values.map((value) => `${name} ${plainJson(value)}`).sort();

const lastOf = <T>(list: readonly T[]): T => {
  const last = list.at(-1);
  if (last === undefined) throw new Error("an empty list has no last one");
  return last;
};
const distinct = <T>(list: readonly T[]): readonly T[] => [...new Set(list)];

/** Canon's state, one line for each fact, by scanning its records. */
export const foldPlainly = (records: readonly Placed[]): readonly string[] => {
  const immunizations = bodiesOf(records, "immunization");
  const statuses = bodiesOf(records, "status");
  const evidence = bodiesOf(records, "evidence");
  const members = bodiesOf(records, "member");
  const watermarks = bodiesOf(records, "watermark");
  const { continues: _, ...term } = lastOf(bodiesOf(records, "term"));
  return [
    ...lines(
      "entry",
      distinct(immunizations.map(({ id }) => id)).map((id) => {
        const status = statuses.filter(({ entry }) => entry === id).at(-1);
        const outcomes = evidence
          .filter(({ entry }) => entry === id)
          .flatMap(({ worked, failed }) => [
            ...worked.map((writer) => ({ writer, worked: true })),
            ...failed.map((writer) => ({ writer, worked: false })),
          ]);
        return {
          immunization: immunizations.find((one) => one.id === id),
          status: status?.status ?? "active",
          reason: status?.reason,
          by: status?.by,
          evidence: distinct(outcomes.map(({ writer }) => writer))
            .map((writer) => `${writer} ${lastOf(outcomes.filter((one) => one.writer === writer)).worked}`)
            .sort(),
        };
      }),
    ),
    ...lines(
      "member",
      distinct(members.map(({ writer }) => writer)).map((id) => lastOf(members.filter(({ writer }) => writer === id))),
    ),
    ...lines(
      "watermark",
      distinct(watermarks.map(logKey)).map((key) => {
        const own = watermarks.filter((one) => logKey(one) === key);
        return own.reduce((best, one) => (one.length > best.length ? one : best));
      }),
    ),
    ...lines("term", [term]),
    ...memoryPlainly(records),
  ];
};

/** The same lines from a real view. */
export const linesOf = (view: View): readonly string[] => [
  ...lines(
    "entry",
    [...view.entries.values()].map(({ immunization, status, reason, by, evidence }) => ({
      immunization,
      status,
      reason,
      by,
      evidence: [...evidence].map(([writer, worked]) => `${writer} ${worked}`).sort(),
    })),
  ),
  ...lines("member", [...view.members.values()]),
  ...lines("watermark", [...view.watermarks.values()]),
  ...lines("term", view.term === undefined ? [] : [{ ...view.term }]),
  ...memoryLinesOf(view),
];

/**
 * What canon must say, given the agents' logs: one entry for each problem and remedy that anybody reported, and each writer's
 * newest word on each entry. Answers what is wrong.
 */
export const judgeAdmission = (
  logs: readonly ReadLog[],
  canon: readonly Placed[],
  forkers: ReadonlySet<WriterId>,
): readonly string[] => {
  const entries = bodiesOf(canon, "immunization");
  const watermarks = bodiesOf(canon, "watermark");
  const exceptions = bodiesOf(canon, "verdict");
  const sameRef = (a: RecordRef, b: RecordRef): boolean =>
    a.writer === b.writer && a.generation === b.generation && a.sequence === b.sequence && a.index === b.index;
  const isException = (ref: RecordRef): boolean => exceptions.some(({ of }) => sameRef(of, ref));
  const judged = logs
    .filter(({ isCanon }) => !isCanon)
    .map((log) => ({
      log,
      records: placed(
        log,
        Math.max(0, ...watermarks.filter((one) => logKey(one) === log.key).map(({ length }) => length)),
      ),
    }));
  const wrong = [
    ...judgeMemory(
      judged.flatMap(({ records }) => records),
      canon,
      ({ writer }) => forkers.has(writer),
    ),
  ];
  for (const { log, records } of judged) {
    if (!forkers.has(log.head.writer) && records.length < placed(log).length)
      wrong.push(`${log.key} is not admitted to its end`);
  }
  const names = (record: AnyRecord): string | undefined => {
    if (record.type !== "signal") return undefined;
    const identity = identify(record.body, new Map());
    return identity.ok ? `${identity.value.fingerprint} ${identity.value.remedyId}` : undefined;
  };
  const all = judged.flatMap(({ records }) => records);
  const nameOf = (entry: (typeof entries)[number]): string => `${entry.fingerprint} ${entry.remedyId}`;
  const idByName = new Map(entries.map((entry) => [nameOf(entry), entry.id]));
  if (idByName.size !== distinct(entries.map(({ id }) => id)).length)
    wrong.push("one problem and remedy has two entries");
  for (const { record, ref } of all) {
    const name = names(record);
    if (name !== undefined && !idByName.has(name) && !isException(ref))
      wrong.push(`the signal at ${logKey(ref)} ${ref.sequence} is judged and has no entry`);
  }
  for (const entry of entries) {
    const from = all.find(({ ref }) => sameRef(ref, entry.of));
    if (!forkers.has(entry.of.writer) && (from === undefined || names(from.record) !== nameOf(entry)))
      wrong.push(`entry ${entry.id} was made from nothing that its author said`);
  }
  // Each writer's newest word on each entry. Generations written side by side have no order among them.
  const said = new Map<string, Map<string, boolean>>();
  const say = (entry: string, ref: RecordRef, worked: boolean): void => {
    const words = said.get(`${entry} ${ref.writer}`) ?? new Map<string, boolean>();
    words.set(ref.generation, worked);
    said.set(`${entry} ${ref.writer}`, words);
  };
  for (const { record, ref } of all) {
    if (isException(ref) || forkers.has(ref.writer)) continue;
    if (record.type === "outcome") say(record.body.entry, ref, record.body.success);
    const name = names(record);
    const entry = entries.find((one) => nameOf(one) === name);
    if (entry !== undefined && entry.author !== ref.writer) say(entry.id, ref, true);
  }
  const heard = new Map<string, boolean>();
  for (const { entry, worked, failed } of bodiesOf(canon, "evidence")) {
    for (const writer of worked) heard.set(`${entry} ${writer}`, true);
    for (const writer of failed) heard.set(`${entry} ${writer}`, false);
  }
  for (const [place, words] of said) {
    if (!heard.has(place)) wrong.push(`nothing was counted of what was said: ${place}`);
    else if (![...words.values()].includes(heard.get(place) as boolean))
      wrong.push(`another word than the newest counts: ${place}`);
  }
  for (const place of heard.keys())
    if (!said.has(place) && !forkers.has(place.split(" ")[1] as WriterId))
      wrong.push(`something is counted that nobody said: ${place}`);
  return wrong;
};
