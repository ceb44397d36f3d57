/**
 * Dials, again and again: the ticket's addresses always, learned ones while this peer has fewer neighbours than it wants.
 * Exponential backoff with full jitter for each of them, so that a thousand peers of a restarted one do not come at once.
 */
import type { Connection, Libp2p } from "@libp2p/interface";
import { type AddressBook, readAddress, type Target } from "./addresses.js";

export interface MeshBackoff {
  /** Longest wait after the first failure, milliseconds; it doubles with each further one. Default 200. */
  readonly minMs?: number;
  /** Longest wait ever, milliseconds. Default 30,000. */
  readonly maxMs?: number;
}

export interface Dialling {
  /** Looks again: a connection ended, or an address was learned. */
  wake(): void;
  /** An exchange over this connection was complete: the next wait starts small again. */
  useful(connection: Connection): void;
  /** A connection ended: whoever it led to is dialled again, after a wait. */
  ended(connection: Connection): void;
  /** Dials under way. */
  readonly active: number;
  stop(): Promise<void>;
}

/** Milliseconds that a connection may take, noise and multiplexer included. */
const DIAL_MS = 10_000;
/** Dials at once: a list of dead addresses must not starve the living ones, nor knock at all doors in one moment. */
const DIALS_AT_ONCE = 4;
/** Failures in a row after which a learned address makes room for another. */
const GIVE_UP_AFTER = 8;

interface Attempts {
  failures: number;
  dueAt: number;
  dialling: boolean;
}

export const createDialling = (options: {
  readonly libp2p: Libp2p;
  readonly book: AddressBook;
  readonly backoff: MeshBackoff;
  readonly random: () => number;
  /** Whether more learned peers are dialled. */
  readonly wantsMore: () => boolean;
  readonly onDial: (target: Target) => void;
  /** The dial failed; `why` is for people. */
  readonly onFailed: (target: Target, why: string) => void;
}): Dialling => {
  const { libp2p, book, random } = options;
  const { minMs = 200, maxMs = 30_000 } = options.backoff;
  const attemptsById = new Map<string, Attempts>();
  const targetByConnection = new WeakMap<Connection, Target>();
  const dials = new Set<Promise<void>>();
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const attemptsOf = (target: Target): Attempts => {
    const known = attemptsById.get(target.id);
    if (known !== undefined) return known;
    const made = { failures: 0, dueAt: 0, dialling: false };
    attemptsById.set(target.id, made);
    return made;
  };
  const isConnected = (target: Target): boolean =>
    libp2p.getConnections().some((connection) => connection.status === "open" && leadsTo(target, connection));

  /** Anything from 0 to the bound, so that peers spread evenly. */
  const postpone = (attempts: Attempts): void => {
    const bound = Math.min(maxMs, minMs * 2 ** Math.min(Math.max(attempts.failures - 1, 0), 30));
    attempts.dueAt = performance.now() + random() * bound;
  };
  const leadsTo = (target: Target, connection: Connection): boolean =>
    target.peer === connection.remotePeer.toString() || targetByConnection.get(connection)?.id === target.id;

  const dial = async (target: Target, attempts: Attempts): Promise<void> => {
    attempts.dialling = true;
    options.onDial(target);
    const addresses = [...target.addresses].flatMap((text) => readAddress(text) ?? []);
    try {
      const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(DIAL_MS)]);
      const connection = await libp2p.dial(addresses, { signal });
      targetByConnection.set(connection, target);
      // A connection that ends at once counts as a failure; `useful` takes it back.
      attempts.failures++;
    } catch (error) {
      attempts.failures++;
      if (!controller.signal.aborted) {
        options.onFailed(target, error instanceof Error ? error.message : String(error));
        if (attempts.failures > GIVE_UP_AFTER && !target.configured) {
          book.forget(target);
          attemptsById.delete(target.id);
        }
      }
    } finally {
      attempts.dialling = false;
      postpone(attempts);
      look();
    }
  };

  const look = (): void => {
    clearTimeout(timer);
    if (controller.signal.aborted) return;
    const time = performance.now();
    let next = Number.POSITIVE_INFINITY;
    for (const target of book.targets()) {
      const attempts = attemptsOf(target);
      if (attempts.dialling || isConnected(target)) continue;
      if (!target.configured && !options.wantsMore()) continue;
      if (attempts.dueAt > time) next = Math.min(next, attempts.dueAt - time);
      else if (dials.size < DIALS_AT_ONCE) {
        const dialled: Promise<void> = dial(target, attempts).finally(() => dials.delete(dialled));
        dials.add(dialled);
      }
    }
    if (next < Number.POSITIVE_INFINITY) timer = setTimeout(look, Math.max(1, next));
  };

  return {
    wake: () => queueMicrotask(look),
    useful(connection) {
      for (const target of book.targets()) if (leadsTo(target, connection)) attemptsOf(target).failures = 0;
      if (connection.direction === "outbound") book.worked(withPeer(connection));
    },
    ended(connection) {
      for (const target of book.targets()) {
        const attempts = attemptsOf(target);
        if (leadsTo(target, connection) && !attempts.dialling) postpone(attempts);
      }
      queueMicrotask(look);
    },
    get active() {
      return dials.size;
    },
    async stop() {
      controller.abort();
      clearTimeout(timer);
      await Promise.all(dials);
    },
  };
};

/** The address that was dialled, with the id of whom it led to. */
const withPeer = (connection: Connection): string => {
  const text = connection.remoteAddr.toString();
  return /\/p2p\/[^/]+$/.test(text) ? text : `${text}/p2p/${connection.remotePeer.toString()}`;
};
