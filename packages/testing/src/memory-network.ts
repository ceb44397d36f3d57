/**
 * A network inside one process: peers meet a hub over pairs of channels, real sessions at both ends and no sockets. It passes the
 * transport contract, so tests of what stands above a transport may use it in place of a real one.
 */
import {
  createChannelPair,
  createListeners,
  createSession,
  type MemoryChannel,
  type Session,
  type Transport,
  type TransportEvent,
  type TransportState,
} from "@herdmind/sync";
import type { ConnectingPeer, TransportNetwork } from "./transport-contract.js";

/** Milliseconds until a cut peer connects again. */
const RECONNECT_MS = 5;

interface Connected {
  /** The peer's end. */
  readonly channel: MemoryChannel;
  readonly atHub: Session;
}

export const createMemoryNetwork = (hub: Omit<ConnectingPeer, "interest" | "token">): TransportNetwork => {
  const connections = new Set<Connected>();
  const transports = new Set<Transport>();
  let isHeld = false;
  let bytes = 0;

  const connect = ({ logs, ephemerals, interest: wanted }: ConnectingPeer): Transport => {
    const listeners = createListeners<TransportEvent>();
    let interest = wanted;
    let state: TransportState = "connecting";
    let session: Session | undefined;
    let retry: ReturnType<typeof setTimeout> | undefined;
    let closing: Promise<void> | undefined;

    const setState = (next: TransportState, why: string): void => {
      if (state === "closed" || state === next) return;
      state = next;
      listeners.emit({ type: "state", state, why });
    };

    const open = (): void => {
      setState("connecting", "memory");
      const [channel, far] = createChannelPair();
      const counted = {
        ...channel,
        send: (frame: Uint8Array): void => {
          bytes += frame.length;
          channel.send(frame);
        },
      };
      if (isHeld) channel.hold();
      const atHub = createSession({
        logs: hub.logs,
        channel: far,
        interest: { logs: "all", writers: [] },
        ephemerals: hub.ephemerals,
      });
      const connected: Connected = { channel, atHub };
      connections.add(connected);
      session = createSession({ logs, channel: counted, interest, ephemerals });
      session.on((event) => {
        switch (event.type) {
          case "open":
            return setState("connected", "memory");
          case "closed":
            connections.delete(connected);
            session = undefined;
            if (closing !== undefined) return;
            setState("offline", event.reason === "" ? "the connection was cut" : event.reason);
            retry = setTimeout(open, RECONNECT_MS);
            return;
          default:
            return listeners.emit(event);
        }
      });
    };

    const transport: Transport = {
      name: "memory",
      addresses: [],
      get state() {
        return state;
      },
      on: listeners.add,
      setInterest(next) {
        interest = next;
        session?.setInterest(next);
      },
      ping: async () => session?.ping(),
      close: () => {
        closing ??= (async () => {
          clearTimeout(retry);
          await session?.close();
          setState("closed", "closed by this peer");
          transports.delete(transport);
        })();
        return closing;
      },
      [Symbol.asyncDispose]: () => transport.close(),
    };
    transports.add(transport);
    open();
    return transport;
  };

  return {
    connect,
    cut() {
      for (const { channel } of [...connections]) channel.cut();
    },
    hold() {
      isHeld = true;
      for (const { channel } of connections) channel.hold();
    },
    release() {
      isHeld = false;
      for (const { channel } of connections) channel.release();
    },
    bytesToHub: () => bytes,
    async [Symbol.asyncDispose]() {
      await Promise.all([...transports].map((transport) => transport.close()));
      await Promise.all([...connections].map(({ atHub }) => atHub.close()));
    },
  };
};
