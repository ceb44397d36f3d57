/** Every place where a process can die between two of its writes, tried one after the other. */
import type { Storage } from "@herdmind/log";
import { crashAt, type FaultyStorage, withFaults } from "./faults.js";

export interface CrashScenario<Medium> {
  /** A fresh place. Called once for each point. */
  create(): Promise<Medium>;
  open(medium: Medium): Promise<Storage>;
  /** Ends the storage below without closing it; see `StorageHarness.crash`. */
  crash(medium: Medium, storage: Storage): Promise<void>;
  /** The code under test. It must be deterministic in its writes, up to the crash. */
  work(storage: FaultyStorage): Promise<void>;
  /** Opens the medium again and checks it. `point` reads like `before write 3`, for messages. */
  check(medium: Medium, point: string): Promise<void>;
  /** Removes the place; called once for each `create`. */
  dispose(medium: Medium): Promise<void>;
}

/**
 * Runs `work` once for each point: it dies before write 1, after write 1 (durable, nobody told), before write 2, and so on,
 * until a run needs fewer writes than that. Answers the number of points tried.
 */
export const atEveryCrashPoint = async <Medium>(scenario: CrashScenario<Medium>): Promise<number> => {
  for (let points = 0; ; points++) {
    const write = (points >> 1) + 1;
    const when = points % 2 === 0 ? "before" : "after";
    const medium = await scenario.create();
    try {
      const storage = await scenario.open(medium);
      const faulty = withFaults(storage, crashAt(write, when));
      const end = await Promise.race([faulty.crashed, scenario.work(faulty).then(() => "done" as const)]);
      if (end === "done") {
        await storage.close();
        return points;
      }
      await scenario.crash(medium, storage);
      await scenario.check(medium, `${when} write ${write}`);
    } finally {
      await scenario.dispose(medium);
    }
  }
};
