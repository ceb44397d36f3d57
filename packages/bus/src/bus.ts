/**
 * A bus. `publish` calls every subscriber whose pattern matches, at once and in the order of subscription, whatever mix of names and
 * wildcards they used, and returns when all of them have returned. One that throws is reported and the next one is called; a
 * promise that one returns is not waited for, and its rejection is reported in the same way.
 *
 * Whoever subscribes while an event is being delivered does not get that event; whoever unsubscribes gets nothing any more.
 */
import { hasWildcard, type MatchedEvent, matches, nameProblem, patternProblem } from "./pattern.js";

/**
 * Events of the ready-made `bus`. Extensions add theirs: `declare module "@herdmind/bus" { interface Events { "build.done": Build } }`.
 */
// biome-ignore lint/suspicious/noEmptyInterface: a type alias could not be added to.
export interface Events {}

/** What is returned is not used; a promise is not waited for. */
export type Handler<Event, Name extends string = string> = (event: Event, name: Name) => unknown;

/** A subscriber threw, or its promise rejected. */
export interface Failure {
  readonly error: unknown;
  readonly name: string;
  readonly pattern: string;
}

export interface BusOptions {
  /** Told of each failure; must not throw. Default: written to the console, because nobody else would ever hear of it. */
  readonly onFailure?: (failure: Failure) => void;
}

export interface Bus<Known extends object = { readonly [name: string]: unknown }> {
  /**
   * Calls `handler` with each event whose name the pattern matches, and gives a function that stops it, once or several times. The same
   * handler may subscribe more than once. Ends by itself when `signal` aborts. Throws a TypeError for what is no pattern.
   */
  subscribe<Pattern extends string>(
    pattern: Pattern,
    handler: Handler<MatchedEvent<Pattern, Known>>,
    options?: { readonly signal?: AbortSignal },
  ): () => void;
  /** Ends the oldest subscription of this handler to this very pattern. `false`: there was none. */
  unsubscribe<Pattern extends string>(pattern: Pattern, handler: Handler<MatchedEvent<Pattern, Known>>): boolean;
  /** Gives the number of subscribers that were called. Throws a TypeError for what is no name. */
  publish<Name extends keyof Known & string>(name: Name, event: Known[Name]): number;
  /** Subscriptions, and failures since the bus was made. */
  readonly size: number;
  readonly failures: number;
}

interface Subscription {
  readonly order: number;
  readonly pattern: string;
  readonly words: readonly string[];
  readonly handler: Handler<never>;
  isOver: boolean;
}

const tell = ({ error, name, pattern }: Failure): void =>
  console.error(`A subscriber of "${pattern}" failed on the event "${name}":`, error);

/** Both lists are in the order of subscription; so is what comes out. */
const merge = (a: readonly Subscription[], b: readonly Subscription[]): readonly Subscription[] => {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const all: Subscription[] = [];
  let j = 0;
  for (const one of a) {
    while (j < b.length && (b[j] as Subscription).order < one.order) all.push(b[j++] as Subscription);
    all.push(one);
  }
  while (j < b.length) all.push(b[j++] as Subscription);
  return all;
};

export const createBus = <Known extends object = { readonly [name: string]: unknown }>({
  onFailure = tell,
}: BusOptions = {}): Bus<Known> => {
  // Lists are replaced, never changed: a delivery that is under way goes on with the one that it began with.
  const byName = new Map<string, readonly Subscription[]>();
  let wildcards: readonly Subscription[] = [];
  let orders = 0;
  let size = 0;
  let failures = 0;

  const fail = (failure: Failure): void => {
    failures += 1;
    onFailure(failure);
  };

  const end = (one: Subscription): void => {
    if (one.isOver) return;
    one.isOver = true;
    size -= 1;
    const without = (list: readonly Subscription[]): readonly Subscription[] => list.filter((other) => other !== one);
    if (hasWildcard(one.pattern)) wildcards = without(wildcards);
    else {
      const rest = without(byName.get(one.pattern) ?? []);
      if (rest.length === 0) byName.delete(one.pattern);
      else byName.set(one.pattern, rest);
    }
  };

  const call = (one: Subscription, event: unknown, name: string): void => {
    const failed = (error: unknown): void => fail({ error, name, pattern: one.pattern });
    try {
      const returned = (one.handler as Handler<unknown>)(event, name);
      if (returned instanceof Promise) returned.catch(failed);
    } catch (error) {
      failed(error);
    }
  };

  return {
    subscribe(pattern, handler, { signal } = {}) {
      const problem = patternProblem(pattern);
      if (problem !== undefined) throw new TypeError(problem);
      if (signal?.aborted === true) return () => undefined;
      const one: Subscription = { order: orders++, pattern, words: pattern.split("."), handler, isOver: false };
      if (hasWildcard(pattern)) wildcards = [...wildcards, one];
      else byName.set(pattern, [...(byName.get(pattern) ?? []), one]);
      size += 1;
      const stop = (): void => {
        signal?.removeEventListener("abort", stop);
        end(one);
      };
      signal?.addEventListener("abort", stop);
      return stop;
    },
    unsubscribe(pattern, handler) {
      const list = hasWildcard(pattern) ? wildcards : (byName.get(pattern) ?? []);
      const one = list.find((other) => other.pattern === pattern && other.handler === handler);
      if (one !== undefined) end(one);
      return one !== undefined;
    },
    publish(name, event) {
      const problem = nameProblem(name);
      if (problem !== undefined) throw new TypeError(problem);
      const words = name.split(".");
      const wild = wildcards.filter((one) => matches(one.words, words));
      let called = 0;
      for (const one of merge(byName.get(name) ?? [], wild)) {
        if (one.isOver) continue;
        called += 1;
        call(one, event, name);
      }
      return called;
    },
    get size() {
      return size;
    },
    get failures() {
      return failures;
    },
  };
};

/** One for the whole process: extensions that do not know each other meet here. */
export const bus: Bus<Events> = createBus<Events>();
