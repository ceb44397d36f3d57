/**
 * When exchanges run: on each connection that this side dialled, again at a jittered interval, and when gossip shows that
 * something is missing. At most one run about the same thing with the same neighbour at a time.
 */
import type { Logs } from "@herdmind/log";
import { type LogId, logKey, type Refusal, refuse } from "@herdmind/protocol";
import {
  type Carrying,
  createPeerLogTotal,
  type Ephemerals,
  type Interest,
  type Session,
  type SessionEvent,
} from "@herdmind/sync";
import type { Connection, Stream } from "@libp2p/interface";
import { runExchange } from "./exchange.js";
import type { MeshLimits } from "./limits.js";
import type { Neighbour, Neighbours } from "./neighbours.js";
import { createStreamChannel } from "./stream-channel.js";

export const SYNC_PROTOCOL = "/herdmind/sync/1";

export interface Exchanges {
  /** The first exchange on a connection that this side dialled, and from then on one at each interval. */
  begin(connection: Connection): void;
  /** Asks a neighbour for one log, or for all. True when both sides then held everything. */
  request(neighbour: Neighbour, only?: LogId): Promise<boolean>;
  /** The other side opened a stream. */
  answer(stream: Stream, connection: Connection): void;
  setInterest(interest: Interest): void;
  /** Whether blocks or ephemeral messages with this origin came through an exchange of this mesh. */
  isOrigin(origin: unknown): boolean;
  /** Ends what runs: sessions say their receipts first. */
  stop(): Promise<void>;
}

