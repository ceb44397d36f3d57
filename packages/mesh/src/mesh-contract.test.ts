/** The mesh between a hub and its peers, over real sockets through a proxy: TCP, and WebSockets. */
import { createMemoryStorage } from "@herdmind/storage-memory";
import type { TransportContext } from "@herdmind/sync";
import { type TransportHarness, transportContract } from "@herdmind/testing";
import { createProxy } from "@herdmind/testing/proxy";
import { createMesh } from "./node.js";

const soon = { exchangeEveryMs: { min: 200, max: 400 }, backoff: { minMs: 5, maxMs: 50 } };

const harness = (suffix: "" | "/ws"): TransportHarness => ({
  openStorage: () => createMemoryStorage(),
  async createNetwork(peer) {
    const at = (
      context: Omit<TransportContext, "addresses" | "now">,
      addresses: readonly string[],
    ): TransportContext => ({
      ...context,
      addresses,
      now: Date.now,
    });
    const hub = await createMesh(at({ ...peer, interest: { logs: "all", writers: [] } }, []), {
      ...soon,
      listen: [`/ip4/127.0.0.1/tcp/0${suffix}`],
    });
    const [address = ""] = hub.addresses;
    const port = Number(/\/tcp\/(\d+)/.exec(address)?.[1]);
    const proxy = await createProxy(port);
    return {
      connect: (context) =>
        createMesh(at(context, [address.replace(`/tcp/${port}`, `/tcp/${proxy.port}`)]), { ...soon, listen: [] }),
      cut: proxy.cut,
      hold: proxy.hold,
      release: proxy.release,
      bytesToHub: proxy.bytesToServer,
      async [Symbol.asyncDispose]() {
        await hub.close();
        await proxy.close();
      },
    };
  },
});

transportContract("mesh over TCP", harness(""));
transportContract("mesh over WebSockets", harness("/ws"));
