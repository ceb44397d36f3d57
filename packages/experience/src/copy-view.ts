/**
 * A second view with the same state, so that one can be folded on while the other stays. Unlike a checkpoint it keeps canon's order, and
 * what canon's records said is shared by both: only what folding changes in place is copied.
 */
import { createMemoryLayer } from "./memory.js";
import { emptyView, type MutableView, type View } from "./view.js";

const copyMap = <K, V>(from: ReadonlyMap<K, V>, to: Map<K, V>): void => {
  for (const [key, value] of from) to.set(key, value);
};

/** In steps of some microseconds, for whoever serves others meanwhile. The view must not change before the last one. */
export const copyViewSteps = function* (view: View): Generator<undefined, View> {
  const from = view as MutableView;
  const copy = emptyView() as MutableView;
  for (const [id, entry] of from.entries) {
    const { evidence } = entry;
    // Votes are counted when somebody asks. Evidence that is empty is shared by all entries that have none.
    copy.entries.set(id, {
      ...entry,
      evidence: evidence.size === 0 ? evidence : new Map(evidence),
      counted: undefined,
    });
    yield;
  }
  for (const [fingerprint, ids] of from.problems) {
    copy.problems.set(fingerprint, [...ids]);
    yield;
  }
  copyMap(from.aliases, copy.aliases);
  for (const [to, names] of from.aliased) copy.aliased.set(to, new Set(names));
  yield;
  copyMap(from.members, copy.members);
  copyMap(from.interned, copy.interned);
  copyMap(from.revocations, copy.revocations);
  copyMap(from.signalTypes, copy.signalTypes);
  copyMap(from.relevance, copy.relevance);
  copyMap(from.watermarks, copy.watermarks);
  yield;
  const memory = createMemoryLayer();
  for (const space of from.memory.spaces()) {
    for (const key of from.memory.keys(space)) {
      memory.apply(space, new Map([[key, from.memory.item(space, key)]]));
      yield;
    }
  }
  const { term, position, clock, counts } = from;
  return Object.assign(copy, {
    memory,
    term,
    position,
    clock,
    counts: { ...counts, unknown: new Map(counts.unknown) },
  });
};
