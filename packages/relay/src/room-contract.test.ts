/** The room client against a real relay on a real socket. Node has no browser's WebSocket quirks, so `ws` stands in. */
import { createMemoryStorage } from "@herdmind/storage-memory";
import { transportContract } from "@herdmind/testing";
import { createProxy } from "@herdmind/testing/proxy";
import { createRoomClient, type SocketConstructor } from "@herdmind/websocket";
import { WebSocket } from "ws";
import { createRelay } from "./relay.js";

transportContract("room client", {
  openStorage: () => createMemoryStorage(),
  async createNetwork({ logs, ephemerals }) {
    const started = await createRelay({ logs, ephemerals });
    if (!started.ok) throw new Error(started.fault.message);
    const relay = started.value;
    const proxy = await createProxy(relay.port);
    return {
      connect: (peer) =>
        createRoomClient({
          ...peer,
          urls: [`ws://127.0.0.1:${proxy.port}`],
          WebSocket: WebSocket as unknown as SocketConstructor,
          backoff: { minMs: 5, maxMs: 50 },
        }),
      cut: proxy.cut,
      hold: proxy.hold,
      release: proxy.release,
      bytesToHub: proxy.bytesToServer,
      async [Symbol.asyncDispose]() {
        await relay.close();
        await proxy.close();
      },
    };
  },
});
