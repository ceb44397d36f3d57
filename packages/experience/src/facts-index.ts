/**
 * Entries by their facts. Facts are what defines a problem, so two failures with the same facts are most likely one problem, whatever
 * it shows: a broken update fails to compile here and fails a test there. But nobody stops a writer from passing facts that
 * define nothing (the system, the machine), so canon itself is asked whether facts of this shape, the set of their names, do:
 *
 *     n   names of the shape, at most 3                   the more there are, the more they say
 *     K   facts that one symptom was reported for         at most 4 count: each half a sign that they tell problems apart
 *     A   facts whose symptoms were cured by one remedy   the symptoms agree
 *     C   facts whose symptoms needed several remedies    they do not
 *     m   remedies that these very facts needed           one of them at most is right
 *
 *     score = (n - 1 + A + K / 2) / (n + A + C + K / 2) / (1 + (m - 1) / 4)
 *
 * The first part is the mean of a Beta distribution, as in `confidence.ts`. One name alone (the system, a machine) proves nothing
 * until it has told several problems apart, or cured two symptoms at once.
 */
import { type Facts, factsKey } from "./fingerprint.js";
import type { Entry } from "./view.js";

/** Facts with one symptom, and names, that count. */
const MAX_SINGLE = 4;
const MAX_NAMES = 3;
/**
 * Symptoms of the same facts. A recall walks all of them, and what every problem of a swarm shares (the system) defines none: 50,000
 * entries took 60 to 350 ms.
 */
export const MAX_SYMPTOMS = 256;

interface Counts {
  single: number;
  agreed: number;
  contradicted: number;
}

interface Shape extends Counts {
  readonly names: number;
}

interface Same {
  readonly shape: Shape;
  /** None once there are too many symptoms. */
  readonly entries: Entry[];
  readonly symptoms: Set<string>;
  readonly remedies: Set<string>;
  /** Versions that every remedy so far is about: whatever else they advise, they mean the same culprit. */
  versions: readonly string[];
}

export interface FactsIndex {
  /** Entries added so far. */
  readonly size: number;
  /** `versions`: coordinates that the entry's remedy is about. */
  add(entry: Entry, versions: readonly string[]): void;
  /** Errors with these facts, and how far facts of their shape can be trusted to define a problem, 0 to 1. */
  same(facts: Facts | undefined): { readonly entries: readonly Entry[]; readonly score: number };
}

const NOBODY = { entries: [], score: 0 };

/** How many remedies the symptoms of the same facts needed: alternatives for one symptom are one, and so are those with one culprit. */
const needed = ({ symptoms, remedies, versions }: Same): number =>
  versions.length > 0 ? 1 : Math.min(symptoms.size, remedies.size);

const stateOf = (same: Same): keyof Counts =>
  same.symptoms.size < 2 ? "single" : needed(same) < 2 ? "agreed" : "contradicted";

export const createFactsIndex = (): FactsIndex => {
  const shapes = new Map<string, Shape>();
  const sameByFacts = new Map<string, Same>();
  let size = 0;

  const shapeOf = (facts: Facts): Shape => {
    const names = Object.keys(facts);
    const key = JSON.stringify(names.sort());
    let shape = shapes.get(key);
    if (shape === undefined) {
      shape = { names: Math.min(names.length, MAX_NAMES), single: 0, agreed: 0, contradicted: 0 };
      shapes.set(key, shape);
    }
    return shape;
  };

  return {
    get size() {
      return size;
    },
    add: (entry, versions) => {
      size++;
      const { facts, type, fingerprint, remedyId } = entry.immunization;
      // An error's text is a symptom. What identifies the other types is what was meant, and other words mean something else.
      if (facts === undefined || type !== "ERROR_RESOLVED") return;
      const key = factsKey(facts);
      if (key === "") return;
      let same = sameByFacts.get(key);
      if (same === undefined) {
        same = { shape: shapeOf(facts), entries: [], symptoms: new Set(), remedies: new Set(), versions };
        sameByFacts.set(key, same);
      } else {
        same.shape[stateOf(same)]--;
        same.versions = same.versions.filter((one) => versions.includes(one));
      }
      same.symptoms.add(fingerprint);
      if (same.symptoms.size <= MAX_SYMPTOMS) same.entries.push(entry);
      else same.entries.length = 0;
      same.remedies.add(remedyId);
      same.shape[stateOf(same)]++;
    },
    same: (facts) => {
      const same = facts === undefined ? undefined : sameByFacts.get(factsKey(facts));
      if (same === undefined || same.symptoms.size > MAX_SYMPTOMS) return NOBODY;
      const { names, single, agreed, contradicted } = same.shape;
      const half = Math.min(single, MAX_SINGLE) / 2;
      const shape = (names - 1 + agreed + half) / (names + agreed + contradicted + half);
      return { entries: same.entries, score: shape / (1 + (needed(same) - 1) / 4) };
    },
  };
};
