/**
 * What the bench's agents report: failures as programs print them, about 450 bytes a signal. Numbers are masked in a
 * fingerprint, so problems differ in words.
 */
import type { JsonObject, Signal } from "@herdmind/protocol";

const SYLLABLES = [..."kmnprstvwz"].flatMap((consonant) => [..."aeiou"].map((vowel) => consonant + vowel));

/** The nth of 125,000 made-up words. */
export const word = (n: number): string => {
  const at = (place: number): string => SYLLABLES[Math.floor(n / SYLLABLES.length ** place) % SYLLABLES.length] ?? "";
  return at(0) + at(1) + at(2);
};

/** Numbers from 0 to 1, the same on every run (mulberry32). */
export const seeded = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

export interface ReportOf {
  readonly problem: { readonly error: { readonly name: string; readonly message: string } };
  readonly discovery: string;
  readonly mitigation: { readonly text: string; readonly data: JsonObject };
  readonly context: JsonObject;
}

/** Words of a text as they come in real ones: a few often, most rarely (Zipf's law over 20,000 words). */
export const zipfText = (random: () => number, words: number): string =>
  Array.from({ length: words }, () => word((Math.floor(20_000 ** random()) * 7919) % 125_000)).join(" ");

/** Reports made before; agents of a bench report the same thousand problems, and making texts is not what is measured. */
const made = new Map<number, ReportOf>();
const MADE = 10_000;

/** A report about the nth problem, with its one remedy. Half of its text is like that of no other report. */
export const reportOf = (n: number): ReportOf => {
  const known = made.get(n);
  if (known !== undefined) return known;
  const random = seeded(n);
  const report: ReportOf = {
    problem: {
      error: {
        name: "DeployError",
        message: `cannot mount volume ${word(n)} of service ${word(n + 7)}: the lease is held by ${word(n + 13)} (attempt ${n % 9})`,
      },
    },
    discovery: `the controller keeps a lease after a failed drain: ${zipfText(random, 8)}`,
    mitigation: {
      text: `release the lease of ${word(n)}, then ${zipfText(random, 3)}`,
      data: { tool: "release-lease", volume: word(n) },
    },
    context: { region: `zone ${n % 3}`, runtime: "node 24" },
  };
  if (made.size < MADE) made.set(n, report);
  return report;
};

/** The same as a record's body. */
export const signalOf = (n: number, at: number): Signal => ({ type: "ERROR_RESOLVED", ...reportOf(n), at });
