/**
 * Canon as it was (A2, A4). Canon is a log, so every past view can be folded again: from the checkpoint of the generation that it was
 * in, or from the first block.
 *
 * Each block of canon has a number: blocks are counted from 0 over its generations, in the order in which these continue each
 * other, and of each as many as count. `n` names the view after the first `n` blocks. A number inside the opening of a later generation
 * names the view before it, because a generation is not in force until its checkpoint is complete, and that changes nothing.
 */
import { emptyView, type View } from "@herdmind/experience";
import type { HeldBlock, Logs } from "@herdmind/log";
import { accept, type LogHead, type LogId, type Refused, type Result, refuse } from "@herdmind/protocol";
import type { Canon, CanonHead, HistoryPart } from "./canon.js";
import { foldBlock } from "./folding.js";

/** Blocks of an orchestrator's log that are held and are not canon: a newer term went on from an earlier block, or elsewhere. */
export interface LostPart {
  readonly log: LogId;
  readonly term: number | undefined;
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

export interface History {
  /** Oldest first. */
  readonly parts: readonly (HistoryPart & { readonly before: number })[];
  /** Number of the oldest block held. More than 0 where older generations are not held. */
  readonly from: number;
  /** How many blocks canon has: the number after that of the newest. */
  readonly to: number;
  /** `false`: nothing held says how many blocks stand before the oldest one, so numbers are counted from that one here. */
  readonly isNumbered: boolean;
  readonly lost: readonly LostPart[];
}

/** What is held of canon, now. */
export const historyHeld = (logs: Logs, canon: Pick<Canon, "history">): History => {
  const held = canon.history();
  const isNumbered = held.every(({ before }) => before !== undefined);
  let counted = isNumbered ? (held[0]?.before ?? 0) : 0;
  const parts = held.map((part) => {
    const before = counted;
    counted += part.length;
    return { ...part, before };
  });
  const lost = logs
    .list()
    .filter(({ membership }) => membership.role === "orchestrator")
    .flatMap(({ writer, generation, length }): readonly LostPart[] => {
      const part = parts.find((one) => one.writer === writer && one.generation === generation);
      const from = part?.length ?? 0;
      return from >= length ? [] : [{ log: { writer, generation }, term: part?.term, from, to: length }];
    });
  return { parts, from: parts[0]?.before ?? 0, to: counted, isNumbered, lost };
};

export interface NumberedBlock {
  readonly block: HeldBlock;
  readonly number: number;
  /** Part of a checkpoint that says again what blocks before it said; these are held. */
  readonly isRepeated: boolean;
}

/** Blocks of canon from number `from` to `to` (exclusive), in order. */
export const readHistory = async function* (
  logs: Logs,
  { parts, from: oldest, to: end }: History,
  {
    from = oldest,
    to = end,
    signal,
  }: { readonly from?: number; readonly to?: number; readonly signal?: AbortSignal } = {},
): AsyncIterable<NumberedBlock> {
  for (const [i, { writer, generation, before, length, opening }] of parts.entries()) {
    const first = Math.max(from, before);
    const last = Math.min(to, before + length);
    if (first >= last) continue;
    for await (const block of logs.read({ writer, generation }, first - before, last - before)) {
      signal?.throwIfAborted();
      // What stands behind the checkpoint in its last block is new.
      yield { block, number: before + block.sequence, isRepeated: i > 0 && block.sequence < opening };
    }
  }
};

/** A block's number, or a time in milliseconds since 1970: all blocks written by then. */
export type Moment = { readonly number: number } | { readonly time: number };

/** Canon at a moment. */
export interface Past {
  readonly view: View;
  /** Blocks of canon that it is made of. */
  readonly number: number;
  /** The newest of these, in its generation; `undefined` before the first. */
  readonly head: CanonHead | undefined;
  /** When the newest of these was written, by the orchestrator's clock; `undefined` where canon does not say. */
  readonly at: number | undefined;
}

const cannot = (message: string): Refused => refuse("R1", "none", message);

export interface ViewAtOptions {
  readonly signal?: AbortSignal;
  /** Goes on from here where `moment` is a later number in the same generation, and takes this view with it: it is the new one's. */
  readonly after?: Past;
  /** Asked after each block; what it gives is waited for, so that whoever serves others meanwhile can do so. */
  readonly rest?: () => Promise<void> | undefined;
}

/** The view at a moment. Linear in the blocks of one generation, or in those since `after`. */
export const viewAt = async (
  logs: Logs,
  history: History,
  moment: Moment,
  { signal, after, rest }: ViewAtOptions = {},
): Promise<Result<Past>> => {
  const { parts, from, to } = history;
  const isWhole = parts.every(({ before, opening }) => before > 0 || opening === 0);
  if ("number" in moment) {
    const { number } = moment;
    if (number > to) return cannot(`Canon has ${to} blocks here, so it cannot be shown at ${number}. Name 0 to ${to}.`);
    if (number === 0 && isWhole) return accept({ view: emptyView(), number, head: undefined, at: undefined });
    const part = parts.findLast(({ before, opening }) => before < number && before + opening <= number);
    if (part === undefined) {
      const [oldest] = parts;
      return cannot(
        `Block ${number} of canon is not held here: it begins with block ${from + (oldest?.opening ?? 0)}. Ask the orchestrator, or a peer that holds the older generations.`,
      );
    }
    const begun = after !== undefined && isBefore(after, number, part) ? after : undefined;
    const past = await foldUntil(
      logs,
      part,
      Math.min(number - part.before, part.length),
      undefined,
      { signal, rest },
      begun,
    );
    return accept({ ...past, number });
  }
  const { time } = moment;
  for (const part of parts.toReversed()) {
    const opened = await firstTime(logs, part, signal);
    if (opened === undefined || opened > time) continue;
    return accept(await foldUntil(logs, part, part.length, time, { signal, rest }));
  }
  if (isWhole && parts[0] !== undefined) {
    const first = await firstTime(logs, parts[0], signal);
    // Whether something was written before it and without a time, nobody can tell.
    if (first !== undefined && first > time && (await saysTimeAtOnce(logs, parts[0])))
      return accept({ view: emptyView(), number: 0, head: undefined, at: undefined });
  }
  return cannot(
    parts.length === 0
      ? "No canon is held here yet."
      : `Canon held here does not say what was written by ${new Date(time).toISOString()}: it begins later, or its blocks carry no time. Name a block, ${from + (parts[0]?.opening ?? 0)} to ${to}.`,
  );
};

const timeIn = ({ records }: HeldBlock): number | undefined => {
  for (const { type, body } of records) if (type === "time") return body.at;
  return undefined;
};

const saysTimeAtOnce = async (logs: Logs, part: LogId): Promise<boolean> => {
  for await (const block of logs.read(part, 0, 1)) return timeIn(block) !== undefined;
  return false;
};

/** The first time that a generation says from its opening's last block on. */
const firstTime = async (
  logs: Logs,
  { writer, generation, opening, length }: HistoryPart,
  signal: AbortSignal | undefined,
): Promise<number | undefined> => {
  for await (const block of logs.read({ writer, generation }, Math.max(0, opening - 1), length)) {
    signal?.throwIfAborted();
    const at = timeIn(block);
    if (at !== undefined) return at;
  }
  return undefined;
};

/** Whether folding may go on from a past view. Of one generation, blocks that count now counted then. */
const isBefore = ({ head }: Past, wanted: number, part: LogId & { readonly before: number }): boolean =>
  head !== undefined &&
  head.writer === part.writer &&
  head.generation === part.generation &&
  part.before + head.length <= wanted;

/** How many records of a block are of the checkpoint that opens its generation with `opening` blocks. */
const checkpointEndIn = ({ sequence, records }: HeldBlock, opening: number): number => {
  if (sequence >= opening) return 0;
  return sequence < opening - 1 ? records.length : records.findIndex(({ type }) => type === "checkpoint-end");
};

/** Folds a generation up to `length` blocks, or up to the last block that was written by `time`. */
const foldUntil = async (
  logs: Logs,
  { writer, generation, term, before, opening }: HistoryPart & { readonly before: number },
  length: number,
  time: number | undefined,
  {
    signal,
    rest,
  }: { readonly signal: AbortSignal | undefined; readonly rest: (() => Promise<void> | undefined) | undefined },
  begun?: Past,
): Promise<Past> => {
  const view = begun?.view ?? emptyView();
  let head: LogHead | undefined = begun?.head;
  for await (const block of logs.read({ writer, generation }, head?.length ?? 0, length)) {
    signal?.throwIfAborted();
    if (time !== undefined && block.sequence >= opening && (timeIn(block) ?? 0) > time) break;
    foldBlock(view, block, 0, checkpointEndIn(block, opening));
    await rest?.();
    head = { writer, generation, length: block.sequence + 1, hash: block.hash };
  }
  return {
    view,
    number: before + (head?.length ?? 0),
    head: head === undefined ? undefined : { term, ...head },
    at: view.clock?.at,
  };
};
