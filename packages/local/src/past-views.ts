/**
 * Canon as it was, for a reader who moves a slider: one past view is kept, and folded on where the next one asked for is later. Going
 * back costs a fold from the generation's beginning.
 */
import { historyHeld, type Past, viewAt } from "@herdmind/canon";
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

/** Milliseconds that a past view is kept: with 100,000 entries it takes some 100 MB. */
const KEPT_MS = 120_000;
/** Readers that wait: each may take a second. */
const MAX_WAITING = 8;

export const createPastViews = ({ logs, canon }: Pick<Peer, "logs" | "canon">): PastViews => {
  let kept: { readonly past: Past; table: EntryTable | undefined } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  const forget = (): void => {
    clearTimeout(timer);
    kept = undefined;
  };

  const take = async <T>(...[blocks, work, { rest, signal }]: Parameters<PastViews["with"]>): Promise<Result<T>> => {
    signal?.throwIfAborted();
    clearTimeout(timer);
    await canon.settled();
    if (kept?.past.number !== blocks) {
      const after = kept?.past;
      // Folding changes it: should it fail in the middle, it is nothing any more.
      kept = undefined;
      const found = await viewAt(
        logs,
        historyHeld(logs, canon),
        { number: blocks },
        {
          rest,
          ...(signal === undefined ? {} : { signal }),
          ...(after === undefined ? {} : { after }),
        },
      );
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
