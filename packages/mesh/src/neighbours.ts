/**
 * Who is connected, and who has shown a valid chain. A connection that has not within `introductionMs` is hung up (T5);
 * one that has makes its peer a neighbour.
 */
import {
  type Genesis,
  type LogKey,
  type Refusal,
  type Result,
  refuse,
  verifyChain,
  type WriterId,
} from "@herdmind/protocol";
import type { Connection, Libp2p, PeerId } from "@libp2p/interface";
import { strangerRefusal } from "./exchange.js";
import { writerOf } from "./identity.js";
import type { MeshLimits } from "./limits.js";

export interface Neighbour {
  readonly peer: PeerId;
  /** The peer id as text: the key of maps. */
  readonly id: string;
  readonly writer: WriterId;
  /** Those that are introduced and open. */
  readonly connections: Set<Connection>;
  /** When something valid came from it, milliseconds on a clock that only grows. */
  heardAt: number;
  /** Logs outside the interest that it brought here, over all its connections: it could come again, and begin anew. */
  readonly strangeLogs: Set<LogKey>;
}

export interface Neighbours {
  all(): readonly Neighbour[];
  get(peer: PeerId): Neighbour | undefined;
  /** Judges what a connection shows; an empty chain stands for the one it has shown before. */
  judge(connection: Connection, chain: readonly string[]): Promise<Result<unknown>>;
  isIntroduced(connection: Connection): boolean;
  /** Hangs up on a neighbour that broke a rule, and does not hear of it for a while. */
  ban(peer: PeerId, refusal: Refusal): void;
  stop(): void;
}

/** Members of whom it is remembered what they brought unasked: a key costs an invitation, so few have many. */
const REMEMBERED = 1024;

export const createNeighbours = (options: {
  readonly libp2p: Libp2p;
  readonly genesis: Genesis;
  readonly limits: MeshLimits;
  readonly onOpen: (connection: Connection) => void;
  readonly onIntroduced: (connection: Connection, neighbour: Neighbour) => void;
  /** No connection to this neighbour is left. */
  readonly onGone: (neighbour: Neighbour, why: string) => void;
  readonly onClosed: (connection: Connection) => void;
  readonly onRefusal: (refusal: Refusal) => void;
}): Neighbours => {
  const { libp2p, genesis, limits } = options;
  const neighbourById = new Map<string, Neighbour>();
  const deadlines = new Map<Connection, ReturnType<typeof setTimeout>>();
  const introduced = new WeakSet<Connection>();
  const bannedUntil = new Map<string, number>();
  const known = new Set<Connection>();
  const strangeLogsById = new Map<string, Set<LogKey>>();
  const strangeLogsOf = (id: string): Set<LogKey> => {
    const logs = strangeLogsById.get(id) ?? new Set<LogKey>();
    strangeLogsById.delete(id);
    strangeLogsById.set(id, logs);
    if (strangeLogsById.size > REMEMBERED) strangeLogsById.delete(strangeLogsById.keys().next().value as string);
    return logs;
  };

  const hangUp = (connection: Connection, refusal: Refusal): void => {
    options.onRefusal(refusal);
    connection.abort(new Error(`${refusal.rule} ${refusal.message}`));
  };

  const opened = (connection: Connection): void => {
    if (known.has(connection) || connection.status !== "open") return;
    known.add(connection);
    connection.addEventListener("close", () => closed(connection), { once: true });
    const id = connection.remotePeer.toString();
    const until = bannedUntil.get(id);
    if (until !== undefined && performance.now() < until) {
      return void hangUp(
        connection,
        refuse("T6", "sender", `${id} forwarded what nobody signed. It may come again later.`).refusal,
      );
    }
    bannedUntil.delete(id);
    // Those that this peer dialled are bounded already; strangers at the door must not keep it from going out.
    const waiting = [...deadlines.keys()].filter(({ direction }) => direction === "inbound").length;
    if (connection.direction === "inbound" && waiting >= limits.strangers) {
      return void hangUp(
        connection,
        refuse("T3", "none", `More than ${limits.strangers} connections have shown no chain yet. Come again later.`)
          .refusal,
      );
    }
    // Through a circuit relay only a handshake runs, after which a direct connection shows the chain: nothing to complain of.
    const isHandshake = connection.limits !== undefined;
    const late = (): void => {
      if (isHandshake) connection.abort(new Error("a handshake through a relay ends in time"));
      else hangUp(connection, strangerRefusal(limits.introductionMs));
    };
    deadlines.set(connection, setTimeout(late, limits.introductionMs));
    if (!isHandshake) options.onOpen(connection);
  };
  const closed = (connection: Connection): void => {
    known.delete(connection);
    settle(connection);
    const neighbour = neighbourById.get(connection.remotePeer.toString());
    if (neighbour?.connections.delete(connection) === true && neighbour.connections.size === 0) {
      neighbourById.delete(neighbour.id);
      options.onGone(neighbour, "the connection ended");
    }
    options.onClosed(connection);
  };
  const settle = (connection: Connection): void => {
    clearTimeout(deadlines.get(connection));
    deadlines.delete(connection);
  };

  const onOpen = (event: CustomEvent<Connection>): void => opened(event.detail);
  libp2p.addEventListener("connection:open", onOpen);
  // Those of an application's own libp2p that were there before.
  for (const connection of libp2p.getConnections()) queueMicrotask(() => opened(connection));

  const introduce = async (connection: Connection, chain: readonly string[]): Promise<Result<unknown>> => {
    const writer = writerOf(connection.remotePeer);
    if (writer === undefined) {
      return refuse("T5", "sender", "A peer of a swarm has an Ed25519 key. Use the peer's own key for libp2p.");
    }
    if (chain.length === 0) return refuse("T5", "sender", "No credential chain was shown. Join with a ticket first.");
    const membership = await verifyChain(chain, genesis);
    if (!membership.ok) return membership;
    if (membership.value.writer !== writer) {
      return refuse(
        "T5",
        "sender",
        `The chain ends in ${membership.value.writer}, and the connection is ${writer}'s. Show your own.`,
      );
    }
    if (connection.status !== "open") return refuse("T5", "none", "The connection ended.");
    settle(connection);
    if (introduced.has(connection)) return membership;
    introduced.add(connection);
    const id = connection.remotePeer.toString();
    const neighbour: Neighbour = neighbourById.get(id) ?? {
      peer: connection.remotePeer,
      id,
      writer,
      connections: new Set(),
      heardAt: 0,
      strangeLogs: strangeLogsOf(id),
    };
    neighbour.heardAt = performance.now();
    neighbour.connections.add(connection);
    neighbourById.set(id, neighbour);
    options.onIntroduced(connection, neighbour);
    return membership;
  };

  return {
    all: () => [...neighbourById.values()],
    get: (peer) => neighbourById.get(peer.toString()),
    isIntroduced: (connection) => introduced.has(connection),
    async judge(connection, chain) {
      if (chain.length === 0 && introduced.has(connection)) return { ok: true, value: undefined };
      return introduce(connection, chain);
    },
    ban(peer, refusal) {
      const id = peer.toString();
      if (bannedUntil.size >= limits.connections) bannedUntil.delete(bannedUntil.keys().next().value as string);
      bannedUntil.set(id, performance.now() + limits.banMs);
      for (const connection of libp2p.getConnections(peer)) hangUp(connection, refusal);
    },
    stop() {
      libp2p.removeEventListener("connection:open", onOpen);
      for (const timer of deadlines.values()) clearTimeout(timer);
      deadlines.clear();
    },
  };
};
