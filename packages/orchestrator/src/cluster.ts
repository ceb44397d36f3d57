/**
 * Fingerprints that aliases join into one problem. They form trees: each alias points from a problem to the one it was merged
 * into, and the fingerprint without one is the root. A fingerprint that is its own alias is *apart*: it is a root that only an
 * operator merges again.
 */
import type { Alias } from "@herdmind/experience";
import type { Fingerprint } from "@herdmind/protocol";

export interface Aliases {
  aliasOf(fingerprint: Fingerprint): Alias | undefined;
  /** Fingerprints whose alias points to this one; itself where it is apart. */
  aliasedTo(fingerprint: Fingerprint): ReadonlySet<Fingerprint>;
}

/** Every fingerprint of the same problem, the given one first. */
export const clusterOf = (aliases: Aliases, fingerprint: Fingerprint): readonly Fingerprint[] => {
  // Every signal asks, and almost no problem has another name.
  if (aliases.aliasOf(fingerprint) === undefined && aliases.aliasedTo(fingerprint).size === 0) return [fingerprint];
  const seen = new Set([fingerprint]);
  // Iterating a set visits what is added meanwhile: this walks the whole tree, and a cycle ends by itself.
  for (const one of seen) {
    const to = aliases.aliasOf(one)?.to;
    if (to !== undefined) seen.add(to);
    for (const from of aliases.aliasedTo(one)) seen.add(from);
  }
  return [...seen];
};

/** A fingerprint and those merged into it, directly or not. */
export const branchOf = (aliases: Aliases, fingerprint: Fingerprint): ReadonlySet<Fingerprint> => {
  const seen = new Set([fingerprint]);
  for (const one of seen) for (const from of aliases.aliasedTo(one)) seen.add(from);
  return seen;
};

export const rootOf = (aliases: Aliases, fingerprint: Fingerprint): Fingerprint => {
  let root = fingerprint;
  const seen = new Set([root]);
  for (;;) {
    const to = aliases.aliasOf(root)?.to;
    if (to === undefined || seen.has(to)) return root;
    seen.add(to);
    root = to;
  }
};

export const isApart = (aliases: Aliases, fingerprint: Fingerprint): boolean =>
  aliases.aliasOf(fingerprint)?.to === fingerprint;
