/**
 * Canon as it was, for a reader who moves a slider. One past view is kept, and folded on where the next one asked for is later. On the
 * way copies of it are kept as marks, from which a jump back goes on: it folds a part of the generation, not all of it again.
 */
import { type History, historyHeld, type Past, viewAt } from "@herdmind/canon";
import { copyViewSteps } from "@herdmind/experience";
import { accept, type Result, refuse } from "@herdmind/protocol";
import type { Peer } from "herdmind";
import { createEntryTable, type EntryTable, type Rest } from "./entry-table.js";

export interface PastView {
  readonly past: Past;
  /** Made when it is asked for. */
  readonly table: () => EntryTable;
}

export interface PastViews {
  /** Works on canon after so many blocks, before anybody else does: the view is folded on afterwards. */
  with<T>(
    blocks: number,
    work: (view: PastView) => Promise<T>,
    how: { readonly rest: Rest; readonly signal?: AbortSignal | undefined },
  ): Promise<Result<T>>;
  /** Canon is not what it was. */
  forget(): void;
}

/** Milliseconds that past views are kept: with 100,000 entries one takes some 100 MB, and its marks together two thirds of that. */
const KEPT_MS = 120_000;
/** Readers that wait: each may take a second. */
const MAX_WAITING = 8;
/** A generation has at least so many stretches between marks, as long as it has blocks for them, and fewer than twice as many. */
const STRETCHES = 3;

const copyOf = async (past: Past, rest: Rest): Promise<Past> => {
  const steps = copyViewSteps(past.view);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return { ...past, view: step.value };
    await rest();
  }
};

/** Where marks stand in the generation of a moment. The same numbers for long while it grows, and then every second of them. */
const marksAround = ({ parts }: History, blocks: number): readonly number[] => {
  const part = parts.findLast(({ before, opening }) => before < blocks && before + opening <= blocks);
  if (part === undefined) return [];
  const { before, opening, length } = part;
  const stretch = 2 ** Math.max(0, Math.floor(Math.log2(length / STRETCHES)));
  const found: number[] = [];
  for (let at = stretch; at <= length; at += stretch) if (at >= opening) found.push(before + at);
  return found;
};

export const createPastViews = ({ logs, canon }: Pick<Peer, "logs" | "canon">): PastViews => {
  let kept: { readonly past: Past; table: EntryTable | undefined } | undefined;
  /** Views that nobody folds on. */
  let marks: readonly Past[] = [];
  let version = 0;
  let timer: NodeJS.Timeout | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  const forget = (): void => {
    clearTimeout(timer);
    version += 1;
    kept = undefined;
    marks = [];
  };

  /** Of what is kept, the last view that is not later than `blocks`. It is kept no more: folding changes it, and two take twice the room. */
  const takeKept = (blocks: number): Past | undefined => {
    const past = kept?.past;
    kept = undefined;
    return past !== undefined && past.number <= blocks ? past : undefined;
  };

  /** Folds up to a moment, from mark to mark. */
  const reach = async (
    blocks: number,
    { rest, signal }: { readonly rest: Rest; readonly signal?: AbortSignal | undefined },
  ): Promise<Result<Past>> => {
    const begun = version;
    const history = historyHeld(logs, canon);
    const wanted = marksAround(history, blocks);
    marks = marks.filter(({ number }) => wanted.includes(number));
    let after = takeKept(blocks);
    const mark = marks.findLast(({ number }) => number <= blocks);
    if (mark !== undefined && mark.number > (after?.number ?? 0)) after = await copyOf(mark, rest);
    const foldTo = (number: number): Promise<Result<Past>> =>
      viewAt(
        logs,
        history,
        { number },
        { rest, ...(signal === undefined ? {} : { signal }), ...(after === undefined ? {} : { after }) },
      );
    for (const number of wanted) {
      if (number > blocks) break;
      if (number <= (after?.number ?? 0)) continue;
      const found = await foldTo(number);
      if (!found.ok) return found;
      after = found.value;
      if (marks.some((one) => one.number === number)) continue;
      const copy = await copyOf(after, rest);
      if (version === begun) marks = [...marks, copy].sort((a, b) => a.number - b.number);
    }
    return foldTo(blocks);
  };

  const take = async <T>(...[blocks, work, { rest, signal }]: Parameters<PastViews["with"]>): Promise<Result<T>> => {
    signal?.throwIfAborted();
    clearTimeout(timer);
    await canon.settled();
    if (kept?.past.number !== blocks) {
      const found = await reach(blocks, { rest, signal });
      if (!found.ok) return found;
      kept = { past: found.value, table: undefined };
    }
    const held = kept;
    timer = setTimeout(forget, KEPT_MS);
    timer.unref();
    const table = (): EntryTable => (held.table ??= createEntryTable(held.past.view));
    return accept((await work({ past: held.past, table })) as T);
  };

  return {
    async with(blocks, work, how) {
      if (waiting >= MAX_WAITING)
        return refuse("T3", "none", "Too many look at the past at once. Try again in some seconds.");
      waiting += 1;
      const taken = turn.then(() => take<Awaited<ReturnType<typeof work>>>(blocks, work, how));
      turn = taken.catch(() => undefined);
      return taken.finally(() => {
        waiting -= 1;
      });
    },
    forget,
  };
};
