/** What is known about an error, handed on with the error itself, so that whoever reads it next (often a language model) can use it. */
import type { RecalledEntry, Rendered } from "herdmind";
import type { OnUnreachable } from "herdmind/loop";
import type { Answer, Described, Experience } from "./experience.js";

/** An entry of a recall, or of what was prepared. */
export type KnownEntry = Omit<RecalledEntry, "match" | "score"> & Partial<Pick<RecalledEntry, "match" | "score">>;

export interface HerdmindKnown {
  /** For a language model: what others claimed, between two marks that nothing in it can write (E4). */
  readonly text: string;
  /** The entries in the text, best first. */
  readonly entries: readonly KnownEntry[];
}

export interface KnownOptions {
  /** Tokens of the text at most; default 1200. */
  readonly budgetTokens?: number;
  /** Ids of entries that are known already. */
  readonly exclude?: readonly string[];
  /** Told when the swarm could not be asked; default: a line by `console.warn`. */
  readonly onUnreachable?: OnUnreachable;
  readonly signal?: AbortSignal | undefined;
}

/** Three or four entries. */
const BUDGET_TOKENS = 1200;
const PROPERTY = "herdmindKnown";

/** What is known about a problem, similar ones too; `undefined` where nothing is, or nobody could be asked. */
export const knownAbout = async (
  experience: Experience,
  problem: Described,
  options: KnownOptions = {},
): Promise<HerdmindKnown | undefined> => {
  const { budgetTokens = BUDGET_TOKENS, exclude = [], signal } = options;
  const query = { ...problem, exclude, budgetTokens, render: true };
  return shownOf(await asking("recall", () => experience.recall(query, signal), options));
};

/** What is worth knowing before a task; `undefined` where nothing is, or nobody could be asked. */
export const preparedFor = async (
  experience: Experience,
  task: Parameters<Experience["prepare"]>[0],
  options: Omit<KnownOptions, "exclude"> = {},
): Promise<HerdmindKnown | undefined> => {
  const { budgetTokens = BUDGET_TOKENS, signal } = options;
  return shownOf(
    await asking("prepare", () => experience.prepare(task, { budgetTokens, render: true }, signal), options),
  );
};

const asking = async <Name extends "recall" | "prepare">(
  verb: Name,
  ask: () => Promise<Answer<Name>>,
  { onUnreachable = warn, signal }: KnownOptions,
): Promise<Shown | undefined> => {
  try {
    const answered: Answer<"recall" | "prepare"> = await ask();
    if (answered.ok) return answered.value;
    onUnreachable(new Error(`${answered.rule}: ${answered.message}`), verb);
  } catch (error) {
    signal?.throwIfAborted();
    onUnreachable(error, verb);
  }
  return undefined;
};

type Shown = { readonly entries: readonly KnownEntry[]; readonly rendered?: Rendered };
const shownOf = (shown: Shown | undefined): HerdmindKnown | undefined => {
  const ids = new Set<string>(shown?.rendered?.ids);
  if (shown?.rendered === undefined || ids.size === 0) return undefined;
  return { text: shown.rendered.text, entries: shown.entries.filter(({ id }) => ids.has(id)) };
};

/** What adapters do where nobody else wants to hear that the swarm could not be asked. */
export const warn: OnUnreachable = (error, verb) =>
  console.warn(`herdmind: ${verb} failed: ${error instanceof Error ? error.message : String(error)}`);

/** What is known about an error that a wrapped function threw; `undefined` where nothing is. */
export const knownOf = (error: unknown): HerdmindKnown | undefined =>
  touched(error, (one) => Reflect.get(one, PROPERTY) as HerdmindKnown | undefined);

/** Sets it as a property that is not enumerable, so that logs and serialisers show the error as it was. */
export const attachKnown = (error: unknown, known: HerdmindKnown): void => {
  // What cannot be changed, or is no object, is thrown as it is: `onKnown` is told.
  touched(error, (one) => Reflect.defineProperty(one, PROPERTY, { value: known, configurable: true, writable: true }));
};

/** Anything can be thrown: touching it may throw itself, and must not hide what was thrown. */
const touched = <T>(error: unknown, touch: (error: object) => T): T | undefined => {
  try {
    return (typeof error === "object" && error !== null) || typeof error === "function" ? touch(error) : undefined;
  } catch {
    return undefined;
  }
};

/** Whether it was thrown because somebody wanted it to end. */
export const isAbort = (error: unknown): boolean =>
  touched(error, (one) => one instanceof Error && one.name === "AbortError") === true;
