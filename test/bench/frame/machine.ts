/** Where the figures come from. */
import { statfsSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from "node:os";

export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  /** Processes that wanted to run before the bench began, averaged over a minute: other work makes figures worse. */
  readonly load: number;
  /** Directories in memory make fsync free, and figures meaningless. */
  readonly disk: "disk" | "memory";
}

// statfs(2): the magic number of tmpfs.
const TMPFS = 0x01021994;

export const describeMachine = (): Machine => ({
  cores: availableParallelism(),
  processor: cpus()[0]?.model.trim() ?? "unknown",
  memoryGb: Math.round(totalmem() / 2 ** 30),
  system: `${process.platform} ${process.arch}`,
  node: process.version,
  load: Number((loadavg()[0] ?? 0).toFixed(2)),
  disk: statfsSync(process.env.HERDMIND_BENCH_DIR ?? tmpdir()).type === TMPFS ? "memory" : "disk",
});
