/** A relay: one port, four kinds of visitors. It stores and forwards logs, verifies every block, and need not be trusted. */
import { createServer, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Logs } from "@herdmind/log";
import { type LogId, type Membership, mayAppend, type Refusal, refuse } from "@herdmind/protocol";
import {
  type Carrying,
  CLOSE_BUSY,
  CLOSE_GOING_AWAY,
  closeReasonOf,
  createListeners,
  createPeerLogTotal,
  createRoomChannel,
  createSession,
  type Ephemerals,
  encodeFrame,
  encodeFrameMessage,
  type Interest,
  type SessionLimits,
} from "@herdmind/sync";
import { type WebSocket, WebSocketServer } from "ws";
import { checkOffer, type Denial, type Destination, type Offer, readDestination, readOffer } from "./admission.js";
import { RELAY_LIMITS, type RelayLimits } from "./limits.js";
import { type ListenResult, listen } from "./listen.js";
import { KEEP_ALIVE, permissionDenied, serveStockRoom } from "./stock-room.js";
import { VERSION } from "./version.js";
import { wsChannel } from "./ws-channel.js";

export interface RelayOptions {
  readonly logs: Logs;
  /** Default 127.0.0.1: reachable from this machine only. */
  readonly host?: string;
  /** Default 0: the system chooses. */
  readonly port?: number;
  readonly ephemerals?: Ephemerals;
  /** Which members' logs are carried for others; default all. A writer's own log always is. */
  readonly carries?: (log: LogId) => boolean;
  /** What this relay keeps for others beyond what canon has taken, and how much of each member. Default: no bound. */
  readonly carrying?: Carrying;
  readonly limits?: Partial<RelayLimits>;
  readonly sessionLimits?: Partial<SessionLimits>;
  /** Milliseconds since 1970; default `Date.now`. */
  readonly now?: () => number;
}

export type RelayEvent =
  | { readonly type: "connected" | "disconnected"; readonly membership: Membership; readonly to: Destination["kind"] }
  /** A refusal said to a peer, or by one. */
  | {
      readonly type: "refusal";
      readonly refusal: Refusal;
      readonly by: "peer" | "us";
      readonly membership: Membership | undefined;
    };

export interface RelayStats {
  readonly connections: number;
  readonly accepted: number;
  readonly refused: number;
  readonly droppedAwareness: number;
  /** Bytes of all connections that were admitted, WebSocket frames and handshakes included. */
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

export interface Relay extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** `ws://host:port`: what clients and tickets take. */
  readonly url: string;
  on(listener: (event: RelayEvent) => void): () => void;
  stats(): RelayStats;
  /** Handles what has arrived, says goodbye (1001), and is gone after `closeMs` at the latest. Leaves the logs open. */
  close(): Promise<void>;
}

interface Visitor {
  readonly socket: WebSocket;
  /** What the socket stands on, which counts bytes. */
  readonly raw: Socket;
  readonly address: string;
  alive: boolean;
  /** Stock clients need a message every 30 s. */
  keepAlive: boolean;
  end: (code: number, reason: string) => Promise<void>;
}

/** JWTs of eight credentials can fill 32 KiB; Node's default for all headers is 16. */
const MAX_HEADER_SIZE = 64 * 1024;
const READ_NOTHING: Interest = { logs: "none", writers: [] };
const CARRY_ALL: Interest = { logs: "all", writers: [] };

