import { createLogs, encodeUpdate, type Logs } from "@herdmind/log";
import { clientIdOf, encodeForkProof, headOf } from "@herdmind/protocol";
import { createMemoryStorage } from "@herdmind/storage-memory";
import { createChannelPair, createSession } from "@herdmind/sync";
import { type SampleChain, sampleChain, sampleSwarm } from "@herdmind/testing";
import { expect, it } from "vitest";

it("L6 a proof that lowers a quarantine reaches a peer that knows a higher one", async () => {
  const swarm = await sampleSwarm(4);
  const member = await swarm.member(1);
  const chain = await sampleChain(swarm, member, 8);
  const open = async (): Promise<Logs> => {
    const opened = await createLogs({ genesis: swarm.genesis, storage: createMemoryStorage() });
    if (!opened.ok) throw new Error(opened.refusal.message);
    return opened.value;
  };
  const give = (logs: Logs, { log, bytes }: SampleChain) =>
    logs.ingest(log, encodeUpdate(clientIdOf(swarm.genesis.swarm, log), 0, bytes), undefined);
  const proofAt = async (sequence: number): Promise<Uint8Array> => {
    const fork = await sampleChain(swarm, member, sequence + 1, { fork: { of: chain, keep: sequence } });
    return encodeForkProof(headOf(chain.bytes[sequence] as Uint8Array), headOf(fork.bytes[sequence] as Uint8Array));
  };
  const [a, b] = [await open(), await open()];
  await give(a, chain);
  await give(b, chain);
  const [left, right] = createChannelPair();
  const all = { logs: "all", writers: [] } as const;
  const sessions = [
    createSession({ logs: a, channel: left, interest: all }),
    createSession({ logs: b, channel: right, interest: all }),
  ];
  for (const sequence of [5, 2]) {
    await a.offerProof(await proofAt(sequence), "a test");
    await expect.poll(() => b.get(chain.log)?.quarantinedFrom).toBe(sequence);
  }
  await Promise.all(sessions.map((session) => session.close()));
  await a.close();
  await b.close();
});
