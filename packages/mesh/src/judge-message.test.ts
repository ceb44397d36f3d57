import { TopicValidatorResult } from "@chainsafe/libp2p-gossipsub";
import { type LogId, sealEphemeral } from "@herdmind/protocol";
import { createMemoryStorage } from "@herdmind/storage-memory";
import { createHeartbeats, createSwarmEphemerals, encodeFrame } from "@herdmind/sync";
import { createTestSwarm, sampleSignal } from "@herdmind/testing";
import { expect, it } from "vitest";
import { createJudge } from "./judge-message.js";
import { MESH_LIMITS } from "./limits.js";
import type { Neighbour } from "./neighbours.js";

const neighbourOf = (writer: Neighbour["writer"]): Neighbour => ({
  peer: undefined as never,
  id: "neighbour",
  writer,
  connections: new Set(),
  heardAt: 0,
  strangeLogs: new Set(),
});

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
  const neighbour = neighbourOf(key.id);
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

it("T6 gives its verdict in time on a head that is announced and never served, and goes on asking for it", async () => {
  const net = await createTestSwarm(() => createMemoryStorage());
  const [here, there] = [await net.peer("agent"), await net.peer("orchestrator")];
  await there.writer.append([sampleSignal("canon")]);
  const log = there.writer.log as LogId;
  const head = await there.logs.signedHead(log, 1);
  const never = Promise.withResolvers<boolean>();
  let asked = 0;
  const judge = createJudge({
    logs: here.logs,
    ephemerals: createHeartbeats({ swarm: net.genesis.swarm, isHolder: () => true }),
    carrying: undefined,
    interest: () => ({ logs: "all", writers: [] }),
    limits: { ...MESH_LIMITS, verdictMs: 20 },
    origin: {},
    request: () => {
      asked++;
      return never.promise;
    },
    onHeard: () => {},
    onRefusal: () => {},
  });
  const frame = encodeFrame({ kind: "heads", done: true, heads: [head as Uint8Array] });
  expect(await judge("canon", neighbourOf(there.key.id), frame)).toBe(TopicValidatorResult.Ignore);
  expect(asked).toBe(1);
  // Minutes of every message that says the same would pass otherwise.
  expect(MESH_LIMITS.verdictMs).toBe(5000);
  never.resolve(false);
  await net.close();
});