/** Starts a relay. Answers a fault when it cannot listen; a taken port names a free one. */
export const createRelay = async (options: RelayOptions): Promise<ListenResult<Relay>> => {
  const {
    logs,
    host = "127.0.0.1",
    ephemerals,
    carrying,
    carries = () => true,
    now = Date.now,
    sessionLimits,
  } = options;
  const limits: RelayLimits = { ...RELAY_LIMITS, ...options.limits };
  const { genesis } = logs;
  const listeners = createListeners<RelayEvent>();
  const visitors = new Set<Visitor>();
  const peerLogTotal = createPeerLogTotal(limits.peerLogs);
  const visitorsByAddress = new Map<string, number>();
  let handshakes = 0;
  let accepted = 0;
  let refused = 0;
  let droppedAwareness = 0;
  /** Of connections that have ended. */
  const goneBytes = { received: 0, sent: 0 };
  let closing: Promise<void> | undefined;

  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_SIZE,
      headersTimeout: limits.handshakeMs,
      requestTimeout: limits.handshakeMs,
      // Node looks for requests that are too slow every 30 s; a stranger who sends nothing would stay that long.
      connectionsCheckingInterval: Math.min(1000, limits.handshakeMs),
    },
    (request, response) => {
      const healthy = request.url === "/healthz" && (request.method === "GET" || request.method === "HEAD");
      const body = healthy
        ? {
            ok: closing === undefined,
            swarm: logs.swarm,
            logs: logs.count(),
            connections: visitors.size,
            version: VERSION,
          }
        : { ok: false, message: "This is a Herdmind relay: a WebSocket server. GET /healthz says how it is." };
      response.writeHead(healthy ? (closing === undefined ? 200 : 503) : 404, {
        "content-type": "application/json",
        "cache-control": "no-store",
      });
      response.end(`${JSON.stringify(body)}\n`);
    },
  );
  // Strangers who have said nothing yet count as well: twice the admitted ones, so that they cannot shut members out by number.
  server.maxConnections = 2 * limits.connections;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.messageBytes,
    perMessageDeflate: false,
    clientTracking: false,
  });

  const listening = await listen(server, host, options.port ?? 0);
  if (!listening.ok) return listening;
  const port = listening.value;

  const busy = (message: string): Denial => ({
    ok: false,
    refusal: refuse("T3", "none", message).refusal,
    code: CLOSE_BUSY,
  });

  const hasRoom = (address: string): Denial | undefined => {
    if (closing !== undefined) return busy("This relay is closing. Try again later, or another one.");
    if (visitors.size >= limits.connections)
      return busy(`This relay has its ${limits.connections} connections. Try again later, or another one.`);
    if ((visitorsByAddress.get(address) ?? 0) >= limits.connectionsPerAddress) {
      return busy(`${address} has its ${limits.connectionsPerAddress} connections to this relay. Close one first.`);
    }
    if (handshakes >= limits.handshakes) return busy("Too many peers connect at this moment. Try again in a second.");
    return undefined;
  };

  const turnAway = (
    socket: WebSocket,
    { refusal, code }: Denial,
    destination: Destination["kind"],
    frames: boolean,
  ): void => {
    refused++;
    listeners.emit({ type: "refusal", refusal, by: "us", membership: undefined });
    const frame = encodeFrame({ kind: "refused", refusal });
    if (destination === "mux") socket.send(frame);
    else socket.send(frames ? encodeFrameMessage(frame) : permissionDenied(refusal));
    socket.close(code, closeReasonOf(refusal));
    setTimeout(() => socket.terminate(), limits.closeMs).unref();
  };

  server.on("upgrade", (request: IncomingMessage, raw: Socket, head: Buffer) => {
    raw.on("error", () => raw.destroy());
    const offer = readOffer(request);
    // ws answers with the first protocol offered: the header is cut to the one that was chosen.
    if (offer.chosen === undefined) delete request.headers["sec-websocket-protocol"];
    else request.headers["sec-websocket-protocol"] = offer.chosen;
    sockets.handleUpgrade(request, raw, head, (socket) => {
      socket.on("error", () => {
        // A broken frame or one over the limit: ws closes with its own code (1002, 1007, 1009).
      });
      welcome(socket, request, offer).catch(() => socket.terminate());
    });
  });

  const welcome = async (socket: WebSocket, request: IncomingMessage, offer: Offer): Promise<void> => {
    const address = request.socket.remoteAddress ?? "unknown";
    const destination = readDestination(request.url ?? "/", genesis);
    const kind = destination.ok
      ? destination.value.kind
      : (request.url ?? "").startsWith("/herdmind/")
        ? "mux"
        : "room";
    const full = hasRoom(address);
    if (full !== undefined) return turnAway(socket, full, kind, offer.frames);
    if (!destination.ok) return turnAway(socket, destination, kind, offer.frames);
    // Nothing is read before the token is checked.
    socket.pause();
    handshakes++;
    const membership = await checkOffer(offer, genesis, now()).finally(() => handshakes--);
    socket.resume();
    if (!membership.ok)
      return turnAway(socket, "code" in membership ? membership : { ...membership, code: 4401 }, kind, offer.frames);
    if (socket.readyState !== socket.OPEN) return;
    const late = hasRoom(address);
    if (late !== undefined) return turnAway(socket, late, kind, offer.frames);
    admit(socket, request.socket, address, destination.value, membership.value, offer.frames);
  };

  const admit = (
    socket: WebSocket,
    raw: Socket,
    address: string,
    to: Destination,
    membership: Membership,
    frames: boolean,
  ): void => {
    accepted++;
    visitorsByAddress.set(address, (visitorsByAddress.get(address) ?? 0) + 1);
    const visitor: Visitor = { socket, raw, address, alive: true, keepAlive: to.kind !== "mux", end: async () => {} };
    visitors.add(visitor);
    socket.on("pong", () => {
      visitor.alive = true;
    });
    socket.on("close", () => {
      visitors.delete(visitor);
      goneBytes.received += raw.bytesRead;
      goneBytes.sent += raw.bytesWritten;
      const left = (visitorsByAddress.get(address) ?? 1) - 1;
      if (left > 0) visitorsByAddress.set(address, left);
      else visitorsByAddress.delete(address);
      listeners.emit({ type: "disconnected", membership, to: to.kind });
    });
    const report = (refusal: Refusal, by: "peer" | "us"): void => {
      if (by === "us") refused++;
      listeners.emit({ type: "refusal", refusal, by, membership });
    };
    const accepts = (log: LogId): boolean => log.writer === membership.writer || carries(log);

    if (to.kind === "room" && !frames) {
      const room = serveStockRoom({
        logs,
        log: to.log,
        channel: wsChannel(socket),
        membership,
        accepts,
        carrying,
        limits,
        now,
        onRefusal: (refusal) => report(refusal, "us"),
        onAwareness: () => {
          droppedAwareness++;
        },
      });
      visitor.end = room.close;
    } else {
      const mayWrite = mayAppend(membership.role);
      const messages = wsChannel(socket);
      const session = createSession({
        logs,
        ephemerals,
        carrying,
        mayWrite,
        accepts,
        now,
        channel: to.kind === "mux" ? messages : createRoomChannel(messages, to.kind === "room" ? to.log : undefined),
        interest: mayWrite ? CARRY_ALL : READ_NOTHING,
        peerLogTotal,
        ...(to.kind === "room" ? { only: to.log } : {}),
        blocks: to.kind !== "control",
        ...(sessionLimits === undefined ? {} : { limits: sessionLimits }),
      });
      const silent = setTimeout(() => {
        session.refuse(refuse("T3", "sender", `No hello within ${limits.handshakeMs} ms.`).refusal);
      }, limits.handshakeMs);
      session.on((event) => {
        if (event.type === "open" || event.type === "closed") clearTimeout(silent);
        if (event.type === "refusal") report(event.refusal, event.by);
      });
      visitor.end = session.close;
    }
    listeners.emit({ type: "connected", membership, to: to.kind });
  };

  const pinging = setInterval(() => {
    for (const visitor of visitors) {
      if (!visitor.alive) {
        visitor.socket.terminate();
        continue;
      }
      visitor.alive = false;
      visitor.socket.ping();
      if (visitor.keepAlive && visitor.socket.bufferedAmount < limits.bufferedBytes) visitor.socket.send(KEEP_ALIVE);
    }
  }, limits.pingMs);

  const close = (): Promise<void> => {
    closing ??= (async () => {
      clearInterval(pinging);
      const gone = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      const all = [...visitors].map(async (visitor) => {
        const closed = new Promise((resolve) => visitor.socket.once("close", resolve));
        await visitor.end(CLOSE_GOING_AWAY, "This relay is closing.");
        await closed;
      });
      let late: ReturnType<typeof setTimeout> | undefined;
      await Promise.race([
        Promise.all(all),
        new Promise((resolve) => {
          late = setTimeout(resolve, limits.closeMs);
        }),
      ]);
      clearTimeout(late);
      for (const { socket } of visitors) socket.terminate();
      server.closeAllConnections();
      await gone;
    })();
    return closing;
  };

  const shownHost = host.includes(":") ? `[${host}]` : host;
  return {
    ok: true,
    value: {
      host,
      port,
      url: `ws://${shownHost}:${port}`,
      on: listeners.add,
      stats: () => {
        let [receivedBytes, sentBytes] = [goneBytes.received, goneBytes.sent];
        for (const { raw } of visitors) {
          receivedBytes += raw.bytesRead;
          sentBytes += raw.bytesWritten;
        }
        return { connections: visitors.size, accepted, refused, droppedAwareness, receivedBytes, sentBytes };
      },
      close,
      [Symbol.asyncDispose]: close,
    },
  };
};
