/** Canon as it was at a moment, and what a recall would have said then. */
import { type History, historyHeld, type Moment, type Past, viewAt } from "@herdmind/canon";
import { createIndex, type Recall, type View, viewHashSteps } from "@herdmind/experience";
import { accept, type BlockHash, type Result } from "@herdmind/protocol";
import { askedFor } from "./agent.js";
import type { Peer } from "./peer.js";
import type { RecallQuery } from "./report.js";
import { createRests } from "./rests.js";

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
  const rest = createRests(signal);
  const past = await viewAt(logs, history, moment, { rest, ...(signal === undefined ? {} : { signal }) });
  if (!past.ok) return past;
  const shown = { past: past.value, history, viewHash: await hashOf(past.value.view, rest) };
  if (query === undefined) return accept({ ...shown, recall: undefined });
  const index = createIndex(past.value.view);
  while (index.indexSome() > 0) await rest();
  return accept({ ...shown, recall: index.recall(await askedFor(query)) });
};

/** The hash of a view that does not change meanwhile. */
export const hashOf = async (view: View, rest: () => Promise<void> | undefined): Promise<BlockHash> => {
  const steps = viewHashSteps(view);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await rest();
  }
};