export const createExchanges = (options: {
  readonly logs: Logs;
  readonly neighbours: () => Neighbours;
  readonly chain: readonly string[];
  readonly interest: () => Interest;
  readonly ephemerals: Ephemerals;
  readonly carrying: Carrying | undefined;
  readonly addresses: () => readonly string[];
  readonly limits: MeshLimits;
  readonly everyMs: { readonly min: number; readonly max: number };
  readonly keepAliveMs: number;
  readonly random: () => number;
  readonly now: () => number;
  readonly onAddresses: (addresses: readonly string[], connection: Connection) => void;
  readonly onEvent: (event: SessionEvent) => void;
  /** A whole exchange, about everything, is complete. */
  readonly onSynced: (connection: Connection) => void;
  readonly onRefusal: (refusal: Refusal) => void;
}): Exchanges => {
  const { limits, everyMs, random } = options;
  const sessions = new Set<Session>();
  const peerLogTotal = createPeerLogTotal(limits.peerLogs);
  const origins = new WeakSet<object>();
  const shown = new WeakSet<Connection>();
  const runs = new Map<string, Promise<boolean>>();
  const again = new Map<string, Promise<boolean>>();
  const timers = new Map<Connection, ReturnType<typeof setTimeout>>();
  const answering = new Map<Connection, number>();
  let stopped = false;

  const run = async (stream: Stream, connection: Connection, opened: boolean, only?: LogId): Promise<boolean> => {
    const channel = createStreamChannel(stream);
    const neighbours = options.neighbours();
    let mine: Session | undefined;
    const exchanged = await runExchange({
      logs: options.logs,
      channel,
      opened,
      only,
      chain: shown.has(connection) ? [] : options.chain,
      interest: options.interest(),
      ephemerals: options.ephemerals,
      carrying: options.carrying,
      peerLogTotal,
      addresses: options.addresses,
      introductionMs: limits.introductionMs,
      keepAliveMs: options.keepAliveMs,
      now: options.now,
      judge: (chain) => neighbours.judge(connection, chain),
      acceptsStrange: (log) => {
        const neighbour = neighbours.get(connection.remotePeer);
        if (neighbour === undefined) return false;
        if (neighbour.strangeLogs.size >= limits.strangeLogs) return neighbour.strangeLogs.has(logKey(log));
        neighbour.strangeLogs.add(logKey(log));
        return true;
      },
      strangeLogs: () => neighbours.get(connection.remotePeer)?.strangeLogs,
      maxStrangeLogs: limits.strangeLogs,
      onAddresses: (addresses) => options.onAddresses(addresses, connection),
      onSession: (session) => {
        mine = session;
        sessions.add(session);
        origins.add(session);
      },
      onEvent: (event) => {
        const neighbour = neighbours.get(connection.remotePeer);
        if (neighbour !== undefined) neighbour.heardAt = performance.now();
        // Its first frame of a session comes after it has judged our chain.
        if (event.type === "open") shown.add(connection);
        options.onEvent(event);
        if (event.type === "synced" && only === undefined) options.onSynced(connection);
      },
    });
    if (mine !== undefined) sessions.delete(mine);
    if (exchanged.refusal !== undefined) {
      options.onRefusal(exchanged.refusal);
      connection.abort(new Error(`${exchanged.refusal.rule} ${exchanged.refusal.message}`));
    } else if (exchanged.broken !== undefined) {
      // Fault `sender` is the connection's: else it would only open the next stream.
      connection.abort(new Error(`${exchanged.broken.rule} ${exchanged.broken.message}`));
    } else if (exchanged.gone && connection.status === "open") {
      connection.abort(new Error("it gives no sign of life"));
    }
    return exchanged.synced;
  };

  const open = async (connection: Connection, only?: LogId): Promise<boolean> => {
    if (stopped || connection.status !== "open") return false;
    let stream: Stream;
    try {
      stream = await connection.newStream(SYNC_PROTOCOL, { signal: AbortSignal.timeout(limits.introductionMs) });
    } catch (error) {
      // It does not speak this protocol, or the connection is dying: without an introduction it ends by itself.
      if (options.neighbours().isIntroduced(connection)) {
        connection.abort(error instanceof Error ? error : new Error(String(error)));
      }
      return false;
    }
    return run(stream, connection, true, only);
  };

  const single = (id: string, work: () => Promise<boolean>): Promise<boolean> => {
    const running = runs.get(id);
    if (running === undefined) {
      const started = work().finally(() => runs.delete(id));
      runs.set(id, started);
      return started;
    }
    // What is missing may have come after the heads of the one that runs: once more, however often it is asked.
    const next =
      again.get(id) ??
      running.then(() => {
        again.delete(id);
        return single(id, work);
      });
    again.set(id, next);
    return next;
  };

  const repeat = (connection: Connection): void => {
    if (stopped || connection.status !== "open") return;
    const wait = everyMs.min + random() * (everyMs.max - everyMs.min);
    clearTimeout(timers.get(connection));
    timers.set(
      connection,
      setTimeout(() => {
        void single(connection.remotePeer.toString(), () => open(connection)).finally(() => repeat(connection));
      }, wait),
    );
  };

  return {
    begin(connection) {
      connection.addEventListener(
        "close",
        () => {
          clearTimeout(timers.get(connection));
          timers.delete(connection);
        },
        { once: true },
      );
      // Not `single`: this connection must be introduced, whatever runs on another one.
      void open(connection).finally(() => repeat(connection));
    },
    request(neighbour, only) {
      const [connection] = neighbour.connections;
      if (connection === undefined) return Promise.resolve(false);
      const many = [...runs.keys()].filter((key) => key.startsWith(neighbour.id)).length >= limits.exchanges / 2;
      const scope = many ? undefined : only;
      const id = scope === undefined ? neighbour.id : `${neighbour.id}/${logKey(scope)}`;
      return single(id, () => open(connection, scope));
    },
    answer(stream, connection) {
      const open = (answering.get(connection) ?? 0) + 1;
      if (open > limits.exchanges || stopped) {
        stream.abort(new Error("too many exchanges at once"));
        if (!stopped)
          options.onRefusal(refuse("T3", "sender", `More than ${limits.exchanges} exchanges at once.`).refusal);
        return;
      }
      answering.set(connection, open);
      void run(stream, connection, false).finally(() => {
        const left = (answering.get(connection) ?? 1) - 1;
        if (left === 0) answering.delete(connection);
        else answering.set(connection, left);
      });
    },
    setInterest(interest) {
      for (const session of sessions) session.setInterest(interest);
    },
    isOrigin: (origin) => typeof origin === "object" && origin !== null && origins.has(origin),
    async stop() {
      stopped = true;
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
      await Promise.all([...sessions].map((session) => session.close()));
    },
  };
};
