/** Append alone and ingest alone: a log on disk, no sockets. */
import { join } from "node:path";
import type { Logs } from "@herdmind/log";
import { openLevelStorage } from "@herdmind/storage-level";
import { serve } from "../frame/serve.ts";
import { appendSignals, type Founded, foundSwarm, ingestLog, makeLog, must, openLogs } from "../load/logs.ts";

const openOnDisk = async (swarm: Founded, dir: string): Promise<Logs> => {
  const storage = await openLevelStorage(dir);
  if (!storage.ok) throw new Error(storage.fault.message);
  return openLogs(swarm.genesis, storage.value);
};

const rate = (count: number, since: number): number => (count / (performance.now() - since)) * 1000;

serve({
  append: async (dir: string, count: number, perBlock: number) => {
    const swarm = await foundSwarm();
    await using logs = await openOnDisk(swarm, join(dir, `append-${perBlock}`));
    const writer = must(await logs.openWriter(await swarm.member("agent")));
    await appendSignals(writer, Math.min(count, 10 * perBlock), perBlock, 1000);
    const before = performance.now();
    await appendSignals(writer, count, perBlock, 1000);
    return rate(count, before);
  },
  ingest: async (dir: string, count: number, perBlock: number) => {
    const swarm = await foundSwarm();
    const made = await makeLog({ ...(await swarm.member("agent")), genesis: swarm.genesis }, count, perBlock, 1000);
    const warm = await makeLog(
      { ...(await swarm.member("agent")), genesis: swarm.genesis },
      10 * perBlock,
      perBlock,
      1000,
    );
    await using logs = await openOnDisk(swarm, join(dir, `ingest-${perBlock}`));
    await ingestLog(logs, warm);
    const before = performance.now();
    await ingestLog(logs, made);
    return rate(count, before);
  },
});
