/**
 * What is published between the first exchange and a neighbour's subscription does not reach it. (On a busy machine a peer that had just
 * joined missed the first entry in one of ten runs, until the next exchange.) So who begins to listen is asked again.
 */
import { tcp } from "@libp2p/tcp";
import { expect, it } from "vitest";
import { createOwnLibp2p } from "./create-libp2p.js";
import { SYNC_PROTOCOL } from "./exchanges.js";
import { MESH_LIMITS } from "./limits.js";
import { createMeshSwarm, quiet, until } from "./mesh.fixture.js";
import { deriveSecrets } from "./secrets.js";

it("asks a neighbour that begins to listen what it lacks, once, however often it says so", async () => {
  await using net = await createMeshSwarm();
  const peer = await net.swarm.peer("agent");
  const libp2p = await createOwnLibp2p(peer.key, await deriveSecrets(net.swarm.genesis), MESH_LIMITS, {
    transports: [tcp()],
  });
  try {
    let asked = 0;
    const handle = libp2p.handle.bind(libp2p);
    libp2p.handle = (protocols, handler, options) =>
      handle(
        protocols,
        (stream, connection) => {
          if (protocols === SYNC_PROTOCOL) asked += 1;
          return handler(stream, connection);
        },
        options,
      );
    const hub = await net.start("orchestrator");
    // It dials, so the first exchange is its own: whatever is asked of it was not asked by that.
    const guest = await net.mesh(peer, { libp2p, addresses: hub.mesh.addresses, carry: "none" });
    await until(() => guest.events.some(({ type }) => type === "synced"));
    await quiet();
    expect(asked).toBe(0);
    for (const logs of ["own", "none", "own", "none", "own"] as const) {
      guest.mesh.setInterest({ logs, writers: [peer.key.id] });
      await until(() => asked === 1, "the question");
      await quiet(100);
    }
    expect(asked).toBe(1);
  } finally {
    await libp2p.stop();
  }
});
