/**
 * The name of a problem. Two occurrences of one problem get the same fingerprint on every peer, whatever their paths,
 * ports, times and names; two different problems never do.
 *
 * Algorithm version 2, for everybody who writes it again (`src/fixtures/fingerprints-2.json` holds frozen results):
 * 1. Lines: the first line of `error.message` with `error.name` before it unless it is there, the rest of the message, then
 *    `stack`, then `output` (with neither, `text`), each cut as `causes.ts` says.
 * 2. The strongest cause by the table of recognisers (`causes.ts`), each message masked by the table of masks.
 * 3. Content: `["herdmind/fingerprint/2", kind, identity, facts]`, where `facts` is the map of domain facts with its texts in
 *    NFC and trimmed, and identity is, by kind:
 *    - `error`: `[[name, code, message, frame], ...]`, absent parts as null; the code only where the message has fewer than
 *      three words and does not hold it; the own frame, and the lines below the message, only where it says nothing;
 *    - `workaround`: `[api, purpose]`; `validation`: `[domain, approach]`; a custom type: its name, `[[field, value], ...]`.
 * 4. `f2_` and base64url of the first 24 bytes of SHA-256 over the content in deterministic CBOR.
 */
import type { Fingerprint, JsonObject, JsonValue, Mitigation, Problem, RemedyId } from "@herdmind/protocol";
import { contentHash } from "./content-hash.js";
import { normaliseWords } from "./normalise-words.js";

export const FINGERPRINT_VERSION = 2;
export const REMEDY_VERSION = 1;

/**
 * The version of the algorithm that gave a name. A name of an older version stays valid: canon holds entries under it, and the
 * orchestrator adds the alias from it to the name that the present version gives the same problem.
 */
export const fingerprintVersionOf = (fingerprint: Fingerprint): number => Number(/^f(\d{1,3})_/.exec(fingerprint)?.[1]);

const DOMAIN = `herdmind/fingerprint/${FINGERPRINT_VERSION}`;

/** Characters of a title: one line of a terminal or two. */
const MAX_TITLE_CHARS = 200;

export interface Identified {
  readonly fingerprint: Fingerprint;
  /** One line for people, as it was said. */
  readonly title: string;
  /** What similarity search reads: names kept, random values masked. */
  readonly search: string;
  /** Normalised lines that identity was taken from, strongest first. */
  readonly causes: readonly string[];
}

export type Facts = NonNullable<Problem["facts"]>;

/** Facts as identity sees them. Equal facts give equal texts; `""` stands for none. */
const canonicalFacts = (facts: Facts | undefined): { readonly [name: string]: string | number | boolean } => {
  const clean: { [name: string]: string | number | boolean } = {};
  if (facts === undefined) return clean;
  for (const [name, value] of Object.entries(facts)) {
    if (value === undefined) continue;
    clean[wellFormed(name).trim()] = typeof value === "string" ? wellFormed(value).trim() : value;
  }
  return clean;
};

/** A key under which equal facts meet; `""` for no facts. */
export const factsKey = (facts: Facts | undefined): string => {
  const clean = canonicalFacts(facts);
  const names = Object.keys(clean);
  if (names.length === 0) return "";
  return JSON.stringify(names.sort().map((name) => [name, clean[name]]));
};

/** What is said of a failure that says nothing. */
export const factsTitle = (facts: Facts | undefined): string =>
  Object.entries(canonicalFacts(facts))
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");

const wellFormed = (text: string): string => text.normalize("NFC").replace(/\p{Surrogate}/gu, "\ufffd");

/** Fingerprint of an identity of a given kind. */
export const fingerprintOf = (kind: string, identity: JsonValue, facts: Facts | undefined): Fingerprint =>
  `f${FINGERPRINT_VERSION}_${contentHash([DOMAIN, kind, identity, canonicalFacts(facts)])}` as Fingerprint;

/** One line without control characters, of at most `MAX_TITLE_CHARS`. */
export const titleOf = (text: string): string => {
  const line = wellFormed(text.slice(0, MAX_TITLE_CHARS * 2))
    // A title goes to terminals; control characters would move the cursor.
    .replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, " ")
    .replace(/^ | $/g, "");
  return line.length > MAX_TITLE_CHARS ? `${wellFormed(line.slice(0, MAX_TITLE_CHARS - 1))}\u2026` : line;
};

/** Identity without the texts that only a record needs: recall computes them only when it must search. */
export interface Named {
  readonly fingerprint: Fingerprint;
  readonly causes: readonly string[];
  title(): string;
  search(): string;
  /** Packages and their versions that the problem names (`coordinates.ts`). */
  coordinates(): readonly string[];
  /** Long output of a tool: it names what took part. */
  readonly isLong: boolean;
  /** The cause was read from long output by its words alone: it may not be one. */
  readonly isGuess: boolean;
}

export const identified = (named: Named): Identified => ({
  fingerprint: named.fingerprint,
  title: named.title(),
  search: named.search(),
  causes: named.causes,
});

/** Name of a remedy: hash of its text with form normalised, and of its machine-readable part. */
export const remedyIdOf = (mitigation: Mitigation): RemedyId =>
  `m${REMEDY_VERSION}_${contentHash([
    `herdmind/remedy/${REMEDY_VERSION}`,
    normaliseWords(mitigation.text),
    mitigation.data ?? (null as JsonObject | null),
  ])}` as RemedyId;
