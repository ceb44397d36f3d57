/** What happens at the node, as it happens: the newest events, and whether they still come. It connects again by itself. */
import type { Failure } from "./node.js";

export interface FeedEvent {
  /** Counts up from 1 while this page is open. */
  readonly number: number;
  readonly event: string;
  readonly at: string;
  readonly about: { readonly [name: string]: unknown };
}

/** `connecting`: no answer yet. `live`: events come. `away`: they came until `since` (ms). `signed-out`: a code is needed; `problem`: why the one that the page was opened with was none. */
export type Link =
  | { readonly state: "connecting" }
  | { readonly state: "live" }
  | { readonly state: "away"; readonly since: number }
  | { readonly state: "signed-out"; readonly problem?: string };

export interface FeedState {
  readonly link: Link;
  /** Newest first, at most `MAX_EVENTS`. */
  readonly events: readonly FeedEvent[];
  /** Of all that came, also of those that are not held any more. */
  readonly count: number;
}

export interface Feed {
  readonly state: () => FeedState;
  readonly subscribe: (listener: () => void) => () => void;
  /** Each event, at once; and `undefined` when the link is up again, since when anything may have happened. */
  readonly onEvent: (listener: (event: FeedEvent | undefined) => void) => () => void;
  /** Tries again now: after a sign-in, or because somebody asked for it. */
  readonly connect: () => void;
  /** Something else heard that there is no session, any more or yet: `problem` says why there is none. */
  readonly signOut: (problem?: string) => void;
}

export interface FeedParts {
  readonly watch: (onLine: (line: string) => void, onOpen: () => void, signal: AbortSignal) => Promise<Failure>;
  readonly now: () => number;
}

/** More than a person reads; an event of the largest kind has some 100 kB. */
export const MAX_EVENTS = 1000;
/** Events are shown together, so that a thousand a second cost ten drawings a second. */
const SHOW_EVERY_MS = 100;
/** Milliseconds between tries: a node that restarts is back after one or two of them. */
const RETRY_MS = [500, 1000, 2000, 3000] as const;

const read = (line: string, number: number): FeedEvent | undefined => {
  try {
    const { event, at, ...about } = JSON.parse(line) as { readonly event?: unknown; readonly at?: unknown };
    return typeof event === "string" && typeof at === "string" ? { number, event, at, about } : undefined;
  } catch {
    return undefined;
  }
};

export const createFeed = ({ watch, now }: FeedParts): Feed => {
  let state: FeedState = { link: { state: "connecting" }, events: [], count: 0 };
  let waiting: FeedEvent[] = [];
  let showing: ReturnType<typeof setTimeout> | undefined;
  let retrying: ReturnType<typeof setTimeout> | undefined;
  let running: AbortController | undefined;
  let tries = 0;
  const listeners = new Set<() => void>();
  const eventListeners = new Set<(event: FeedEvent | undefined) => void>();

  const show = (next: Partial<FeedState>): void => {
    state = { ...state, ...next };
    for (const listener of listeners) listener();
  };
  const flush = (): void => {
    showing = undefined;
    const events = [...waiting.reverse(), ...state.events].slice(0, MAX_EVENTS);
    waiting = [];
    show({ events, count: count() });
  };
  let counted = 0;
  const count = (): number => counted;

  const take = (line: string): void => {
    const event = read(line, counted + 1);
    if (event === undefined) return;
    counted += 1;
    waiting.push(event);
    if (waiting.length > MAX_EVENTS) waiting.shift();
    if (showing === undefined) showing = setTimeout(flush, SHOW_EVERY_MS);
    for (const listener of eventListeners) listener(event);
  };

  const connect = async (): Promise<void> => {
    clearTimeout(retrying);
    running?.abort();
    const run = new AbortController();
    running = run;
    const failure = await watch(
      take,
      () => {
        tries = 0;
        const isBack = state.link.state !== "live";
        show({ link: { state: "live" } });
        if (isBack) for (const listener of eventListeners) listener(undefined);
      },
      run.signal,
    );
    if (running !== run) return; // a newer try has taken over
    if (failure.kind === "signed-out") return show({ link: { state: "signed-out" } });
    if (state.link.state !== "away") show({ link: { state: "away", since: now() } });
    retrying = setTimeout(connect, RETRY_MS[Math.min(tries, RETRY_MS.length - 1)]);
    tries += 1;
  };

  return {
    state: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onEvent: (listener) => {
      eventListeners.add(listener);
      return () => eventListeners.delete(listener);
    },
    connect: () => {
      tries = 0;
      void connect();
    },
    signOut: (problem) => {
      clearTimeout(retrying);
      running?.abort();
      running = undefined;
      show({ link: { state: "signed-out", ...(problem === undefined ? {} : { problem }) } });
    },
  };
};
