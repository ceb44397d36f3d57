/**
 * Where canon speaks of an entry: an index over canon's blocks, so that a story need not read all of them. It also says what each of these
 * blocks passed of the logs of others, because effects of a proposal stand in the block that passes it.
 */
import { type Entry, sameProblem, type View } from "@herdmind/experience";
import type { HeldBlock } from "@herdmind/log";
import { type AnyRecord, type LogId, type LogKey, logKey } from "@herdmind/protocol";

/** A block of canon, when it was written, and the blocks of others that it passed. */
export interface Place {
  readonly number: number;
  readonly at: number | undefined;
  /** Blocks `from` to `to` (exclusive). */
  readonly passed: readonly { readonly log: LogId; readonly from: number; readonly to: number }[];
}

export interface Places {
  /** The next block of canon. `isRepeated`: of its records only those after a checkpoint's end are new. */
  add(number: number, block: Pick<HeldBlock, "records">, isRepeated: boolean): void;
  /** Blocks that speak of an entry, of its problem's names, or revoke somebody who spoke for or against it; in canon's order. */
  about(view: View, entry: Entry): readonly Place[];
}

/** What a record of canon speaks of: ids of entries, fingerprints of aliases, writers that were revoked. */
const subjectsOf = (record: AnyRecord): readonly (string | undefined)[] => {
  switch (record.type) {
    case "immunization":
      return [record.body.id];
    case "evidence":
    case "verdict":
      return [record.body.entry];
    case "status":
      return [record.body.entry, record.body.by];
    case "alias":
      return [record.body.from, record.body.to];
    case "revoked":
      return [record.body.writer];
    default:
      return [];
  }
};

/** Records of a block of canon that say something new. */
export const newRecordsOf = (records: readonly AnyRecord[], isRepeated: boolean): readonly AnyRecord[] => {
  if (!isRepeated) return records;
  const end = records.findIndex(({ type }) => type === "checkpoint-end");
  return end < 0 ? [] : records.slice(end + 1);
};

export const createPlaces = (): Places => {
  /** Most subjects stand in one block: with 100,000 entries all of it takes some 20 MB. */
  const blocksBySubject = new Map<string, number | number[]>();
  const placeByBlock = new Map<number, Place>();
  const lengths = new Map<LogKey, number>();
  let at: number | undefined;

  const mention = (subject: string, number: number): void => {
    const known = blocksBySubject.get(subject);
    if (known === undefined) blocksBySubject.set(subject, number);
    else if (typeof known === "number") {
      if (known !== number) blocksBySubject.set(subject, [known, number]);
    } else if (known.at(-1) !== number) known.push(number);
  };

  return {
    add(number, { records }, isRepeated) {
      let isMentioned = false;
      const passed: { log: LogId; from: number; to: number }[] = [];
      for (const { type, body } of records) {
        if (type === "time") at = Math.max(at ?? 0, body.at);
        if (type !== "watermark") continue;
        const from = lengths.get(logKey(body)) ?? 0;
        if (body.length <= from) continue;
        lengths.set(logKey(body), body.length);
        passed.push({ log: { writer: body.writer, generation: body.generation }, from, to: body.length });
      }
      for (const record of newRecordsOf(records, isRepeated)) {
        for (const subject of subjectsOf(record)) {
          if (subject === undefined) continue;
          mention(subject, number);
          isMentioned = true;
        }
      }
      if (isMentioned) placeByBlock.set(number, { number, at, passed });
    },
    about(view, { immunization, evidence }) {
      const { id, fingerprint, author } = immunization;
      const subjects: readonly string[] = [id, ...sameProblem(view, fingerprint), author, ...evidence.keys()];
      const numbers = new Set(subjects.flatMap((subject) => blocksBySubject.get(subject) ?? []));
      return [...numbers].sort((a, b) => a - b).flatMap((number) => placeByBlock.get(number) ?? []);
    },
  };
};
