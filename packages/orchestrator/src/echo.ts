/**
 * A recalled entry that is reported back as new (E9). It must be recognised: a store that takes its own answers for new experience
 * fills with copies of itself. Three kinds, each decided strictly, because an alternative that is taken for an echo is lost:
 *
 * - *the same words*: a remedy of the same problem, said with the same words in the same order, courtesies and endings aside, and
 *   the same data; a clause that says the problem again may be added;
 * - *a citation*: the text names an entry by its id and has nothing else in it than that entry's words and words about it;
 * - *a rendering as a problem*: what is called the problem is text that this store wrote.
 */
import { problemKind, remedyIdOf, renderedIdsIn } from "@herdmind/experience";
import type { EntryId, Immunization, Mitigation, Signal } from "@herdmind/protocol";
import { unframed } from "./unframed.js";
import { areEqual, placeIn, without, wordingOf } from "./wording.js";

export interface Echo {
  /** The entry of which the proposal is an outcome; `undefined` where it names several, or none is proposed again. */
  readonly entry: Immunization | undefined;
  readonly reason: string;
}

/** Remedies of one problem that a new one is compared with, oldest first. */
const MAX_COMPARED = 64;
/** Ids that are looked up in one text. */
const MAX_CITED = 16;
/** Words that a citation may have beside what it cites. */
const MAX_STRAY = 2;

const ID = /(?<![\w-])(?:herdmind:)?([A-Za-z0-9_-]{43})(?![\w-])/g;

/** Words that turn a remedy round, or name another one. */
const OBJECTIONS = new Set(
  "not no never don't doesn't didn't isn't wasn't can't cannot won't without instead except unless but however although wrong stale outdated until only other another different else rather".split(
    " ",
  ),
);
/** Words about an entry: who said it, how it came here, what became of it. As `wordingOf` writes them. */
const ABOUT = new Set(
  wordingOf(
    "herdmind entry entries id ids apply applied use see per as from in on at by for with to and or of follow followed recall recalled remedy solution fix fixed work worked works help helped helps suggested suggestion known know said says same again here me my our swarm claim claims claimed claiming author authors report reported confirm confirmed unconfirmed independent group groups outcome outcomes confidence match exact alias text similar provisional active contested problem workaround validation error resolved discovery mitigation evidence which what who above below following memory store stored answer immunity immunization",
  ),
);

/** Entries that a text names, without repeats. */
const citedIn = (text: string, lookUp: (id: EntryId) => Immunization | undefined): Immunization[] => {
  const cited = new Map<EntryId, Immunization>();
  let looked = 0;
  for (const [, id] of text.matchAll(ID)) {
    if (looked++ >= MAX_CITED) break;
    const entry = lookUp(id as EntryId);
    if (entry !== undefined) cited.set(entry.id, entry);
  }
  return [...cited.values()];
};

const sameData = (a: Mitigation, b: Mitigation): boolean =>
  remedyIdOf({ ...a, text: "" }) === remedyIdOf({ ...b, text: "" });

/** A plain word: neither a number, a flag, a path or a name, nor one that turns a remedy round. */
const isPlain = (word: string): boolean => /^\p{L}+$/u.test(word) && !OBJECTIONS.has(word);

/** How a clause begins that says again where a remedy is for. */
const WHERE = new Set(wordingOf("when if because since while whenever where"));

/** Whether one of them says what the other says, with at most a clause before or behind it that says the problem again. */
const sayTheSame = (a: readonly string[], b: readonly string[], ofProblem: ReadonlySet<string>): boolean => {
  if (a.length === 0 || b.length === 0) return false;
  if (a.length === b.length) return areEqual(a, b);
  const [longer, shorter] = a.length > b.length ? [a, b] : [b, a];
  const clauses = [
    { rest: longer.slice(0, shorter.length), clause: longer.slice(shorter.length) },
    { rest: longer.slice(-shorter.length), clause: longer.slice(0, -shorter.length) },
  ];
  return clauses.some(
    ({ rest, clause: [first = "", ...words] }) =>
      areEqual(rest, shorter) && WHERE.has(first) && words.every((word) => ofProblem.has(word) && isPlain(word)),
  );
};

