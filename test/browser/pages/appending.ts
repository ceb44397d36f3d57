// Appends for as long as it lives, and says on the console what was acknowledged. Each batch touches three logs, a name and a
// proof, so that a half of one would show.
import { openIndexeddbStorage } from "@herdmind/storage-indexeddb";
import { sampleBytes, sampleHash, sampleLog } from "@herdmind/testing/sample-ids";

const opened = await openIndexeddbStorage("appending");
if (!opened.ok) throw new Error(opened.fault.message);
const storage = opened.value;
const logs = [sampleLog(1), sampleLog(2), sampleLog(3)];
const heads = await storage.heads();
if (!heads.ok) throw new Error(heads.fault.message);
let length = heads.value[0]?.length ?? 0;

/** Block n of log i has its own bytes; the hash of a head names its length. */
const append = async (count: number): Promise<void> => {
  const from = length;
  length += count;
  const answer = await storage.appendBatch({
    appends: logs.map((log, i) => ({
      log,
      from,
      blocks: Array.from({ length: count }, (_, k) => sampleBytes(i * 1_000_003 + from + k, 100 + ((from + k) % 900))),
      hash: sampleHash(from + count),
    })),
    meta: [{ key: "length", value: new TextEncoder().encode(`${from + count}`) }],
    proofs: [sampleBytes(from, 40)],
  });
  if (!answer.ok) throw new Error(answer.fault.message);
  console.log(from + count);
};

// Two at a time, so that a write is always under way when the other is acknowledged.
const forever = async (): Promise<void> => {
  for (let n = 1; ; n++) await append(1 + (n % 5));
};
await Promise.all([forever(), forever()]);
