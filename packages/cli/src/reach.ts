/**
 * How a command gets its answer: from the node that holds the data directory, or by opening the directory itself.
 *
 * A command that opens the directory holds it for a moment. Another one that comes in that moment waits for it, because two
 * agents that report at once must not lose a report to a lock.
 */

import { setTimeout as pause } from "node:timers/promises";
import { askNode, socketPath, type VerbName } from "@herdmind/local/client";
import type { JsonObject } from "@herdmind/protocol";
import { type Answered, type Asking, holdsPeer, noPeerIn } from "./asking.js";
import { type Failure, refusedBy } from "./exit-codes.js";
import { tellIfSlow } from "./slow-node.js";

/** A lock has no bell, so it is tried again this often, for this long: other commands hold it for less than a second. */
export const RETRY_MS = 50;
export const PATIENCE_MS = 5000;

export const ask = async <Name extends VerbName>(
  asking: Asking,
  verb: Name,
  input: JsonObject,
): Promise<Answered<Name>> => {
  const { dir, signal, logger } = asking;
  const path = socketPath(dir);
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await tellIfSlow(dir, logger, askNode(path, verb, input, signal)).catch(unavailable);
    if (answer !== undefined) return answer;
    if (!holdsPeer(dir)) return noPeerIn(dir);
    // Loaded here: a command that works through a node needs none of it, and loading takes longer than its answer.
    const { askHere } = await import("./ask-here.js");
    const opened = await askHere(asking, verb, input);
    if (opened.ok) return opened;
    if (opened.rule !== "S2" || performance.now() > deadline)
      return opened.rule === "S2" ? heldElsewhere(opened, path) : opened;
    await pause(RETRY_MS, undefined, { signal });
  }
};

const unavailable = (error: Error): Failure => {
  if (error.name === "AbortError") throw error;
  return refusedBy("unavailable", `The node cannot be asked: ${error.message}.`);
};

export const heldElsewhere = ({ message }: { readonly message: string }, path: string): Failure =>
  refusedBy(
    "S2",
    `${message.replace(/\.$/, "")}. No node answers at its local socket ${path}, so commands cannot work through it.`,
  );
