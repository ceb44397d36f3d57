/**
 * The client for browsers: one y-websocket room per log, and a control room that says which logs of canon there are. Each
 * room runs a sync session for its log, so heads, receipts, refusals and forks are as on the multiplexed endpoint.
 */
import type { Logs } from "@herdmind/log";
import { type LogId, type LogKey, logKey, refuse, roomOf } from "@herdmind/protocol";
import {
  CONTROL_ROOM,
  createRoomChannel,
  createSession,
  type Ephemerals,
  type Interest,
  isCanon,
  SESSION_LIMITS,
  type Session,
  type SessionLimits,
  type Transport,
} from "@herdmind/sync";
import { type Backoff, type Ended, keepConnected, refusalOfClose } from "./keep-connected.js";
import { connectRoom } from "./room.js";
import type { SocketConstructor } from "./socket.js";
import { createTransportBase } from "./transport-base.js";

export interface RoomClientOptions {
  readonly logs: Logs;
  /** Relays, `ws://` or `wss://` without a path; tried in turn. */
  readonly urls: readonly string[];
  /** Makes a new access token (`issueAccessToken`); called before each attempt of each room. */
  readonly token: () => Promise<string>;
  /** What this peer wants: canon, and the logs of `writers`. `all` is more sockets than a browser has. */
  readonly interest?: Interest;
  readonly ephemerals?: Ephemerals;
  /** Default: the global one. */
  readonly WebSocket?: SocketConstructor;
  readonly signal?: AbortSignal;
  readonly backoff?: Backoff;
  readonly random?: () => number;
  readonly limits?: Partial<SessionLimits>;
  /** Milliseconds that opening and the relay's hello may take together. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** Rooms open at once: a relay that announces a thousand logs. Default 32; a browser allows 255 sockets to a host. */
  readonly maxRooms?: number;
}

interface Room {
  readonly log: LogId | undefined;
  readonly abort: AbortController;
  session: Session | undefined;
  synced: boolean;
  running: Promise<void>;
}

const CANON_ONLY: Interest = { logs: "own", writers: [] };

