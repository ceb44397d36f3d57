// Admits what a file of updates holds into canon on a disk, and dies by its own kill -9 before or after a given write.
// Arguments: directory, file, write at which it dies (0: never), "before" or "after".
import { readFileSync } from "node:fs";
import { followCanon } from "@herdmind/canon";
import { createLogs } from "@herdmind/log";
import { createOrchestrator } from "@herdmind/orchestrator";
import { fromBase64url, type GenerationId, importSeed, readGenesis, type WriterId } from "@herdmind/protocol";
import { openLevelStorage } from "@herdmind/storage-level";
import { crashAt, withFaults } from "@herdmind/testing/faults";

interface Task {
  readonly genesis: string;
  readonly seed: string;
  readonly chain: readonly string[];
  readonly updates: readonly {
    readonly writer: WriterId;
    readonly generation: GenerationId;
    readonly update: string;
  }[];
}

const must = <T>(result: { readonly ok: boolean; readonly value?: T }): T => {
  if (!result.ok) throw new Error(JSON.stringify(result));
  return result.value as T;
};
const bytes = (text: string): Uint8Array => fromBase64url(text) as Uint8Array;

const [dir = "", file = "", write = "0", when = "before"] = process.argv.slice(2);
const task = JSON.parse(readFileSync(file, "utf8")) as Task;
const storage = withFaults(
  must(await openLevelStorage(dir)),
  Number(write) === 0 ? () => undefined : crashAt(Number(write), when === "after" ? "after" : "before"),
);
void storage.crashed.then(() => process.kill(process.pid, "SIGKILL"));
const logs = must(await createLogs({ genesis: must(readGenesis(bytes(task.genesis))), storage }));
const canon = await followCanon({ logs });
const orchestrator = must(
  await createOrchestrator({
    logs,
    canon,
    key: await importSeed(bytes(task.seed)),
    chain: task.chain,
    now: () => 1_000_000,
    // Small blocks and generations, so that every kind of step comes often.
    limits: { recordsPerBlock: 3, blocksPerGeneration: 7 },
  }),
);
for (const { update, ...log } of task.updates) {
  const receipt = await logs.ingest(log, bytes(update), "file");
  if (!receipt.ok) throw new Error(receipt.refusal.message);
}
await orchestrator.flush();
const { stopped } = orchestrator.stats();
if (stopped !== undefined) throw new Error(stopped.message);
await orchestrator.close();
await canon.close();
await logs.close();
console.log("admitted");
