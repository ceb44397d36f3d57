/** Several peers that claim, with a clock, a schedule and a network of the test's own. */
import type { Fingerprint, WriterId } from "@herdmind/protocol";
import { type Claims, createClaims, type Hold, type Standing, type Turn } from "./claims.js";

export interface FleetOptions {
  readonly peers: number;
  /** Milliseconds that the next message takes to one receiver; `undefined`: it is lost. */
  readonly delayMs: () => number | undefined;
  readonly settleMs: number;
  /** Milliseconds that it takes to sign what is said; default: none. */
  readonly signMs?: number;
}

export interface ClaimsFleet {
  readonly writers: readonly WriterId[];
  /** Waits that ended, and all that began. */
  readonly waits: readonly (Hold & { readonly isLearned: boolean })[];
  readonly holds: readonly Hold[];
  now(): number;
  take(writer: WriterId, fingerprint: Fingerprint, patienceMs?: number): Promise<Turn>;
  /** Who searches: it was its turn, and it has not ended. */
  searching(fingerprint: Fingerprint): readonly WriterId[];
  /** Everybody, or one of them, knows a remedy. */
  learn(fingerprint: Fingerprint, writer?: WriterId): void;
  /** A claim without any search behind it. */
  lie(writer: WriterId, fingerprint: Fingerprint, lifetimeMs?: number, hasBegun?: boolean): void;
  /** Nothing comes from it any more. */
  kill(writer: WriterId): void;
  /** It is heard by nobody, and knows it. */
  silence(writer: WriterId): void;
  /** `silently`: nothing tells that anything changed. */
  disconnect(silently?: "silently"): void;
  standing(at: WriterId, fingerprint: Fingerprint): readonly Standing[];
  at(ms: number, run: () => unknown): void;
  /** Lets time pass: everything due happens in order, and all that follows from it at once. */
  run(ms: number): Promise<void>;
  close(writer: WriterId): Promise<void>;
  timers(): number;
}

interface Message {
  readonly writer: WriterId;
  readonly fingerprint: Fingerprint;
  readonly counter: number;
  readonly lifetimeMs: number;
  readonly hasBegun: boolean;
}

interface FleetPeer {
  readonly claims: Claims;
  readonly held: Map<string, Standing & { readonly counter: number; readonly fingerprint: Fingerprint }>;
  hear(message: Message): void;
  say(message: Omit<Message, "writer" | "counter">): void;
  isAlive: boolean;
  isSilent: boolean;
}

/** Longer than any chain of promises between two events. */
const TURNS = 60;

