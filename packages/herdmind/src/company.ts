/** The company a node is in: who else is here (E7), who is solving what (E8), and when an agent of this node waits for another. */
import type { Canon } from "@herdmind/canon";
import { sameProblem } from "@herdmind/experience";
import type { Fingerprint, KeyPair, SwarmId, WriterId } from "@herdmind/protocol";
import type { Schedule, SwarmEphemerals, Transport } from "@herdmind/sync";
import { createAnnounce } from "./announce.js";
import { createClaims, type Hold, type Turn, type Wanted } from "./claims.js";
import { createPresence, type PresenceKeeper } from "./presence.js";
import { type Say, say } from "./say.js";
import { roundTrip, settle } from "./settle.js";

export interface CompanyParts {
  readonly swarm: SwarmId;
  readonly key: KeyPair;
  readonly name: string;
  readonly carry: "own" | "swarm" | "all";
  readonly canon: Canon;
  readonly ephemerals: SwarmEphemerals;
  /** The ways to others. */
  readonly links: () => readonly Pick<Transport, "state" | "ping">[];
  readonly now: () => number;
  readonly onWait: (hold: Hold) => void;
  readonly onWaited: (hold: Hold, waited: { readonly ms: number; readonly isLearned: boolean }) => void;
}

export interface CompanyCounts {
  /** Claims that an agent of this node made and searched under. */
  claims: number;
  /** Times that one waited for another's claim. */
  waits: number;
  /** Waits that ended with a remedy. */
  waitsThatPaid: number;
}

export interface Company {
  /** An agent of this node, that can claim from now on. */
  add(key: KeyPair): void;
  /** Resolves when it is this agent's turn to search, or a remedy is known. */
  claim(agent: WriterId, wanted: Omit<Wanted, "agent">): Promise<Turn>;
  readonly present: PresenceKeeper["present"];
  readonly holders: PresenceKeeper["holders"];
  say: Say;
  /** To be called when a transport changed its state. */
  linkChanged(): void;
  readonly counts: Readonly<CompanyCounts>;
  /** Releases what is claimed, and says goodbye. Before the transports close. */
  close(): Promise<void>;
}

/** Milliseconds after the last heartbeat (E6), which comes every 2 s, for which canon is taken to be written. */
const FRESH_MS = 10_000;

const monotonic = (): number => performance.now();
const schedule: Schedule = (run, ms) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

/** For what goes on by itself for as long as the process lives, and must not keep it alive. */
const scheduleAside: Schedule = (run, ms) => {
  const timer = setTimeout(run, ms) as { unref?(): void } & ReturnType<typeof setTimeout>;
  timer.unref?.();
  return () => clearTimeout(timer);
};

export const createCompany = (parts: CompanyParts): Company => {
  const { swarm, key, name, carry, canon, ephemerals, links, now } = parts;
  const announce = createAnnounce(swarm, ephemerals, now);
  const keys = new Map<WriterId, KeyPair>();
  const counts: CompanyCounts = { claims: 0, waits: 0, waitsThatPaid: 0 };
  const isLinked = (): boolean => links().some(({ state }) => state === "connected");
  let wasLinked = isLinked();
  let heartbeatAt = ephemerals.heartbeats.latest() === undefined ? Number.NEGATIVE_INFINITY : monotonic();
  const stopHearing = ephemerals.heartbeats.subscribe(() => {
    heartbeatAt = monotonic();
  });

  const claims = createClaims({
    standing: (fingerprint) =>
      ephemerals.claims(fingerprint).map(({ writer, until, body, origin }) => ({
        writer,
        until,
        hasBegun: body.begun === true,
        isLocal: origin === undefined,
      })),
    onClaim: (listener) => ephemerals.onClaim((fingerprint, writer) => listener(fingerprint as Fingerprint, writer)),
    say: async (writer, fingerprint, lifetimeMs, begun = false) => {
      const agentKey = keys.get(writer);
      const body = { fingerprint, lifetimeMs, ...(begun ? { begun } : {}) };
      if (agentKey === undefined) return false;
      const said = await announce(agentKey, "claim", body);
      return said.ok && said.value;
    },
    // What another finds is learned through canon: while nobody writes it, a wait would be for nothing.
    isConnected: () => isLinked() && monotonic() - heartbeatAt < FRESH_MS,
    settle: (done) => settle({ transports: links(), monotonic, schedule }, done),
    roundTrip: (done) => roundTrip({ transports: links(), schedule }, done),
    monotonic,
    schedule,
  });
  const presence = createPresence({
    key,
    name,
    carry,
    agents: () => keys.size,
    canon,
    ephemerals,
    announce,
    now,
    monotonic,
    schedule: scheduleAside,
  });

  return {
    add(agentKey) {
      keys.set(agentKey.id, agentKey);
      presence.say();
    },
    async claim(agent, { onWait, onWaited, ...wanted }) {
      // One name for a problem that canon knows by several.
      const fingerprint = [wanted.fingerprint, ...sameProblem(canon.view, wanted.fingerprint)].sort()[0] as Fingerprint;
      const turn = await claims.take({
        ...wanted,
        agent,
        fingerprint,
        onWait: (hold) => {
          counts.waits += 1;
          onWait?.(hold);
          parts.onWait(hold);
        },
        onWaited: (hold, waited) => {
          if (waited.isLearned) counts.waitsThatPaid += 1;
          onWaited?.(hold, waited);
          parts.onWaited(hold, waited);
        },
      });
      if (turn.type === "search" && turn.isClaimed) counts.claims += 1;
      return turn;
    },
    present: presence.present,
    holders: presence.holders,
    say: (topic, body) => say(announce, key, topic, body),
    linkChanged() {
      if (isLinked() && !wasLinked) presence.say();
      wasLinked = isLinked();
      claims.wake();
    },
    counts,
    async close() {
      stopHearing();
      await claims.close();
      await presence.close();
    },
  };
};
