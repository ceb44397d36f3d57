/** The mesh as one of a node's transports: libp2p, gossip and exchanges put together. */
import { TopicValidatorResult } from "@chainsafe/libp2p-gossipsub";
import { type GenerationId, type LogId, type Refusal, refuse, toBase64url } from "@herdmind/protocol";
import {
  createListeners,
  type Transport,
  type TransportContext,
  type TransportEvent,
  type TransportState,
} from "@herdmind/sync";
import type { Libp2p, PeerId, PeerInfo } from "@libp2p/interface";
import { createAddressBook, isDetour, isPrivate, peerIn, readAddress } from "./addresses.js";
import { createOwnLibp2p } from "./create-libp2p.js";
import { createDialling } from "./dialling.js";
import { createExchanges, SYNC_PROTOCOL } from "./exchanges.js";
import { BAN_SCORE, createGossip } from "./gossip.js";
import { writerOf } from "./identity.js";
import { createJudge } from "./judge-message.js";
import { MESH_LIMITS, type MeshLimits } from "./limits.js";
import { createNeighbours, type Neighbour } from "./neighbours.js";
import type { MeshOptions } from "./options.js";
import { createPublisher, type PublishCounts } from "./publisher.js";
import { deriveSecrets, type Plane } from "./secrets.js";
import { within } from "./within.js";

export interface MeshCounts extends Readonly<PublishCounts> {
  /** Messages that came by gossip: passed on, refused, or only not passed on. */
  readonly accepted: number;
  readonly rejected: number;
  readonly ignored: number;
  /** Connections that ended because they showed no valid chain, or forwarded forgeries. */
  readonly hungUp: number;
}

export interface Mesh extends Transport {
  /** Peers that have shown a valid chain and are connected. */
  readonly neighbours: readonly {
    readonly writer: Neighbour["writer"];
    readonly address: string;
    /** Gossipsub's opinion: 0 and more is good, below -80 it is gone. */
    readonly score: number;
  }[];
  readonly counts: MeshCounts;
  readonly libp2p: Libp2p;
}

/** Milliseconds after own blocks were published until a neighbour is asked whether it holds them, and the same again at random. */
const CONFIRM_MS = 200;
/** 16 zero bytes: no random generation is called that. */
const NO_GENERATION = toBase64url(new Uint8Array(16)) as GenerationId;
/** Milliseconds that closing waits for what is under way. */
const CLOSE_MS = 3000;
/** Exchange intervals without a word after which a connection counts as dead. */
const SILENT_INTERVALS = 4;