/** Connects, and stays connected until closed. Nothing here fails: what goes wrong is an event. */
export const createRoomClient = (options: RoomClientOptions): Transport => {
  const { logs, urls, token, ephemerals, backoff, random, limits, connectTimeoutMs = 10_000, maxRooms = 32 } = options;
  const maxStrange = limits?.strangeLogs ?? SESSION_LIMITS.strangeLogs;
  const Socket = options.WebSocket ?? (globalThis.WebSocket as unknown as SocketConstructor);
  const rooms = new Map<LogKey, Room>();
  /** Logs that turned out to be neither canon nor ours. */
  const strange = new Set<LogKey>();
  let interest = options.interest ?? CANON_ONLY;
  let saidSynced = false;
  let saidFull = false;
  let saidStrange = false;
  let closing: Promise<void> | undefined;

  const close = (): Promise<void> => {
    closing ??= (async () => {
      unsubscribe();
      const all = [control, ...rooms.values()];
      await Promise.all(all.map(({ session }) => session?.close()));
      for (const { abort } of all) abort.abort();
      base.end();
      await Promise.all(all.map(({ running }) => running));
      base.setState("closed", "closed by this peer");
    })();
    return closing;
  };
  const base = createTransportBase(options.signal, () => void close());

  const isOwn = (log: LogId): boolean => interest.writers.includes(log.writer);

  const checkSynced = (): void => {
    if (saidSynced || !control.synced) return;
    for (const room of rooms.values()) if (!room.synced) return;
    saidSynced = true;
    base.emit({ type: "synced" });
  };

  /** A closed generation that both sides hold whole needs no socket. */
  const leaveIfDone = (room: Room): void => {
    const state = room.log === undefined ? undefined : logs.get(room.log);
    if (state?.next === undefined || (room.session?.peerLength(state) ?? 0) < state.length) return;
    leave(room);
  };
  const leave = (room: Room): void => {
    rooms.delete(logKey(room.log as LogId));
    void room.session?.close();
    room.abort.abort();
    checkSynced();
  };

  /**
   * Whose log it is shows only in its first block, and by then it is stored: a relay that brings one stranger after the other fills the
   * disk. So those that may yet turn out to be strange count as well.
   */
  const isOneStrangeTooMany = (log: LogId): boolean => {
    const isUnknown = (one: LogId): boolean => !isOwn(one) && logs.get(one) === undefined;
    if (!isUnknown(log)) return false;
    let unknown = 0;
    for (const room of rooms.values()) if (room.log !== undefined && isUnknown(room.log)) unknown++;
    return strange.size + unknown >= maxStrange;
  };

  const enter = (log: LogId): void => {
    const key = logKey(log);
    if (closing !== undefined || rooms.has(key) || strange.has(key)) return;
    if (rooms.size >= maxRooms) {
      if (saidFull) return;
      saidFull = true;
      const message = `More than ${maxRooms} rooms are wanted. Use the multiplexed client, or raise maxRooms.`;
      base.refusal(refuse("T3", "none", message, { log }).refusal, "us");
      return;
    }
    if (isOneStrangeTooMany(log)) {
      if (saidStrange) return;
      saidStrange = true;
      const message = `More than ${maxStrange} logs that nobody here asked for. Use another relay.`;
      base.refusal(refuse("T3", "sender", message, { log }).refusal, "us");
      return;
    }
    rooms.set(key, openRoom(log));
  };

  const connect = (room: Room, url: string, fresh: string, signal: AbortSignal): Promise<Ended> =>
    new Promise((resolve) => {
      const name = room.log === undefined ? `${logs.swarm}/${CONTROL_ROOM}` : roomOf(logs.swarm, room.log);
      // First of all: an address that is none throws here, before a timer runs.
      const connection = connectRoom({ url, room: name, token: fresh, WebSocket: Socket, onOpen: () => start() });
      let useful = false;
      let said = false;
      let over = false;
      const end = (code: number, reason: string): void => {
        if (over) return;
        over = true;
        clearTimeout(timeout);
        signal.removeEventListener("abort", abort);
        room.session = undefined;
        room.synced = false;
        const refusal = said ? undefined : refusalOfClose(code, reason);
        if (refusal !== undefined) base.refusal(refusal, "peer");
        resolve({ useful, code, reason });
      };
      const drop = (why: string): void => {
        void room.session?.close();
        connection.destroy();
        end(1006, why);
      };
      const abort = (): void => drop("closed by this peer");
      const timeout = setTimeout(() => drop(`no answer within ${connectTimeoutMs} ms`), connectTimeoutMs);
      signal.addEventListener("abort", abort);

      const start = (): void => {
        const session = createSession({
          logs,
          interest,
          ephemerals,
          channel: createRoomChannel(connection.channel, room.log),
          blocks: room.log !== undefined,
          ...(room.log === undefined ? {} : { only: room.log }),
          ...(limits === undefined ? {} : { limits }),
        });
        room.session = session;
        session.on((event) => {
          switch (event.type) {
            case "open":
              clearTimeout(timeout);
              if (room === control) base.setState("connected", url);
              break;
            case "synced":
              useful = true;
              room.synced = true;
              checkSynced();
              break;
            case "refusal":
              said ||= event.by === "peer";
              base.emit(event);
              break;
            case "peer":
              if (room === control) visit(event.log);
              base.emit(event);
              leaveIfDone(room);
              break;
            case "closed":
              end(event.code, event.reason);
          }
        });
      };
      connection.channel.onClose(end);
    });

  const openRoom = (log: LogId | undefined): Room => {
    const abort = new AbortController();
    const room: Room = { log, abort, session: undefined, synced: false, running: Promise.resolve() };
    room.running = keepConnected({
      urls,
      token,
      backoff,
      random,
      signal: abort.signal,
      connect: (url, fresh, signal) => connect(room, url, fresh, signal),
      onState: (state, why) => {
        if (log !== undefined || closing !== undefined) return;
        if (state === "offline") saidSynced = false;
        base.setState(state, why);
      },
    });
    return room;
  };

  /** The control room speaks of a log. */
  const visit = (log: LogId): void => {
    const state = logs.get(log);
    if (state !== undefined && !isCanon(state) && !isOwn(log)) return;
    // A closed generation that both sides hold whole needs no socket.
    if (state?.next !== undefined && (control.session?.peerLength(log) ?? 0) === state.length) return;
    enter(log);
  };
  const enterOwn = (): void => {
    for (const writer of interest.writers) {
      // Closed generations are entered when the control room says that the relay lacks them.
      for (const state of logs.ofWriter(writer)) if (state.next === undefined) enter(state);
    }
  };

  const unsubscribe = logs.subscribe(({ log, membership }) => {
    if (isOwn(log)) return enter(log);
    const room = rooms.get(logKey(log));
    if (membership.role === "orchestrator" || room === undefined) return;
    strange.add(logKey(log));
    leave(room);
  });
  const control = openRoom(undefined);
  enterOwn();

  return {
    name: "relay",
    addresses: [],
    get state() {
      return base.state;
    },
    on: base.on,
    setInterest(next) {
      interest = next;
      control.session?.setInterest(next);
      enterOwn();
    },
    ping: async () => control.session?.ping(),
    close,
    [Symbol.asyncDispose]: close,
  };
};
