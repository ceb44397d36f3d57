/** The name of a failure, from what a tool printed: steps 1 and 2 of the algorithm in `fingerprint.ts`. */
import type { JsonValue, Problem } from "@herdmind/protocol";
import { BOUNDARY, type Cause, cutLines, detailsBelow, findCauses, isNoise } from "./causes.js";
import { coordinatesIn } from "./coordinates.js";
import { factsTitle, fingerprintOf, type Identified, identified, type Named, titleOf } from "./fingerprint.js";
import { failedTest, ownFrame } from "./frames.js";
import { normaliseLine } from "./normalise.js";
import { normaliseWords } from "./normalise-words.js";
import { searchTextOf } from "./search-text.js";
import { isVague, words } from "./vague.js";

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