export const createFleet = ({ peers, delayMs, settleMs, signMs }: FleetOptions): ClaimsFleet => {
  let now = 1000;
  let isConnected = true;
  let counter = 0;
  const due: { at: number; order: number; run: () => unknown }[] = [];
  let order = 0;
  const schedule = (run: () => unknown, ms: number): (() => void) => {
    const one = { at: now + ms, order: order++, run };
    due.push(one);
    return () => {
      const at = due.indexOf(one);
      if (at !== -1) due.splice(at, 1);
    };
  };
  const searching: { writer: WriterId; fingerprint: Fingerprint }[] = [];
  const waits: (Hold & { isLearned: boolean })[] = [];
  const holds: Hold[] = [];
  const learned = new Map<string, AbortController>();
  const learnedBy = (writer: WriterId, fingerprint: Fingerprint): AbortController => {
    const key = `${writer}/${fingerprint}`;
    const known = learned.get(key) ?? new AbortController();
    learned.set(key, known);
    return known;
  };
  const writers = Array.from({ length: peers }, (_, i) => String(i).repeat(43).slice(0, 42).concat("A") as WriterId);
  const all = new Map<WriterId, FleetPeer>();

  for (const writer of writers) {
    const listeners = new Set<(fingerprint: Fingerprint, writer: WriterId) => void>();
    const held: FleetPeer["held"] = new Map();
    const peer: FleetPeer = {
      held,
      isAlive: true,
      isSilent: false,
      hear(message) {
        if (!peer.isAlive) return;
        const key = `${message.writer}/${message.fingerprint}`;
        const before = held.get(key);
        if (before !== undefined && message.counter <= before.counter) return;
        if (before === undefined || before.until <= now) held.delete(key);
        held.set(key, {
          ...message,
          until: now + message.lifetimeMs,
          isLocal: message.writer === writer,
        });
        for (const listener of [...listeners]) listener(message.fingerprint, message.writer);
      },
      say(said) {
        const message = { ...said, writer, counter: ++counter };
        peer.hear(message);
        if (!peer.isAlive || !isConnected) return;
        for (const [other, { hear }] of all) {
          const ms = other === writer ? undefined : delayMs();
          if (ms !== undefined) schedule(() => hear(message), ms);
        }
      },
      claims: createClaims({
        standing: (fingerprint) =>
          [...held.values()].filter((one) => one.fingerprint === fingerprint && one.until > now).reverse(),
        onClaim(listener) {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
        async say(_, fingerprint, lifetimeMs, hasBegun = false) {
          if (peer.isSilent) return false;
          if (signMs !== undefined) await new Promise<void>((resolve) => schedule(resolve, signMs));
          peer.say({ fingerprint, lifetimeMs, hasBegun });
          return true;
        },
        isConnected: () => isConnected,
        settle: (done) => schedule(done, settleMs),
        roundTrip: (done) => schedule(done, 1),
        monotonic: () => now,
        schedule,
      }),
    };
    all.set(writer, peer);
  }
  const peerOf = (writer: WriterId): FleetPeer => all.get(writer) as FleetPeer;
  const settled = async (): Promise<void> => {
    for (let i = 0; i < TURNS; i++) await Promise.resolve();
  };
  const stop = (writer: WriterId, fingerprint: Fingerprint): void => {
    const at = searching.findIndex((one) => one.writer === writer && one.fingerprint === fingerprint);
    if (at !== -1) searching.splice(at, 1);
  };

  return {
    writers,
    waits,
    holds,
    now: () => now,
    async take(writer, fingerprint, patienceMs = 30_000) {
      const turn = await peerOf(writer).claims.take({
        fingerprint,
        agent: writer,
        patienceMs,
        learned: learnedBy(writer, fingerprint).signal,
        onWait: (hold) => holds.push(hold),
        onWaited: (hold, { isLearned }) => waits.push({ ...hold, isLearned }),
      });
      if (turn.type === "learned") return turn;
      searching.push({ writer, fingerprint });
      return {
        ...turn,
        end(judged) {
          stop(writer, fingerprint);
          turn.end(judged);
        },
      };
    },
    searching: (fingerprint) => searching.filter((one) => one.fingerprint === fingerprint).map(({ writer }) => writer),
    learn(fingerprint, only) {
      for (const writer of only === undefined ? writers : [only]) learnedBy(writer, fingerprint).abort();
    },
    lie: (writer, fingerprint, lifetimeMs = 15_000, hasBegun = true) =>
      peerOf(writer).say({ fingerprint, lifetimeMs, hasBegun }),
    kill(writer) {
      peerOf(writer).isAlive = false;
      peerOf(writer).isSilent = true;
      for (const { fingerprint } of searching.filter((one) => one.writer === writer)) stop(writer, fingerprint);
    },
    silence(writer) {
      peerOf(writer).isSilent = true;
    },
    disconnect(silently) {
      isConnected = false;
      if (silently !== undefined) return;
      for (const { claims } of all.values()) claims.wake();
    },
    standing: (at, fingerprint) =>
      [...peerOf(at).held.values()].filter((one) => one.fingerprint === fingerprint && one.until > now),
    at: (ms, run) => void schedule(run, ms),
    async run(ms) {
      const end = now + ms;
      await settled();
      for (;;) {
        const next = due.toSorted((a, b) => a.at - b.at || a.order - b.order)[0];
        if (next === undefined || next.at > end) break;
        due.splice(due.indexOf(next), 1);
        now = Math.max(now, next.at);
        next.run();
        await settled();
      }
      now = end;
    },
    close: (writer) => peerOf(writer).claims.close(),
    timers: () => due.length,
  };
};
