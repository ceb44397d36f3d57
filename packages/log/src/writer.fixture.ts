import type { AnyRecord, LogId } from "@herdmind/protocol";
import { createMemoryStorage, type MemoryDisk } from "@herdmind/storage-memory";
import { type SampleMember, sampleSwarm } from "@herdmind/testing";
import { expect } from "vitest";
import { createLogs } from "./create-logs.js";
import type { AppendReceipt, Logs, OpenWriter, Writer } from "./logs.js";
import type { Storage } from "./storage.js";

export const swarm = await sampleSwarm(5);
export const { genesis } = swarm;
export const member = await swarm.member(1);

export const openLogs = async (storage: Storage = createMemoryStorage()): Promise<Logs> => {
  const logs = await createLogs({ genesis, storage });
  if (!logs.ok) throw new Error(logs.refusal.message);
  return logs.value;
};
export const onDisk = (disk: MemoryDisk) => openLogs(createMemoryStorage({ disk }));
export const openWriter = async (
  logs: Logs,
  options: Partial<OpenWriter> = {},
  by: SampleMember = member,
): Promise<Writer> => {
  const writer = await logs.openWriter({ key: by.key, chain: by.chain, ...options });
  if (!writer.ok) throw new Error(writer.refusal.message);
  return writer.value;
};
export const must = (receipt: AppendReceipt) => {
  if (!receipt.ok) throw new Error(receipt.refusal.message);
  return receipt;
};
export const recordsIn = async (logs: Logs, log: LogId): Promise<readonly (readonly AnyRecord[])[]> => {
  const blocks: (readonly AnyRecord[])[] = [];
  for await (const { records } of logs.read(log)) blocks.push(records);
  return blocks;
};
/** `at` of every signal of a writer, generation by generation. */
export const signalsOf = async (logs: Logs): Promise<readonly number[]> => {
  const signals: number[] = [];
  for (const log of logs.list()) {
    for (const records of await recordsIn(logs, log)) {
      for (const each of records) if (each.type === "signal") signals.push(each.body.at);
    }
  }
  return signals;
};
/** Takes over every log of `from` as a peer would: that it is accepted proves that a peer accepts it. */
export const copyOver = async (from: Logs, to: Logs): Promise<void> => {
  for (const log of from.list()) {
    const update = await from.update(log, to.get(log)?.length ?? 0, 4_000_000);
    if (update !== undefined) expect(await to.ingest(log, update.update, "copy")).toMatchObject({ ok: true });
  }
};
