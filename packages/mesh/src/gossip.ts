/**
 * Gossipsub behind a door. It is given a registrar of ours, so that it hears of a connection only after that connection
 * has shown a valid chain (T5): until then nothing is published to it, and what it sends is not read.
 */
import { type GossipSub, gossipsub, StrictNoSign, type TopicValidatorFn } from "@chainsafe/libp2p-gossipsub";
import { sha256 } from "@herdmind/protocol";
import type { Connection, Libp2p, PeerId, Stream, StreamHandler, Topology } from "@libp2p/interface";
import type { MeshLimits } from "./limits.js";
import type { MeshSecrets, Plane } from "./secrets.js";

export interface Gossip {
  /** A connection that has introduced itself: its streams are let through, and it hears what is published. Repeating mends. */
  admit(connection: Connection): void;
  /** No connection to this peer is left. */
  dismiss(peer: PeerId): void;
  subscribe(planes: ReadonlySet<Plane>): void;
  subscribers(plane: Plane): readonly PeerId[];
  /** Whether a neighbour would take a message now, or nobody does because their streams are full. */
  room(plane: Plane): "nobody" | "full" | "yes";
  /** Publishes to everybody who listens; how many took it. */
  publish(plane: Plane, bytes: Uint8Array): Promise<number>;
  /** What this neighbour's behaviour is worth: below `BAN_SCORE` it is gone. */
  score(peer: PeerId): number;
  /** Reading from a neighbour stops while too much of it is under judgement. */
  pause(peer: PeerId, on: boolean): void;
  stop(): Promise<void>;
}

/**
 * A refused message costs 10 times the square of the number of such messages, halved in about 70 s. Two make a neighbour quiet
 * (nothing is published to it), three end it: whoever forwards what its own validator had to refuse is broken or lies.
 */
export const BAN_SCORE = -80;
const QUIET_SCORE = -30;

/** Every parameter is written out: with none for a topic, a refusal would change nothing. */
const topicScore = {
  topicWeight: 1,
  // Time in the mesh and first deliveries earn a little, so that among equals the useful ones are kept.
  timeInMeshWeight: 0.01,
  timeInMeshQuantum: 1000,
  timeInMeshCap: 100,
  firstMessageDeliveriesWeight: 0.1,
  firstMessageDeliveriesDecay: 0.97,
  firstMessageDeliveriesCap: 20,
  // A quiet swarm is healthy: nobody is punished for delivering little.
  meshMessageDeliveriesWeight: 0,
  meshMessageDeliveriesDecay: 0.5,
  meshMessageDeliveriesCap: 1,
  meshMessageDeliveriesThreshold: 1,
  meshMessageDeliveriesWindow: 10,
  meshMessageDeliveriesActivation: 1000,
  meshFailurePenaltyWeight: 0,
  meshFailurePenaltyDecay: 0.5,
  invalidMessageDeliveriesWeight: -10,
  invalidMessageDeliveriesDecay: 0.99,
};

/** Milliseconds for which a message counts as seen. Shorter than the default: what was ignored may be offered again. */
const SEEN_MS = 30_000;
/** What an unread gossip stream of a connection without introduction may hold: a yamux window. */
const HELD_BYTES = 512 * 1024;

/** A view that is no Buffer of Node: whose `slice` would share memory with what gossipsub forwards. */
const plain = (data: Uint8Array): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

