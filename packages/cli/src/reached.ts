/**
 * For commands that ask more than once, or are answered line by line: the node that holds the directory, or the directory itself,
 * opened once for all of it.
 */
import { setTimeout as pause } from "node:timers/promises";
import { askNode, socketPath, streamNode } from "@herdmind/local/client";
import { type Asking, holdsPeer, noPeerIn, type Reached } from "./asking.js";
import { type Failure, refusedBy } from "./exit-codes.js";
import { heldElsewhere, PATIENCE_MS, RETRY_MS } from "./reach.js";
import { tellIfSlow } from "./slow-node.js";

/** `connects`: what is written must travel, if no node is there to carry it. */
export const reach = async <T>(
  asking: Asking,
  { connects }: { readonly connects: boolean },
  work: (reached: Reached) => Promise<T>,
): Promise<T | Failure> => {
  const { dir, signal, logger } = asking;
  const path = socketPath(dir);
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const there = await tellIfSlow(dir, logger, askNode(path, "stats", {}, signal));
    if (there !== undefined) return there.ok ? work(throughSocket(path, signal)) : refusedBy(there.rule, there.message);
    if (!holdsPeer(dir)) return noPeerIn(dir);
    const { reachHere } = await import("./reach-here.js");
    const done = await reachHere(asking, connects, work);
    if (!("rule" in done)) return done.value;
    if (done.rule !== "S2") return done;
    if (performance.now() > deadline) return heldElsewhere(done, path);
    await pause(RETRY_MS, undefined, { signal });
  }
};

const GONE = "The node ended before it answered. What it had answered holds; ask again for the rest.";

const throughSocket = (path: string, signal: AbortSignal): Reached => ({
  ask: async (verb, input) =>
    (await askNode(path, verb, input, signal)) ?? { ok: false, rule: "unavailable", message: GONE },
  stream: async (name, input) =>
    (await streamNode(path, name, input, signal)) ?? { ok: false, rule: "unavailable", message: GONE },
  travelled: async () => 0,
});
