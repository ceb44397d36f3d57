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
import { BOUNDARY, type Cause, cutLines, detailsBelow, findCauses, isNoise } from "./causes.js";
import { contentHash } from "./content-hash.js";
import { coordinatesIn } from "./coordinates.js";
import { failedTest, ownFrame } from "./frames.js";
import { normaliseLine, normaliseWords, searchLine } from "./normalise.js";
import { isVague, words } from "./vague.js";

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
/** Characters of the text for search: enough for any cause, a twentieth of what a record may hold. */
const MAX_SEARCH_CHARS = 1200;

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
const factsTitle = (facts: Facts | undefined): string =>
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

/** Text for search: the lines that matter, each normalised but with its names. */
export const searchTextOf = (lines: readonly string[]): string => {
  const parts: string[] = [];
  let length = 0;
  for (const line of new Set(lines.map(searchLine))) {
    if (line === "") continue;
    if (length + line.length > MAX_SEARCH_CHARS) break;
    parts.push(line);
    length += line.length + 1;
  }
  return parts.join("\n");
};

const causeIdentity = (cause: Cause, message: string, lines: readonly string[]): JsonValue => {
  const vague = isVague(message);
  const code = cause.code?.toLowerCase();
  const frame = vague ? (failedTest(lines) ?? ownFrame(lines.slice(cause.line + 1)) ?? ownFrame(lines)) : undefined;
  const details = vague
    ? detailsBelow(lines, cause)
        .map(normaliseLine)
        .filter((line) => line !== "")
    : [];
  // Nothing but its values tells it from others of its kind: a repeat may be missed, a wrong remedy is worse.
  const said = vague && frame === undefined && details.length === 0 ? normaliseWords(cause.message) : message;
  return [
    cause.name?.toLowerCase() ?? null,
    code !== undefined && words(message) < 3 && !message.includes(code) ? code : null,
    [said, ...details].join("\n"),
    frame === undefined ? null : normaliseLine(frame),
  ];
};

/** A code is symbolic (`EADDRINUSE`); a number is how a process ended, and the output says that better. */
const isSymbolic = (code: string | undefined): code is string =>
  code !== undefined && /^[A-Z][A-Z0-9_]{2,60}$/.test(code);

const errorLines = (problem: Problem): readonly string[] => {
  const error = problem.error;
  if (error === undefined) return cutLines(problem.text ?? "");
  const [first = "", ...rest] = cutLines(error.message);
  const named =
    error.name === undefined || error.name === "" || first.startsWith(error.name) ? first : `${error.name}: ${first}`;
  return [
    named,
    ...rest,
    ...(error.stack === undefined ? [] : [BOUNDARY, ...cutLines(error.stack)]),
    ...(error.output === undefined ? [] : [BOUNDARY, ...cutLines(error.output)]),
  ];
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

/** Lines of an output up to which whatever it says is its message. */
const SHORT_LINES = 10;
/** Strength of a recogniser from which it knows a tool's own way to say why; below, it goes by words such as "failed". */
const SURE_STRENGTH = 60;

export const nameError = (problem: Problem): Named => {
  const lines = errorLines(problem);
  const found = findCauses(lines).map((cause): Cause => {
    const code = problem.error?.code;
    return cause.code === undefined && isSymbolic(code) ? { ...cause, code } : cause;
  });
  const messages = found.map((cause) => normaliseLine(cause.message));
  const identity = found.map((cause, i) => causeIdentity(cause, messages[i] as string, lines));
  const raw = () =>
    found.map((cause) => (cause.name === undefined ? cause.message : `${cause.name}: ${cause.message}`));
  const coordinates = () => coordinatesIn(lines.filter((line) => !isNoise(line)));
  const isLong = lines.length > SHORT_LINES;
  return {
    fingerprint: fingerprintOf("error", distinct(identity), problem.facts),
    causes: [...new Set(messages)],
    isLong,
    // What a caller gives as the message of an error is its message.
    isGuess:
      isLong && (found[0]?.strength ?? 0) < SURE_STRENGTH && (problem.error === undefined || found[0]?.line !== 0),
    coordinates,
    title: () => titleOf(raw().at(-1) || factsTitle(problem.facts)),
    search: () => {
      const frame = ownFrame(lines);
      const code = found[0]?.code;
      return searchTextOf([
        ...raw(),
        ...(code === undefined ? [] : [code]),
        ...(problem.error === undefined || problem.text === undefined ? [] : cutLines(problem.text, 2000, 20)),
        ...(frame === undefined ? [] : [frame]),
      ]).concat(...coordinates().map((one) => `\n${one}`));
    },
  };
};

/** The same line three times is one reason. */
const distinct = (parts: readonly JsonValue[]): readonly JsonValue[] =>
  parts.length < 2 ? parts : [...new Map(parts.map((part) => [JSON.stringify(part), part])).values()];

/**
 * Fingerprint of a failure (`ERROR_RESOLVED`): of `problem.error`, or of `problem.text` where there is no error. Costs bounded
 * time on any text. A problem with neither has no causes; `identify` refuses it.
 */
export const fingerprint = (problem: Problem): Identified => identified(nameError(problem));

/** Name of a remedy: hash of its text with form normalised, and of its machine-readable part. */
export const remedyIdOf = (mitigation: Mitigation): RemedyId =>
  `m${REMEDY_VERSION}_${contentHash([
    `herdmind/remedy/${REMEDY_VERSION}`,
    normaliseWords(mitigation.text),
    mitigation.data ?? (null as JsonObject | null),
  ])}` as RemedyId;
