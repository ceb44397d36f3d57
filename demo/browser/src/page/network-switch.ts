/**
 * The switch that takes an agent off the network: its sockets are cut in the middle and no new one opens, and the service worker
 * loads its page from what was kept. It stays off over a reload, and in every tab of the agent.
 */
import { viaRelay } from "herdmind/browser";

type RelayOptions = NonNullable<Parameters<typeof viaRelay>[0]>;
type SocketConstructor = NonNullable<RelayOptions["WebSocket"]>;
type Socket = InstanceType<SocketConstructor>;
type Closed = (event: { readonly code: number; readonly reason: string }) => void;

export interface NetworkSwitch {
  readonly isOff: boolean;
  turn(off: boolean): Promise<void>;
  readonly transport: ReturnType<typeof viaRelay>;
}

const WHY = { code: 1006, reason: "the network is switched off" };

export const createNetworkSwitch = (agent: string, onTurn: () => void): NetworkSwitch => {
  const key = `offline/${agent}`;
  const isOff = (): boolean => localStorage.getItem(key) !== null;
  const open = new Set<WebSocket>();

  const cut = (): void => {
    for (const socket of open) {
      const closed = socket.onclose as Closed | null;
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
      closed?.(WHY);
    }
    open.clear();
  };
  // Another tab of this agent has turned it.
  addEventListener("storage", (event) => {
    if (event.key !== key) return;
    if (isOff()) cut();
    onTurn();
  });

  /** A socket that never opens. */
  const dead = (): Socket => {
    const socket: Socket = {
      binaryType: "arraybuffer",
      bufferedAmount: 0,
      readyState: 3,
      send: () => undefined,
      close: () => undefined,
      onopen: null,
      onmessage: null,
      onclose: null,
      onerror: null,
    };
    setTimeout(() => (socket.onclose as Closed | null)?.(WHY));
    return socket;
  };

  /** Called with `new`, as every socket is; what it gives back is the socket. */
  function SwitchedSocket(url: string, protocols: string[]): Socket {
    if (isOff()) return dead();
    const socket = new WebSocket(url, protocols);
    open.add(socket);
    socket.addEventListener("close", () => open.delete(socket));
    return socket;
  }

  return {
    get isOff() {
      return isOff();
    },
    turn: async (off) => {
      // The service worker looks here: it has no localStorage.
      const cache = await caches.open("page");
      if (off) {
        localStorage.setItem(key, "off");
        await cache.put(`/${key}`, new Response("off"));
        cut();
      } else {
        localStorage.removeItem(key);
        await cache.delete(`/${key}`);
      }
      onTurn();
    },
    // A short wait between attempts: whoever turns the switch back on is watching.
    transport: viaRelay({
      WebSocket: SwitchedSocket as unknown as SocketConstructor,
      backoff: { minMs: 100, maxMs: 500 },
    }),
  };
};
