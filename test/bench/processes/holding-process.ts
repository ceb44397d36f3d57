/** One full peer that holds what many writers have written: what that costs in memory, on disk, and when it is opened again. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { createSwarm, openNode, type Peer } from "herdmind";
import { quantile } from "../frame/figures.ts";
import { heapUsed, serve } from "../frame/serve.ts";
import { admitted } from "../load/admitted.ts";
import { ingestLog, makeLog, memberByTicket } from "../load/logs.ts";
import { reportOf, seeded } from "../load/signals.ts";

let peer: Peer | undefined;
const own = (): Peer => {
  if (peer === undefined) throw new Error("there is no swarm yet");
  return peer;
};

const bytesBelow = async (dir: string): Promise<number> => {
  let bytes = 0;
  for (const one of await readdir(dir, { withFileTypes: true, recursive: true })) {
    if (one.isFile()) bytes += (await stat(join(one.parentPath, one.name))).size;
  }
  return bytes;
};

let ticket = "";

serve({
  /**
   * Lets so many signals wait on disk while nobody admits them, then opens the orchestrator over them: signals per second from
   * opening to the last watermark in canon.
   */
  admission: async (dir: string, writers: number, each: number, perBlock: number, problems: number) => {
    const first = await createSwarm({ name: "bench", dir, relay: false });
    const invitation = await first.invite();
    await first.close();
    const made = [];
    for (let i = 0; i < writers; i++)
      made.push(await makeLog(await memberByTicket(invitation), each, perBlock, problems, i * each));
    // A node that is opened without its office takes logs in and admits nothing.
    const idle = await openNode({ dir, connect: false });
    for (const log of made) await ingestLog(idle.logs, log);
    await idle.close();
    const before = performance.now();
    peer = await createSwarm({ name: "bench", dir, relay: false });
    await admitted(own());
    const ms = performance.now() - before;
    await peer.close();
    return ((writers * each) / ms) * 1000;
  },
  /** Creates a swarm without a relay, or opens it again; milliseconds, and the heap then. */
  open: async (dir: string) => {
    const before = performance.now();
    peer = await createSwarm({ name: "bench", dir, relay: false });
    const ms = performance.now() - before;
    ticket = await peer.invite();
    return { ms, heap: await heapUsed(), rss: process.memoryUsage().rss };
  },
  /** Takes the logs of new writers in, one after the other; the orchestrator admits them meanwhile. Bytes of their updates. */
  fill: async (writers: number, each: number, perBlock: number, problems: number) => {
    let bytes = 0;
    let blocks = 0;
    for (let i = 0; i < writers; i++) {
      const made = await makeLog(await memberByTicket(ticket), each, perBlock, problems, i * each);
      await ingestLog(own().logs, made);
      blocks += made.blocks;
      for (const update of made.updates) bytes += update.length;
    }
    await admitted(own());
    return { bytes, blocks };
  },
  admitted: () => admitted(own()),
  heap: heapUsed,
  /** Microseconds of exact recalls. */
  recall: async (problems: number, queries: number) => {
    const random = seeded(3);
    const times: number[] = [];
    for (let i = 0; i < queries; i++) {
      const { error } = reportOf(Math.floor(random() * problems)).problem;
      const before = performance.now();
      const known = await own().recall({ error });
      times.push((performance.now() - before) * 1000);
      if (known.entries[0]?.match !== "exact") throw new Error(`"${error.message}" was not recalled`);
    }
    return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
  },
  disk: bytesBelow,
  close: async () => {
    await peer?.close();
    peer = undefined;
  },
});
