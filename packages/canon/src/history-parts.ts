/** Canon as far back as it is held: generations, and where each stands in the count of all blocks of canon. */
import type { HistoryPart } from "./canon.js";
import type { Folding } from "./folding.js";
import type { Generation } from "./generations.js";
import type { Part } from "./select.js";

/**
 * The parts of the plan that the live view ends, which may have been built from a later checkpoint. Each block of canon has a
 * number, counted from the first block of the first generation, openings included: the same on every peer. Where the first generation
 * is not held, the newest one's opening says how many blocks stand before it.
 */
export const historyParts = (plan: readonly Part<Generation>[], live: Folding): readonly HistoryPart[] => {
  const tip = live.parts.at(-1);
  if (tip === undefined || tip.length === 0) return [];
  const at = plan.findIndex(({ generation }) => generation.log.generation === tip.generation.log.generation);
  const older =
    at < 0 ? live.parts.slice(0, -1).map(({ generation, length }) => ({ generation, to: length })) : plan.slice(0, at);
  const parts = [...older, { generation: tip.generation, to: tip.length }];
  const isWhole = parts[0]?.generation.continues === undefined;
  const { clock } = live.view;
  const said = clock?.generation === tip.generation.log.generation ? clock.before : undefined;
  const held = older.reduce((sum, { to }) => sum + to, 0);
  let before = isWhole ? 0 : said === undefined || said < held ? undefined : said - held;
  return parts.map(({ generation: { log, term, checkpoint }, to }) => {
    const part = {
      ...log,
      term,
      length: to,
      opening: checkpoint === undefined ? 0 : checkpoint.sequence + 1,
      before,
    };
    if (before !== undefined) before += to;
    return part;
  });
};
