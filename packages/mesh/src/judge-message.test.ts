import { TopicValidatorResult } from "@chainsafe/libp2p-gossipsub";
import { sealEphemeral } from "@herdmind/protocol";
import { createMemoryStorage } from "@herdmind/storage-memory";
import { createHeartbeats, createSwarmEphemerals, encodeFrame } from "@herdmind/sync";
import { createTestSwarm } from "@herdmind/testing";
import { expect, it } from "vitest";
import { createJudge } from "./judge-message.js";
import { MESH_LIMITS } from "./limits.js";
import type { Neighbour } from "./neighbours.js";

it("E6 hears the orchestrator through a neighbour that forwards a flood of other messages", async () => {
  const net = await createTestSwarm(() => createMemoryStorage());
  const { swarm } = net.genesis;
  const { logs, key } = await net.peer("orchestrator");
  const judge = createJudge({
    logs,
    ephemerals: createSwarmEphemerals({
      swarm,
      heartbeats: createHeartbeats({ swarm, isHolder: () => true }),
      roleOf: () => "agent",
    }),
    carrying: undefined,
    interest: () => ({ logs: "own", writers: [] }),
    limits: { ...MESH_LIMITS, ephemeralsPerSecond: 1 },
    origin: {},
    request: async () => false,
    onHeard: () => {},
    onRefusal: () => {},
  });
  const neighbour: Neighbour = {
    peer: undefined as never,
    id: "neighbour",
    writer: key.id,
    connections: new Set(),
    heardAt: 0,
    strangeLogs: new Set(),
  };
  const say = async (kind: string, counter: number, body: object): Promise<unknown> => {
    const bytes = await sealEphemeral(key, swarm, { kind, counter, body: body as never });
    return judge("canon", neighbour, encodeFrame({ kind: "ephemeral", bytes }));
  };
  const presence = { name: "a", agents: 1, carry: "own", lifetimeMs: 1000 } as const;
  const flood = [];
  for (let n = 1; n <= 20; n++) flood.push(await say("presence", n, presence));
  expect(flood).toContain(TopicValidatorResult.Ignore);
  const { generation, hash } = { generation: "AAAAAAAAAAAAAAAAAAAAAA", hash: "A".repeat(43) };
  expect(await say("heartbeat", 1, { term: 1, generation, length: 1, hash, at: Date.now() })).toBe(
    TopicValidatorResult.Accept,
  );
  await net.close();
});