/** Starts a mesh. A network that is away is a state; an address that cannot be listened on throws. */
export const createMesh = async (context: TransportContext, options: MeshOptions = {}): Promise<Mesh> => {
  const { logs, key, chain, ephemerals, now } = context;
  const {
    exchangeEveryMs: everyMs = { min: 10_000, max: 20_000 },
    keepAliveMs = 10_000,
    random = Math.random,
  } = options;
  const limits: MeshLimits = { ...MESH_LIMITS, ...options.limits };
  const secrets = await deriveSecrets(logs.genesis);
  const libp2p = options.libp2p ?? (await createOwnLibp2p(key, secrets, limits, options));
  if (writerOf(libp2p.peerId) !== key.id) {
    throw new Error(
      `This libp2p is ${libp2p.peerId}, not ${key.id}. Create it with \`privateKey: libp2pIdentity(key)\`.`,
    );
  }

  const listeners = createListeners<TransportEvent>();
  const judged = { accepted: 0, rejected: 0, ignored: 0, hungUp: 0 };
  const gossipOrigin = {};
  const judging = new Map<string, number>();
  const confirming = new Map<string, ReturnType<typeof setTimeout>>();
  const caughtUp = new WeakMap<Neighbour, number>();
  let interest = context.interest;
  let state: TransportState = "offline";
  let synced = false;
  let closing: Promise<void> | undefined;

  const setState = (next: TransportState, why: string): void => {
    if (state === "closed" || state === next) return;
    if (closing !== undefined && next !== "closed") return;
    state = next;
    if (next !== "connected") synced = false;
    listeners.emit({ type: "state", state, why });
  };
  const refused = (refusal: Refusal): void => listeners.emit({ type: "refusal", refusal, by: "us" });
  const settleState = (why: string): void => {
    if (neighbours.all().length > 0) setState("connected", why);
    else setState(dialling.active > 0 ? "connecting" : "offline", why);
  };

  const judgeMessage = async (plane: Plane, from: PeerId, bytes: Uint8Array): Promise<TopicValidatorResult> => {
    const neighbour = neighbours.get(from);
    if (neighbour === undefined) return TopicValidatorResult.Ignore;
    const under = (judging.get(neighbour.id) ?? 0) + 1;
    judging.set(neighbour.id, under);
    if (under > limits.judging) gossip.pause(from, true);
    try {
      const result = await judge(plane, neighbour, bytes);
      if (result === TopicValidatorResult.Accept) {
        judged.accepted++;
        neighbour.heardAt = performance.now();
      } else if (result === TopicValidatorResult.Ignore) judged.ignored++;
      else judged.rejected++;
      return result;
    } catch {
      // A disk that fails is nobody's fault; an exchange brings it when it is mended.
      judged.ignored++;
      return TopicValidatorResult.Ignore;
    } finally {
      const left = (judging.get(neighbour.id) ?? 1) - 1;
      if (left === 0) judging.delete(neighbour.id);
      else judging.set(neighbour.id, left);
      if (left < limits.judging / 2) gossip.pause(from, false);
    }
  };
  /**
   * What was appended after the heads of the first exchange and before a neighbour listened was published to others only: without an
   * exchange now, it would come with the next one, up to `everyMs` later. Once in that time, however often a neighbour says it.
   */
  const onListening = (peer: PeerId): void => {
    publisher.wake();
    const neighbour = neighbours.get(peer);
    if (neighbour === undefined || closing !== undefined) return;
    const last = caughtUp.get(neighbour);
    if (last !== undefined && performance.now() - last < everyMs.min) return;
    caughtUp.set(neighbour, performance.now());
    void exchanges.request(neighbour);
  };
  const judgeScore = (neighbour: Neighbour): void => {
    if (closing !== undefined || gossip.score(neighbour.peer) > BAN_SCORE) return;
    const message = `${neighbour.id} forwarded what nobody signed, again and again. It is hung up for ${limits.banMs} ms.`;
    neighbours.ban(neighbour.peer, refuse("T6", "sender", message).refusal);
  };

  const { gossip, book } = await orStop(options.libp2p === undefined ? libp2p : undefined, async () => {
    const book = await createAddressBook({
      logs,
      configured: context.addresses,
      self: libp2p.peerId.toString(),
      limit: limits.addresses,
    });
    return { book, gossip: await createGossip({ libp2p, secrets, limits, validate: judgeMessage, onListening }) };
  });
  const ownAddresses = (): readonly string[] =>
    libp2p.getMultiaddrs().flatMap((address) => (isDetour(address) ? [] : address.toString()));

  /** `from`: the neighbour who says it; what it says of itself is remembered. */
  const learn = (texts: readonly string[], near: boolean, from?: PeerId): void => {
    for (const text of texts.slice(0, limits.addressesPerMessage)) {
      const address = readAddress(text);
      // Whoever is far away knows nothing of the network here: it would only make this peer knock at its doors.
      if (address === undefined || (!near && isPrivate(address))) continue;
      if (book.learn(text, from?.toString()) && from !== undefined && peerIn(address) === from.toString())
        book.worked(text);
    }
    dialling.wake();
  };

  const exchanges = createExchanges({
    logs,
    neighbours: () => neighbours,
    chain,
    interest: () => interest,
    ephemerals,
    carrying: context.carrying,
    addresses: () => [...ownAddresses(), ...book.told(limits.addressesPerMessage)].slice(0, limits.addressesPerMessage),
    limits,
    everyMs,
    keepAliveMs,
    random,
    now,
    onAddresses: (texts, connection) => learn(texts, isPrivate(connection.remoteAddr), connection.remotePeer),
    onEvent(event) {
      if (event.type === "refusal" || event.type === "peer") listeners.emit(event);
    },
    onSynced(connection) {
      dialling.useful(connection);
      if (synced || state !== "connected") return;
      synced = true;
      listeners.emit({ type: "synced" });
    },
    onRefusal: (refusal) => {
      judged.hungUp++;
      refused(refusal);
    },
  });

  const neighbours = createNeighbours({
    libp2p,
    genesis: logs.genesis,
    limits,
    onOpen(connection) {
      if (connection.direction === "outbound") exchanges.begin(connection);
    },
    onIntroduced(connection) {
      gossip.admit(connection);
      setState("connected", connection.remoteAddr.toString());
    },
    onGone(neighbour, why) {
      gossip.dismiss(neighbour.peer);
      settleState(`${neighbour.id}: ${why}`);
    },
    onClosed: (connection) => {
      if (closing === undefined) dialling.ended(connection);
    },
    onRefusal: (refusal) => {
      judged.hungUp++;
      refused(refusal);
    },
  });

  const dialling = createDialling({
    libp2p,
    book,
    backoff: options.backoff ?? {},
    random,
    wantsMore: () => neighbours.all().length < limits.neighbours,
    onDial: (target) => {
      if (neighbours.all().length === 0) setState("connecting", [...target.addresses].join(" "));
    },
    onFailed: (target, why) => {
      if (neighbours.all().length === 0) setState("offline", `${[...target.addresses].join(" ")}: ${why}`);
    },
  });

  const judge = createJudge({
    logs,
    ephemerals,
    carrying: context.carrying,
    interest: () => interest,
    limits,
    origin: gossipOrigin,
    request: exchanges.request,
    onHeard: (log, length) => publisher.onHeard(log, length),
    onRefusal: refused,
  });

  /** Asks one neighbour whether it holds an own log now: the receipt that gossip does not give. */
  const confirm = (log: LogId, plane: Plane): void => {
    const id = `${log.writer}/${log.generation}`;
    if (confirming.has(id) || closing !== undefined) return;
    confirming.set(
      id,
      setTimeout(
        () => {
          confirming.delete(id);
          const able = gossip.subscribers(plane).flatMap((peer) => neighbours.get(peer) ?? []);
          const chosen = able[Math.floor(random() * able.length)];
          if (chosen !== undefined) void exchanges.request(chosen, log);
        },
        CONFIRM_MS * (1 + random()),
      ),
    );
  };
  const publisher = createPublisher({
    logs,
    gossip,
    ephemerals,
    limits,
    random,
    isForwarded: (origin) => origin === gossipOrigin,
    onPublished: confirm,
  });

  const subscribe = (): void => {
    const planes: Plane[] =
      interest.logs === "none" ? [] : interest.logs === "own" ? ["canon"] : ["canon", "proposals"];
    gossip.subscribe(new Set(planes));
  };
  const onDiscovered = ({ detail }: CustomEvent<PeerInfo>): void => {
    // What a local network shows is near by nature.
    const texts = detail.multiaddrs.map((address) =>
      peerIn(address) === undefined ? `${address}/p2p/${detail.id}` : address.toString(),
    );
    learn(texts, true);
  };

  await libp2p.handle(SYNC_PROTOCOL, (stream, connection) => exchanges.answer(stream, connection), {
    maxInboundStreams: limits.exchanges,
    maxOutboundStreams: limits.exchanges * 2,
  });
  libp2p.addEventListener("peer:discovery", onDiscovered);
  subscribe();
  dialling.wake();

  // Broken gossip streams are opened again, and those that lie or are silent go.
  const upkeep = setInterval(
    () => {
      publisher.wake();
      for (const neighbour of neighbours.all()) {
        const [connection] = neighbour.connections;
        if (connection !== undefined) gossip.admit(connection);
        judgeScore(neighbour);
        if (performance.now() - neighbour.heardAt < SILENT_INTERVALS * everyMs.max + keepAliveMs) continue;
        for (const silent of neighbour.connections) silent.abort(new Error("it gives no sign of life"));
      }
      dialling.wake();
    },
    Math.min(1000, everyMs.min),
  );

  const close = (): Promise<void> => {
    closing ??= (async () => {
      clearInterval(upkeep);
      for (const timer of confirming.values()) clearTimeout(timer);
      await within(CLOSE_MS, publisher.idle());
      publisher.stop();
      neighbours.stop();
      libp2p.removeEventListener("peer:discovery", onDiscovered);
      await within(CLOSE_MS, Promise.all([dialling.stop(), exchanges.stop()]));
      await libp2p.unhandle(SYNC_PROTOCOL);
      await gossip.stop();
      if (options.libp2p === undefined) await libp2p.stop();
      else await Promise.all(neighbours.all().map(({ peer }) => libp2p.hangUp(peer)));
      state = "closed";
      listeners.emit({ type: "state", state, why: "closed by this peer" });
    })();
    return closing;
  };

  return {
    name: "mesh",
    libp2p,
    get addresses() {
      return ownAddresses();
    },
    get state() {
      return state;
    },
    get neighbours() {
      return neighbours.all().map((neighbour) => ({
        writer: neighbour.writer,
        address: [...neighbour.connections][0]?.remoteAddr.toString() ?? "",
        score: gossip.score(neighbour.peer),
      }));
    },
    get counts() {
      return { ...judged, ...publisher.counts };
    },
    on: listeners.add,
    ping: async () => {
      // A question about a log that nobody has is answered at once.
      const nothing: LogId = { writer: key.id, generation: NO_GENERATION };
      await Promise.all(neighbours.all().map((neighbour) => exchanges.request(neighbour, nothing)));
    },
    setInterest(next) {
      interest = next;
      subscribe();
      exchanges.setInterest(next);
      for (const neighbour of neighbours.all()) void exchanges.request(neighbour);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
};

/** A libp2p of ours listens already: if what is built on it cannot start, nothing is left behind. */
const orStop = async <T>(libp2p: Libp2p | undefined, start: () => Promise<T>): Promise<T> => {
  try {
    return await start();
  } catch (error) {
    await libp2p?.stop();
    throw error;
  }
};