export const createGossip = async (options: {
  readonly libp2p: Libp2p;
  readonly secrets: MeshSecrets;
  readonly limits: MeshLimits;
  readonly validate: (plane: Plane, from: PeerId, bytes: Uint8Array) => ReturnType<TopicValidatorFn>;
  /** A peer has said what it listens to. What was published before that did not reach it. */
  readonly onListening: (peer: PeerId) => void;
}): Promise<Gossip> => {
  const { libp2p, secrets, limits } = options;
  const { topics } = secrets;
  const planes: readonly Plane[] = ["canon", "proposals"];
  const admitted = new Set<Connection>();
  const waiting = new Map<Connection, (() => void)[]>();
  const outbound = new Map<string, Stream>();
  const inbound = new Map<string, Stream>();
  let topology: Topology | undefined;

  const gate =
    (handler: StreamHandler): StreamHandler =>
    (stream, connection) => {
      const open = (): void => {
        inbound.set(connection.remotePeer.toString(), stream);
        void handler(stream, watched(connection));
        if (stream.readStatus === "paused") stream.resume();
      };
      if (admitted.has(connection)) return open();
      stream.maxReadBufferLength = HELD_BYTES;
      stream.pause();
      const list = waiting.get(connection) ?? [];
      // One stream of each kind is enough for anybody who is honest.
      if (list.length >= 4) return stream.abort(new Error("introduce yourself first"));
      waiting.set(connection, [...list, open]);
      connection.addEventListener("close", () => waiting.delete(connection), { once: true });
    };

  const open = async (connection: Connection, ...args: Parameters<Connection["newStream"]>): Promise<Stream> => {
    const stream = await connection.newStream(...args);
    const peer = connection.remotePeer.toString();
    outbound.set(peer, stream);
    const send = stream.send.bind(stream);
    // A neighbour that does not read is left out: what it misses, an exchange brings. Gossipsub counts a throw as "not sent".
    stream.send = (data) => {
      if (stream.writeBufferLength > limits.gossipBufferBytes) throw new Error("this neighbour does not read");
      return send(data);
    };
    stream.addEventListener("close", () => {
      if (outbound.get(peer) === stream) outbound.delete(peer);
    });
    return stream;
  };

  /** The connection, its `newStream` replaced. */
  const watched = (connection: Connection): Connection =>
    new Proxy(connection, {
      get: (target, name) =>
        name === "newStream"
          ? (...args: Parameters<Connection["newStream"]>) => open(target, ...args)
          : Reflect.get(target, name, target),
    });

  const pubsub: GossipSub & { readonly peers?: ReadonlyMap<string, PeerId>; getScore?(peer: string): number } =
    gossipsub({
      globalSignaturePolicy: StrictNoSign,
      msgIdFn: ({ data }) => sha256(data),
      fallbackToFloodsub: false,
      // Its own messages go to everybody: whom gossipsub has not chosen yet, or has just left out because there are more than it
      // chooses, would hear of them only by its repairs, once a second, or by an exchange. Forwarding is by choice.
      floodPublish: true,
      doPX: false,
      tagMeshPeers: false,
      allowPublishToZeroTopicPeers: false,
      ignoreDuplicatePublishError: true,
      allowedTopics: Object.values(topics),
      seenTTL: SEEN_MS,
      // A week-long outage of one peer must not be held against it for a minute: exchanges bring it up to date first.
      pruneBackoff: 10_000,
      scoreParams: {
        topics: { [topics.canon]: topicScore, [topics.proposals]: topicScore },
        // Many agents share a machine or an office: one address is no sign of one attacker.
        IPColocationFactorWeight: 0,
      },
      scoreThresholds: {
        gossipThreshold: QUIET_SCORE,
        publishThreshold: QUIET_SCORE,
        graylistThreshold: BAN_SCORE,
        acceptPXThreshold: 1000,
        opportunisticGraftThreshold: 1,
      },
    })({
      peerId: libp2p.peerId,
      peerStore: libp2p.peerStore,
      logger: libp2p.logger,
      // Read for signed messages only.
      privateKey: undefined as never,
      // Read for peer exchange and direct peers only.
      connectionManager: undefined as never,
      registrar: {
        handle: (protocol: string, handler: StreamHandler, handling: object) =>
          libp2p.handle(protocol, gate(handler), handling),
        unhandle: (protocol: string) => libp2p.unhandle(protocol),
        register: async (_: string, made: Topology) => {
          topology = made;
          return "";
        },
        unregister: () => {},
      } as never,
    });
  for (const plane of planes) {
    pubsub.topicValidators.set(topics[plane], (from, { data }) => options.validate(plane, from, plain(data)));
  }
  pubsub.addEventListener("subscription-change", ({ detail }) => {
    if (detail.subscriptions.some(({ subscribe }) => subscribe)) options.onListening(detail.peerId);
  });
  const service = pubsub as GossipSub & { start(): Promise<void>; stop(): Promise<void> };
  await service.start();

  const subscribers = (plane: Plane): readonly PeerId[] => pubsub.getSubscribers(topics[plane]);

  return {
    admit(connection) {
      admitted.add(connection);
      connection.addEventListener("close", () => admitted.delete(connection), { once: true });
      const list = waiting.get(connection) ?? [];
      waiting.delete(connection);
      for (const go of list) go();
      // Also when it is known: a stream that broke is opened again, with the subscriptions.
      if (!outbound.has(connection.remotePeer.toString())) {
        void topology?.onConnect?.(connection.remotePeer, watched(connection));
      }
    },
    dismiss(peer) {
      void topology?.onDisconnect?.(peer);
      outbound.delete(peer.toString());
      inbound.delete(peer.toString());
    },
    subscribe(wanted) {
      for (const plane of planes) {
        const subscribed = pubsub.getTopics().includes(topics[plane]);
        if (wanted.has(plane) && !subscribed) pubsub.subscribe(topics[plane]);
        if (!wanted.has(plane) && subscribed) pubsub.unsubscribe(topics[plane]);
      }
    },
    subscribers,
    room(plane) {
      const streams = subscribers(plane).flatMap((peer) => outbound.get(peer.toString()) ?? []);
      if (streams.length === 0) return "nobody";
      const free = streams.some(({ writeBufferLength }) => writeBufferLength < limits.gossipBufferBytes / 4);
      return free ? "yes" : "full";
    },
    async publish(plane, bytes) {
      try {
        return (await pubsub.publish(topics[plane], bytes)).recipients.length;
      } catch {
        // Nobody is subscribed, or left a moment ago: the caller waits.
        return 0;
      }
    },
    score: (peer) => pubsub.getScore?.(peer.toString()) ?? 0,
    pause(peer, on) {
      const stream = inbound.get(peer.toString());
      if (stream === undefined || stream.status !== "open") return;
      if (on && stream.readStatus === "readable") stream.pause();
      if (!on && stream.readStatus === "paused") stream.resume();
    },
    stop: () => service.stop(),
  };
};
