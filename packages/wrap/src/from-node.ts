/**
 * The experience of a machine: asked of its one node, which is started when nobody has, and again when it ended meanwhile. It loads no
 * peer; fifty programs that use it are fifty writers and one node.
 */
import { askNode, dataDir, ensureNode, type Refused, socketPath } from "@herdmind/local/client";
import type { JsonObject } from "@herdmind/protocol";
import { attemptOver } from "./attempt-over.js";
import type { Answer, Experience } from "./experience.js";

export interface NodeOptions {
  /** The agent in whose name is asked and reported: a writer of its own. Give each program one name and keep it. */
  readonly as: string;
  /** The node's data directory; default: `HERDMIND_HOME`, else the user's data home. */
  readonly dir?: string;
  /** Begins a swarm of this name when the directory holds no peer; default: that is refused. */
  readonly create?: string;
  /** Milliseconds to wait for the node, to start or to answer, besides what a question itself may wait; default 20,000. */
  readonly patienceMs?: number;
  /** Milliseconds without a request after which a node that this starts ends; default 30 minutes. */
  readonly idleMs?: number;
  /** Ends everything that is under way. */
  readonly signal?: AbortSignal;
}

const PATIENCE_MS = 20_000;
/** Times that a node is started for one question: one that ends at once, again and again, is not worth more. */
const MAX_STARTS = 3;

type VerbName = "recall" | "prepare" | "report" | "outcome" | "claim";

export const fromNode = ({ as, dir, create, idleMs, patienceMs = PATIENCE_MS, signal }: NodeOptions): Experience => {
  const home = dataDir(dir);
  const starting = {
    dir: home,
    patienceMs,
    ...(create === undefined ? {} : { create }),
    ...(idleMs === undefined ? {} : { idleMs }),
  };

  const askOnce = async <Name extends VerbName>(
    name: Name,
    input: JsonObject,
    given: AbortSignal,
  ): Promise<Answer<Name> | undefined> => {
    // A node that hangs takes connections all the same.
    const late = AbortSignal.timeout(patienceMs + Number(input["waitMs"] ?? 0));
    try {
      return await askNode(socketPath(home), name, input, AbortSignal.any([given, late]));
    } catch (error) {
      given.throwIfAborted();
      if (late.aborted) return unreachable(`The node of ${home} did not answer within ${patienceMs / 1000} s.`);
      // It ended before it answered. Asking another one is safe where nothing is written.
      if (name === "recall" || name === "prepare") return undefined;
      return unreachable(error instanceof Error ? error.message : String(error));
    }
  };

  const ask = async <Name extends VerbName>(
    name: Name,
    asked: object,
    given: AbortSignal | undefined,
  ): Promise<Answer<Name>> => {
    const ending = AbortSignal.any([signal, given].filter((one) => one !== undefined));
    const input = { ...asked, as } as JsonObject;
    for (let starts = 0; ; starts++) {
      const answered = await askOnce(name, input, ending);
      if (answered !== undefined) return answered;
      if (starts === MAX_STARTS) return unreachable(`The node of ${home} ends as soon as it has started.`);
      try {
        const ensured = await ensureNode({ ...starting, signal: ending });
        if (!ensured.ok) return { ok: false, rule: ensured.refusal.rule, message: ensured.refusal.message };
      } catch (error) {
        // The directory cannot be made, or not be written.
        ending.throwIfAborted();
        return unreachable(error instanceof Error ? error.message : String(error));
      }
    }
  };

  const experience: Experience = {
    recall: (query, given) => ask("recall", query, given),
    prepare: (task, options, given) => ask("prepare", { ...options, task }, given),
    report: (report, given) => ask("report", report, given),
    outcome: (entry, outcome, given) => ask("outcome", { ...outcome, entry }, given),
    claim: (query, given) => ask("claim", query, given),
  };
  return { ...experience, attempt: attemptOver(experience) };
};

const unreachable = (message: string): Refused => ({ ok: false, rule: "S4", message });
