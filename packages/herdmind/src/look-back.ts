/** Canon as it was at a moment, and what a recall would have said then. */
import { type History, historyHeld, type Moment, type Past, viewAt } from "@herdmind/canon";
import { createIndex, type Recall, viewHash } from "@herdmind/experience";
import { accept, type Result } from "@herdmind/protocol";
import { askedFor } from "./agent.js";
import type { Peer } from "./peer.js";
import type { RecallQuery } from "./report.js";

export interface LookBack {
  readonly past: Past;
  /** What is held of canon now. */
  readonly history: History;
  /** Two peers that look at the same moment have the same. */
  readonly viewHash: string;
  readonly recall: Recall | undefined;
}

/** Folds the view anew: as much work as reading that generation of canon, and as much memory as its view. */
export const lookBack = async (
  { logs, canon }: Pick<Peer, "logs" | "canon">,
  moment: Moment,
  { query, signal }: { readonly query?: RecallQuery; readonly signal?: AbortSignal } = {},
): Promise<Result<LookBack>> => {
  await canon.settled();
  const history = historyHeld(logs, canon);
  const past = await viewAt(logs, history, moment, signal);
  if (!past.ok) return past;
  const shown = { past: past.value, history, viewHash: viewHash(past.value.view) };
  if (query === undefined) return accept({ ...shown, recall: undefined });
  const index = createIndex(past.value.view);
  while (index.indexSome() > 0) {
    signal?.throwIfAborted();
    // A turn for whoever else this process serves.
    await new Promise((resolve) => setTimeout(resolve));
  }
  return accept({ ...shown, recall: index.recall(await askedFor(query)) });
};
