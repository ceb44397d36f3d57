/**
 * All ephemeral messages of one peer: heartbeats (E6), who is here (E7), who is solving what (E8), what extensions say (E10). Each signature is checked once, only
 * after everything that is cheaper, and everything is bounded: per writer, in total, in time.
 */
import {
  accept,
  type Claim,
  type Ephemeral,
  ephemeralKind,
  equalBytes,
  type Message,
  mayAppend,
  type Presence,
  type Result,
  type Role,
  type Rule,
  readClaim,
  readEphemeral,
  readMessage,
  readPresence,
  refuse,
  type SwarmId,
  type WriterId,
} from "@herdmind/protocol";
import type { Ephemerals, HeldEphemeral } from "./ephemerals.js";
import { createExpiring, type Expiring, type ExpiringStore } from "./expiring.js";
import type { Heartbeats } from "./heartbeats.js";
import { createListeners } from "./listeners.js";
import { createRates, type Rates } from "./rates.js";

export type HeldPresence = Expiring<Presence>;
export type HeldClaim = Expiring<Claim>;

/** Local bounds (A3): what is over them is dropped and counted, and nobody is at fault. Each names its attack. */
export interface EphemeralLimits {
  /** Peers shown as present: a list that grows with every key somebody admits. */
  readonly presences: number;
  /** Claims of one writer: a member that claims every problem there is. */
  readonly claimsPerWriter: number;
  /** Claims in all: many members that do. */
  readonly claims: number;
  /** Messages of one writer per second, and at once: a member that keeps all others busy with signatures. */
  readonly writerPerSecond: number;
  readonly writerBurst: number;
  /** Messages of one writer per second, at once, and remembered, so that each is heard once: a member that talks without end. */
  readonly saidPerSecond: number;
  readonly saidBurst: number;
  readonly saidRemembered: number;
  /** Presences and claims told to a newcomer, of each kind: below what its session takes at once. */
  readonly told: number;
  /** Messages of writers that canon does not list, kept until it does: anybody can make a key, and each costs 300 bytes. */
  readonly early: number;
}

export const EPHEMERAL_LIMITS: EphemeralLimits = {
  presences: 1024,
  claimsPerWriter: 16,
  claims: 4096,
  // A problem costs three: claimed, begun, released. Ten problems a second are more than an agent searches.
  writerPerSecond: 30,
  writerBurst: 120,
  saidPerSecond: 20,
  saidBurst: 100,
  saidRemembered: 256,
  told: 256,
  early: 256,
};

/** Writers whose last counter is remembered; as many as a swarm has members at work, and a few hundred bytes each. */
const REMEMBERED_WRITERS = 4096;
/** Milliseconds that a release is remembered by itself: longer than a message is under way. */
const GRAVE_MS = 60_000;

export interface EphemeralCounts {
  /** Messages of kinds that this version does not know (E5). */
  unknownKinds: number;
  /** Of writers that canon does not list, or whose role may not send this kind. */
  strangers: number;
  /** Over the rate of their writer. */
  flooded: number;
}

export interface SwarmEphemerals extends Ephemerals {
  readonly heartbeats: Heartbeats;
  readonly counts: Readonly<EphemeralCounts>;
  /**
   * Looks again at messages whose writer canon did not list: to be called when it lists another. A newcomer hears who is here
   * before it has folded canon.
   */
  reconsider(): void;
  /** Who is here, newest first. */
  presences(): readonly HeldPresence[];
  /** Claims that stand, newest first; of one problem where a fingerprint is given. */
  claims(fingerprint?: string): readonly HeldClaim[];
  /** Called after a claim was made, renewed or released, with its fingerprint. Expiry is not announced: `until` says when it comes. */
  onClaim(listener: (fingerprint: string, writer: WriterId) => void): () => void;
  /** Called after somebody came, said it is still here, or left. */
  onPresence(listener: (writer: WriterId) => void): () => void;
  /** Called once with each message; none is held, so who comes later does not hear it. */
  onMessage(listener: (said: Said) => void): () => void;
}

/** A message (E10), by whom, and where it came from: `undefined` for this peer itself. */
export interface Said {
  readonly writer: WriterId;
  readonly message: Message;
  readonly origin: unknown;
}

