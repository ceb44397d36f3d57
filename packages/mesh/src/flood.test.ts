/** Bursts: bounded memory, no connection ended, nothing lost. */
import { sampleSignal } from "@herdmind/testing";
import { createProxy } from "@herdmind/testing/proxy";
import { expect, it } from "vitest";
import { createMeshSwarm, same, until } from "./mesh.fixture.js";

it("carries 10,000 signals appended one by one, in few messages and on the connection it began with", {
  timeout: 120_000,
}, async () => {
  await using net = await createMeshSwarm();
  const hub = await net.start("orchestrator");
  const agent = await net.start("agent", { addresses: hub.mesh.addresses, listen: [] });
  await until(() => agent.mesh.state === "connected");
  let waiting = 0;
  const watch = setInterval(() => {
    const streams = agent.mesh.libp2p.getConnections().flatMap((connection) => connection.streams);
    waiting = Math.max(waiting, ...streams.map(({ writeBufferLength }) => writeBufferLength));
  }, 1);
  for (let i = 0; i < 10_000; i++) await agent.writer.append([sampleSignal(`${i}`)]);
  const end = Date.now() + 60_000;
  while (!same(hub.logs, agent.logs, agent.log) && Date.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 5));
  clearInterval(watch);
  expect(hub.logs.get(agent.log)?.length).toBe(10_001);
  // What waits is cut from the log when there is room for it: at most a message over the bound of a stream.
  expect(waiting).toBeLessThan(1024 * 1024 + 512 * 1024);
  expect(agent.events.filter((event) => event.type === "state" && event.state !== "connected").length).toBe(0);
  expect(hub.mesh.counts.rejected).toBe(0);
  // One by one they would be 10,001.
  expect(agent.mesh.counts.messages).toBeLessThan(8000);
});

it("leaves out a neighbour that does not read, without keeping anything for it, and brings it up to date later", {
  timeout: 120_000,
}, async () => {
  await using net = await createMeshSwarm();
  // Long enough that neither side finds the other dead meanwhile.
  const hub = await net.start("orchestrator", { keepAliveMs: 60_000 });
  const [address = ""] = hub.mesh.addresses;
  const port = Number(/tcp\/(\d+)/.exec(address)?.[1]);
  const proxy = await createProxy(port);
  const slow = await net.start("agent", {
    addresses: [address.replace(`${port}`, `${proxy.port}`)],
    listen: [],
    keepAliveMs: 60_000,
  });
  const quick = await net.start("agent", { addresses: hub.mesh.addresses, listen: [] });
  await until(() => hub.mesh.neighbours.length === 2);
  await hub.writer.append([sampleSignal("first")]);
  await until(() => same(hub.logs, slow.logs, hub.log) && same(hub.logs, quick.logs, hub.log));
  proxy.hold();
  // 150 blocks of 30 KB are 4.5 MB; a yamux window is 256 KiB, and 1 MiB may wait for a stream.
  let waiting = 0;
  for (let i = 0; i < 150; i++) {
    await hub.writer.append([sampleSignal(`${i}`, 30_000)]);
    const streams = hub.mesh.libp2p.getConnections().flatMap((connection) => connection.streams);
    waiting = Math.max(waiting, ...streams.map(({ writeBufferLength }) => writeBufferLength));
  }
  await until(() => same(hub.logs, quick.logs, hub.log), "the quick one", 60);
  expect(waiting).toBeLessThan(1024 * 1024 + 512 * 1024);
  expect(same(hub.logs, slow.logs, hub.log)).toBe(false);
  proxy.release();
  await hub.writer.append([sampleSignal("last")]);
  await until(() => same(hub.logs, slow.logs, hub.log), "the slow one", 60);
  await slow.mesh.close();
  await proxy.close();
});
