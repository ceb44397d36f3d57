/**
 * Messages that expire: the newest of each writer and subject, for as long as it says, by a monotonic clock that is this peer's own.
 * No timer runs: what has expired is gone when somebody looks.
 */
import type { WriterId } from "@herdmind/protocol";
import type { HeldEphemeral } from "./ephemerals.js";

export interface Expiring<Body> extends HeldEphemeral {
  readonly writer: WriterId;
  /** What the message is about: one of each writer and subject is kept. */
  readonly subject: string;
  readonly counter: number;
  readonly body: Body;
  /** First sight of this writer and subject, and when it ends unless it is renewed: monotonic milliseconds. */
  readonly since: number;
  readonly until: number;
  /** Times it was renewed. */
  readonly renewals: number;
}

export interface ExpiringOptions {
  /** Subjects of one writer: a member that claims every problem there is. Its oldest is dropped. */
  readonly perWriter: number;
  /** In all: many members that do. The oldest is dropped. */
  readonly total: number;
  /** Writers whose last counter is remembered when nothing of theirs is held: against messages that are played again. */
  readonly remembered: number;
  /** Milliseconds that a message which ended is remembered by its own counter. */
  readonly graveMs: number;
  /** Monotonic milliseconds. */
  readonly monotonic: () => number;
}

/** `lifetimeMs` 0 ends what the message is about. */
export type Arrival<Body> = Omit<Expiring<Body>, "since" | "until" | "renewals"> & { readonly lifetimeMs: number };

export interface ExpiringStore<Body> {
  /** Whether this counter says nothing new. */
  isOld(writer: WriterId, subject: string, counter: number): boolean;
  /** Takes a message that is not old. Gives what is held of it now; `undefined` when it ended something. */
  put(arrival: Arrival<Body>): Expiring<Body> | undefined;
  get(writer: WriterId, subject: string): Expiring<Body> | undefined;
  /** Newest first; all of them, or those about one subject. */
  list(subject?: string): readonly Expiring<Body>[];
  /** Ends everything of a writer. */
  forget(writer: WriterId): void;
}

interface Kept<Body> extends Expiring<Body> {
  readonly ended: boolean;
}

export const createExpiring = <Body>(options: ExpiringOptions): ExpiringStore<Body> => {
  const { perWriter, total, remembered, graveMs, monotonic } = options;
  /** In order of first sight. */
  const kept = new Map<string, Kept<Body>>();
  const keysByWriter = new Map<WriterId, Set<string>>();
  /** The highest counter among those that were dropped: nothing up to it is taken again. */
  const floors = new Map<WriterId, number>();

  const drop = (key: string, { writer, counter }: Kept<Body>): void => {
    kept.delete(key);
    const keys = keysByWriter.get(writer);
    keys?.delete(key);
    if (keys?.size === 0) keysByWriter.delete(writer);
    const floor = Math.max(floors.get(writer) ?? -1, counter);
    floors.delete(writer);
    floors.set(writer, floor);
    if (floors.size > remembered) floors.delete(floors.keys().next().value as WriterId);
  };
  const dropExpired = (keys: Iterable<string>): void => {
    const now = monotonic();
    for (const key of [...keys]) {
      const one = kept.get(key);
      if (one !== undefined && one.until <= now) drop(key, one);
    }
  };
  /** The oldest, but what has ended first: a release must not push out a claim that stands. */
  const dropOldest = (keys: Iterable<string>): void => {
    const all = [...keys].map((key) => ({ key, one: kept.get(key) as Kept<Body> }));
    const oldest = all.find(({ one }) => one.ended) ?? all[0];
    if (oldest !== undefined) drop(oldest.key, oldest.one);
  };
  const find = (writer: WriterId, subject: string): Kept<Body> | undefined => {
    const key = `${writer}/${subject}`;
    dropExpired([key]);
    return kept.get(key);
  };

  return {
    isOld(writer, subject, counter) {
      const known = find(writer, subject)?.counter ?? floors.get(writer) ?? -1;
      return counter <= known;
    },
    put({ lifetimeMs, ...message }) {
      const { writer, subject } = message;
      const key = `${writer}/${subject}`;
      const before = find(writer, subject);
      const now = monotonic();
      const ended = lifetimeMs === 0;
      const goesOn = before !== undefined && !before.ended;
      const one: Kept<Body> = {
        ...message,
        since: goesOn ? before.since : now,
        until: now + (ended ? graveMs : lifetimeMs),
        renewals: goesOn ? before.renewals + 1 : 0,
        ended,
      };
      const keys = keysByWriter.get(writer) ?? new Set();
      if (before === undefined) {
        dropExpired(keys);
        if (keys.size >= perWriter) dropOldest(keys);
        if (kept.size >= total) dropExpired(kept.keys());
        if (kept.size >= total) dropOldest(kept.keys());
      } else if (!goesOn) {
        // Begun again: the newest of all.
        kept.delete(key);
        keys.delete(key);
      }
      kept.set(key, one);
      keys.add(key);
      keysByWriter.set(writer, keys);
      return ended ? undefined : one;
    },
    get(writer, subject) {
      const one = find(writer, subject);
      return one === undefined || one.ended ? undefined : one;
    },
    list(subject) {
      dropExpired(kept.keys());
      return [...kept.values()].filter((one) => !one.ended && (subject ?? one.subject) === one.subject).reverse();
    },
    forget(writer) {
      for (const key of [...(keysByWriter.get(writer) ?? [])]) drop(key, kept.get(key) as Kept<Body>);
    },
  };
};
