/** What a generation of canon opens with (A2): the term, and the checkpoint of what it continues. */
import type { Canon } from "@herdmind/canon";
import { checkpointRecords, viewHash } from "@herdmind/experience";
import type { OpeningReason } from "@herdmind/log";
import { type AnyRecord, record, type WriterId } from "@herdmind/protocol";

/** The time of the next block of canon: never less than that of the one before, whatever this machine's clock does. */
export const timeOf = (canon: Canon, now: () => number): number =>
  Math.max(canon.view.clock?.at ?? 0, Math.floor(now()));

/** Throws when the view is not exactly the state of what is continued: a checkpoint must never be of another state. */
export const openingRecords = (
  canon: Canon,
  holder: WriterId,
  why: OpeningReason,
  now: () => number,
): readonly AnyRecord[] => {
  const at = timeOf(canon, now);
  const head = canon.head();
  if (why.kind === "first") {
    if (head !== undefined)
      throw new Error(
        `canon exists already: generation ${head.generation} of ${head.writer}, term ${head.term}. Continue it.`,
      );
    return [record("term", { term: 1, holder }), record("time", { at, before: 0 })];
  }
  const { continues } = why;
  // On a roll-over the last block is the `next` record, which is written together with the opening.
  const length = why.kind === "roll-over" ? continues.length - 1 : continues.length;
  if (head?.generation !== continues.generation || head.length !== length) {
    throw new Error(
      `canon is folded up to ${head === undefined ? "nothing" : `block ${head.length} of ${head.generation}`}, and block ${length} of ${continues.generation} is to be continued. It is tried again.`,
    );
  }
  const term = why.kind === "moved" ? head.term + 1 : head.term;
  const view = { ...canon.view, term: { term, holder, grant: undefined } };
  const records = [...checkpointRecords(view, continues)];
  const counted = canon.history().at(-1)?.before;
  return [
    ...records,
    record("checkpoint-end", { records: records.length, viewHash: viewHash(view), continues }),
    // After the checkpoint, which is the state and has no time.
    record("time", { at, ...(counted === undefined ? {} : { before: counted + continues.length }) }),
  ];
};