const wordsOfProblem = ({ problem: { error, text, purpose } }: Signal): ReadonlySet<string> =>
  new Set([error?.message, text, purpose].flatMap((one) => (one === undefined ? [] : wordingOf(one))));

const byCitation = (signal: Signal, lookUp: (id: EntryId) => Immunization | undefined): Echo | undefined => {
  const { text } = signal.mitigation;
  if (text.length < 43) return undefined;
  const cited = citedIn(text, lookUp);
  if (
    cited.length === 0 ||
    (signal.mitigation.data !== undefined && !cited.some((one) => sameData(one.mitigation, signal.mitigation)))
  )
    return undefined;
  let rest = wordingOf(unframed(text).replace(ID, " "));
  const told: Immunization[] = [];
  for (const entry of cited) {
    const remedy = wordingOf(entry.mitigation.text);
    if (placeIn(rest, remedy) >= 0) told.push(entry);
    for (const part of [remedy, wordingOf(entry.title), wordingOf(entry.discovery ?? "")]) rest = without(rest, part);
  }
  if (rest.some((word) => OBJECTIONS.has(word))) return undefined;
  const stray = rest.filter((word) => !ABOUT.has(word) && !/^[\d.,%/]+$/.test(word) && /[\p{L}\p{N}]/u.test(word));
  if (stray.length > MAX_STRAY) return undefined;
  const [entry, ...others] = told.length > 0 ? told : cited;
  if (entry === undefined) return undefined;
  return others.length === 0
    ? { entry, reason: `This says that entry ${entry.id} was applied.` }
    : {
        entry: undefined,
        reason: `This repeats entries ${[entry, ...others].map(({ id }) => id).join(", ")}. Report the outcome of the one that helped, with its id.`,
      };
};

const byProblem = (signal: Signal, lookUp: (id: EntryId) => Immunization | undefined): Echo | undefined => {
  const { error, text } = signal.problem;
  const marked = [error?.message, text].flatMap((one) => (one === undefined ? [] : renderedIdsIn(one)));
  const entry = marked
    .slice(0, MAX_CITED)
    .map(lookUp)
    .find((one) => one !== undefined);
  if (entry === undefined) return undefined;
  const isProposed = areEqual(wordingOf(entry.mitigation.text), wordingOf(signal.mitigation.text));
  return isProposed && sameData(entry.mitigation, signal.mitigation)
    ? { entry, reason: `Problem and remedy are those of entry ${entry.id}.` }
    : {
        entry: undefined,
        reason: `The problem is text about entry ${entry.id} that was recalled. Report it as the failing tool said it.`,
      };
};

const byWords = (signal: Signal, known: Iterable<Immunization>): Echo | undefined => {
  let words: readonly string[] | undefined;
  let ofProblem: ReadonlySet<string> | undefined;
  let compared = 0;
  for (const entry of known) {
    if (compared++ >= MAX_COMPARED) break;
    if (!sameData(entry.mitigation, signal.mitigation)) continue;
    words ??= wordingOf(signal.mitigation.text);
    ofProblem ??= wordsOfProblem(signal);
    if (sayTheSame(words, wordingOf(entry.mitigation.text), ofProblem))
      return { entry, reason: `Entry ${entry.id} says the same in other words.` };
  }
  return undefined;
};

/** What a proposal repeats; `undefined` for one that says something new. `known`: the entries of its problem. */
export const echoOf = (
  signal: Signal,
  known: Iterable<Immunization>,
  lookUp: (id: EntryId) => Immunization | undefined,
): Echo | undefined => {
  // An outcome of an entry of another kind would say nothing, and of a validation the opposite.
  const lookUpAlike = (id: EntryId): Immunization | undefined => {
    const entry = lookUp(id);
    return entry !== undefined && problemKind(entry.type) === problemKind(signal.type) ? entry : undefined;
  };
  return byCitation(signal, lookUpAlike) ?? byProblem(signal, lookUpAlike) ?? byWords(signal, known);
};
