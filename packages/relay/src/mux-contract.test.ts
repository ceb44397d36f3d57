/** The multiplexed client against a real relay on a real socket, once with the global WebSocket and once with that of `ws`. */
import { createMemoryStorage } from "@herdmind/storage-memory";
import { type TransportHarness, transportContract } from "@herdmind/testing";
import { createProxy } from "@herdmind/testing/proxy";
import { createMuxClient, type SocketConstructor } from "@herdmind/websocket";
import { WebSocket } from "ws";
import { createRelay } from "./relay.js";

const harness = (Socket: SocketConstructor): TransportHarness => ({
  openStorage: () => createMemoryStorage(),
  async createNetwork({ logs, ephemerals }) {
    const started = await createRelay({ logs, ephemerals });
    if (!started.ok) throw new Error(started.fault.message);
    const relay = started.value;
    const proxy = await createProxy(relay.port);
    return {
      connect: (peer) =>
        createMuxClient({
          ...peer,
          urls: [`ws://127.0.0.1:${proxy.port}`],
          WebSocket: Socket,
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

transportContract(
  "multiplexed client, global WebSocket",
  harness(globalThis.WebSocket as unknown as SocketConstructor),
);
transportContract("multiplexed client, ws", harness(WebSocket as unknown as SocketConstructor));
