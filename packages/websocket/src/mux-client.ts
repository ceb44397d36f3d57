/** The multiplexed client: one socket to a relay carries every log. Used in Node, and in browsers that want few sockets. */
import type { Logs } from "@herdmind/log";
import { type LogKey, SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX } from "@herdmind/protocol";
import {
  type Carrying,
  createSession,
  type Ephemerals,
  type Interest,
  type Session,
  type SessionLimits,
  type Transport,
} from "@herdmind/sync";
import { type Backoff, type Ended, keepConnected, refusalOfClose } from "./keep-connected.js";
import { type SocketConstructor, socketChannel } from "./socket.js";
import { createTransportBase } from "./transport-base.js";

export interface MuxClientOptions {
  readonly logs: Logs;
  /** Relays, `ws://` or `wss://` without a path; tried in turn. */
  readonly urls: readonly string[];
  /** Makes a new access token (`issueAccessToken`); called before each attempt. */
  readonly token: () => Promise<string>;
  /** What this peer wants; default: canon and nothing else. Put the ids of its own writers in. */
  readonly interest?: Interest;
  readonly ephemerals?: Ephemerals;
  /** What this peer keeps for others. */
  readonly carrying?: Carrying | undefined;
  /** Default: the global one. The `ws` package's is faster in Node. */
  readonly WebSocket?: SocketConstructor;
  readonly signal?: AbortSignal;
  readonly backoff?: Backoff;
  readonly random?: () => number;
  readonly limits?: Partial<SessionLimits>;
  /** Milliseconds that opening and the relay's hello may take together. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** Milliseconds between signs of life; without an answer for as long again the connection is dropped. Default 15,000. */
  readonly keepAliveMs?: number;
}

const CANON_ONLY: Interest = { logs: "own", writers: [] };

/** Connects, and stays connected until closed. Nothing here fails: what goes wrong is an event. */
export const createMuxClient = (options: MuxClientOptions): Transport => {
  const {
    logs,
    urls,
    token,
    ephemerals,
    backoff,
    random,
    limits,
    connectTimeoutMs = 10_000,
    keepAliveMs = 15_000,
  } = options;
  /** Over all connections: a relay that hangs up and takes the next ones would fill the disk sixteen logs at a time. */
  const strangeLogs = new Set<LogKey>();
  const Socket = options.WebSocket ?? (globalThis.WebSocket as unknown as SocketConstructor);
  let interest = options.interest ?? CANON_ONLY;
  let session: Session | undefined;
  let closing: Promise<void> | undefined;

  const close = (): Promise<void> => {
    closing ??= (async () => {
      await session?.close();
      base.end();
      await running;
      base.setState("closed", "closed by this peer");
    })();
    return closing;
  };
  const base = createTransportBase(options.signal, () => void close());

  const connect = (url: string, fresh: string, signal: AbortSignal): Promise<Ended> =>
    new Promise((resolve) => {
      const address = `${url.replace(/\/+$/, "")}/herdmind/1/${logs.swarm}`;
      const socket = new Socket(address, [SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX + fresh]);
      let useful = false;
      let said = false;
      let over = false;
      let alive: ReturnType<typeof setInterval> | undefined;
      const end = (code: number, reason: string): void => {
        // A session that is dropped says so later again: the next one may be running by then.
        if (over) return;
        over = true;
        clearTimeout(timeout);
        clearInterval(alive);
        signal.removeEventListener("abort", abort);
        session = undefined;
        const refusal = said ? undefined : refusalOfClose(code, reason);
        if (refusal !== undefined) base.refusal(refusal, "peer");
        resolve({ useful, code, reason });
      };
      const abort = (): void => drop("closed by this peer");
      const drop = (why: string): void => {
        socket.close();
        // A dead network never confirms the close: this attempt is over now.
        void session?.close();
        end(1006, why);
      };
      const timeout = setTimeout(() => drop(`no answer within ${connectTimeoutMs} ms`), connectTimeoutMs);
      signal.addEventListener("abort", abort);

      const start = (): void => {
        if (signal.aborted) return;
        const current = createSession({
          logs,
          channel,
          interest,
          ephemerals,
          strangeLogs,
          carrying: options.carrying,
          ...(limits === undefined ? {} : { limits }),
        });
        session = current;
        let answered = true;
        current.on((event) => {
          switch (event.type) {
            case "open":
              clearTimeout(timeout);
              base.setState("connected", url);
              alive = setInterval(() => {
                if (!answered) return drop(`no sign of life for ${keepAliveMs} ms`);
                answered = false;
                void current.ping().then(() => {
                  answered = true;
                });
              }, keepAliveMs);
              break;
            case "synced":
              useful = true;
              base.emit(event);
              break;
            case "refusal":
              said ||= event.by === "peer";
              base.emit(event);
              break;
            case "peer":
              base.emit(event);
              break;
            case "closed":
              end(event.code, event.reason);
          }
        });
      };
      const channel = socketChannel(socket, start);
      channel.onClose(end);
    });

  const running = keepConnected({
    urls,
    token,
    backoff,
    random,
    connect,
    signal: base.signal,
    onState: (state, why) => {
      if (closing === undefined) base.setState(state, why);
    },
  });

  return {
    name: "relay",
    addresses: [],
    get state() {
      return base.state;
    },
    on: base.on,
    setInterest(next) {
      interest = next;
      session?.setInterest(next);
    },
    ping: async () => session?.ping(),
    close,
    [Symbol.asyncDispose]: close,
  };
};
