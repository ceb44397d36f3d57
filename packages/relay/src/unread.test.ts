import { sampleGeneration } from "@herdmind/testing";
import { expect, it } from "vitest";
import { protocolsFor, rawClient, startRelay, until } from "./relay.fixture.js";

it("T3 ends a connection that asks and never reads, before its answers fill the memory", async () => {
  await using test = await startRelay();
  const peer = await test.swarm.peer("observer");
  const client = rawClient(`${test.relay.url}/herdmind/1/${test.swarm.genesis.swarm}`, await protocolsFor(peer));
  await client.opened;
  await until(() => test.relay.stats().connections === 1);
  client.send({ kind: "hello", version: 1, interest: { logs: "none", writers: [] } });
  client.socket.pause();
  const rules: string[] = [];
  test.relay.on((event) => {
    if (event.type === "refusal") rules.push(event.refusal.rule);
  });
  const needs = Array.from({ length: 256 }, (_, n) => ({
    log: { writer: peer.key.id, generation: sampleGeneration(n) },
    from: 0,
    head: undefined,
  }));
  for (let i = 0; i < 600; i++) client.send({ kind: "need", needs });
  await until(() => rules.length > 0);
  expect(rules).toEqual(["T3"]);
  client.socket.terminate();
});
