/** Asks the machine's node, and starts it when it is not up, but not for long: nobody's command waits for a swarm. */
import { askNode, ensureNode, type VerbName } from "@herdmind/local/client";
import type { JsonObject } from "@herdmind/protocol";
import { type Answered, holdsPeer, noPeerIn } from "./asking.js";
import { refusedBy } from "./exit-codes.js";

/** A node that is up answers in a few milliseconds, and one that has to be started in a second or two. */
const PATIENCE_MS = 3000;

export const askSoon = async <Name extends VerbName>(
  { dir, signal }: { readonly dir: string; readonly signal: AbortSignal },
  verb: Name,
  input: JsonObject,
  patienceMs = PATIENCE_MS,
): Promise<Answered<Name>> => {
  if (!holdsPeer(dir)) return noPeerIn(dir);
  const late = AbortSignal.timeout(patienceMs);
  const ending = AbortSignal.any([signal, late]);
  try {
    const ensured = await ensureNode({ dir, patienceMs, signal: ending });
    if (!ensured.ok) return refusedBy("unavailable", ensured.refusal.message);
    const answer = await askNode(ensured.value.socket, verb, input, ending);
    return answer ?? refusedBy("unavailable", "The node ended before it answered.");
  } catch (error) {
    const why = late.aborted
      ? `it did not answer within ${patienceMs / 1000} s`
      : error instanceof Error
        ? error.message
        : String(error);
    return refusedBy("unavailable", `The node of ${dir} could not be asked: ${why}.`);
  }
};