export interface SwarmEphemeralsOptions {
  readonly swarm: SwarmId;
  readonly heartbeats: Heartbeats;
  /** The role of an admitted member, by the canon that this peer holds; `undefined`: a stranger, who is not heard. */
  readonly roleOf: (writer: WriterId) => Role | undefined;
  /** Monotonic milliseconds; default `performance.now()`. */
  readonly monotonic?: () => number;
  readonly limits?: Partial<EphemeralLimits>;
}

/** What one kind of message has of its own. */
interface Kind<Body> {
  readonly rule: Rule;
  readonly store: ExpiringStore<Body>;
  readonly rates: Rates;
  readonly read: (message: Ephemeral, size: number) => Result<Body>;
  /** One message of each writer and subject is held: the newest. */
  readonly subjectOf: (body: Body, counter: number) => string;
  readonly lifetimeOf: (body: Body) => number;
  readonly mayRole: (role: Role) => boolean;
  /** Told after the message was put. */
  readonly kept: (writer: WriterId, body: Body, origin: unknown) => void;
}

export const createSwarmEphemerals = (options: SwarmEphemeralsOptions): SwarmEphemerals => {
  const { swarm, heartbeats, roleOf, monotonic = () => performance.now() } = options;
  const limits: EphemeralLimits = { ...EPHEMERAL_LIMITS, ...options.limits };
  const counts: EphemeralCounts = { unknownKinds: 0, strangers: 0, flooded: 0 };
  const shared = { remembered: REMEMBERED_WRITERS, graveMs: GRAVE_MS, monotonic };
  const presences = createExpiring<Presence>({ ...shared, perWriter: 1, total: limits.presences });
  const claims = createExpiring<Claim>({ ...shared, perWriter: limits.claimsPerWriter, total: limits.claims });
  // A message is over at once; that it was heard is remembered, each as a subject of its own.
  const messages = createExpiring<Message>({ ...shared, perWriter: limits.saidRemembered, total: limits.claims * 4 });
  const listeners = createListeners<HeldEphemeral>();
  const onClaim = createListeners<{ readonly fingerprint: string; readonly writer: WriterId }>();
  const onPresence = createListeners<WriterId>();
  const onMessage = createListeners<Said>();
  const advice = createRates(limits.writerPerSecond, limits.writerBurst, monotonic);
  const talk = createRates(limits.saidPerSecond, limits.saidBurst, monotonic);
  /** Messages whose signature is being checked: the same one arrives from several sides at once. */
  const checking = new Map<string, Uint8Array>();
  /** Not verified: nothing is believed of them. Whoever brought most of them loses one first, and the oldest of them. */
  const early = new Map<
    string,
    { readonly bytes: Uint8Array; readonly origin: unknown; readonly writer: WriterId; readonly until: number }
  >();

  const forgetEarly = (): void => {
    const oldest = new Map<unknown, { readonly key: string; count: number }>();
    for (const [key, { origin }] of early) {
      const known = oldest.get(origin);
      if (known === undefined) oldest.set(origin, { key, count: 1 });
      else known.count++;
    }
    let most: { readonly key: string; readonly count: number } | undefined;
    for (const one of oldest.values()) if (most === undefined || one.count > most.count) most = one;
    if (most !== undefined) early.delete(most.key);
  };

  const presenceKind: Kind<Presence> = {
    rule: "E7",
    store: presences,
    rates: advice,
    read: readPresence,
    subjectOf: () => "",
    lifetimeOf: ({ lifetimeMs }) => lifetimeMs,
    mayRole: () => true,
    kept(writer) {
      // Who leaves claims nothing any more.
      if (presences.get(writer, "") === undefined) {
        const left = claims.list().filter((claim) => claim.writer === writer);
        claims.forget(writer);
        for (const { subject } of left) onClaim.emit({ fingerprint: subject, writer });
      }
      onPresence.emit(writer);
    },
  };
  const claimKind: Kind<Claim> = {
    rule: "E8",
    store: claims,
    rates: advice,
    read: readClaim,
    subjectOf: ({ fingerprint }) => fingerprint,
    lifetimeOf: ({ lifetimeMs }) => lifetimeMs,
    mayRole: mayAppend,
    kept: (writer, { fingerprint }) => onClaim.emit({ fingerprint, writer }),
  };
  const messageKind: Kind<Message> = {
    rule: "E10",
    store: messages,
    rates: talk,
    read: readMessage,
    subjectOf: (_, counter) => String(counter),
    lifetimeOf: () => 0,
    mayRole: () => true,
    kept: (writer, message, origin) => onMessage.emit({ writer, message, origin }),
  };

  /** What all kinds but heartbeats have in common. */
  const take = async <Body>(
    bytes: Uint8Array,
    origin: unknown,
    { rule, store, rates, read, subjectOf, lifetimeOf, mayRole, kept }: Kind<Body>,
  ): Promise<Result<boolean>> => {
    const message = readEphemeral(bytes, swarm);
    if (!message.ok) return message;
    const { kind, writer, counter } = message.value;
    const body = read(message.value, bytes.length);
    if (!body.ok) return body;
    const subject = subjectOf(body.value, counter);
    const lifetimeMs = lifetimeOf(body.value);
    if (store.isOld(writer, subject, counter)) return accept(false);
    const role = roleOf(writer);
    const key = `${kind}/${writer}/${subject}/${counter}`;
    if (role === undefined || !mayRole(role)) {
      counts.strangers++;
      if (role === undefined && lifetimeMs > 0) {
        early.delete(key);
        early.set(key, { bytes: bytes.slice(), origin, writer, until: monotonic() + lifetimeMs });
        if (early.size > limits.early) forgetEarly();
      }
      // This peer's canon may be behind: nobody is at fault.
      const why = `${writer} is no member that may send a ${kind}, in the canon known here. It is ignored.`;
      return refuse(rule, "none", why);
    }
    const underWay = checking.get(key);
    if (underWay !== undefined && equalBytes(underWay, bytes)) return accept(false);
    checking.set(key, bytes);
    const verified = await message.value.verify().finally(() => checking.delete(key));
    if (!verified.ok) return verified;
    // Another message may have come in meanwhile.
    if (store.isOld(writer, subject, counter)) return accept(false);
    // Only now: else anybody could use up a member's rate in its name.
    if (!rates.of(writer).take()) {
      counts.flooded++;
      return refuse("T3", "none", `${writer} sends more than ${rates.perSecond} messages a second. One is dropped.`);
    }
    const own = new Uint8Array(bytes);
    store.put({ kind, writer, subject, counter, body: body.value, bytes: own, origin, lifetimeMs });
    kept(writer, body.value, origin);
    listeners.emit({ kind, bytes: own, origin });
    return accept(true);
  };

  heartbeats.subscribe(listeners.emit);

  const ephemerals: SwarmEphemerals = {
    heartbeats,
    counts,
    kinds: ["presence", "claim", "message"],
    reconsider() {
      heartbeats.reconsider();
      const now = monotonic();
      for (const [key, { bytes, origin, writer, until }] of early) {
        if (until > now && roleOf(writer) === undefined) continue;
        early.delete(key);
        if (until > now) void ephemerals.offer(bytes, origin);
      }
    },
    async offer(bytes, origin) {
      switch (ephemeralKind(bytes)) {
        case undefined:
        case "heartbeat":
          return heartbeats.offer(bytes, origin);
        case "presence":
          return take(bytes, origin, presenceKind);
        case "claim":
          return take(bytes, origin, claimKind);
        case "message":
          return take(bytes, origin, messageKind);
        default:
          counts.unknownKinds++;
          return accept(false);
      }
    },
    *held() {
      yield* heartbeats.held();
      yield* presences.list().slice(0, limits.told);
      yield* claims.list().slice(0, limits.told);
    },
    subscribe: (listener) => listeners.add(listener),
    presences: () => presences.list(),
    claims: (fingerprint) => claims.list(fingerprint),
    onClaim: (listener) => onClaim.add(({ fingerprint, writer }) => listener(fingerprint, writer)),
    onPresence: (listener) => onPresence.add(listener),
    onMessage: (listener) => onMessage.add(listener),
  };
  return ephemerals;
};
