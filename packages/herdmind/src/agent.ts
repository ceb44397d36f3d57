/**
 * What one agent can do: report, recall, tell the outcome, and `attempt`, the loop of the three. Each agent is a writer of its
 * own; agents of one node share its store and its replica of canon. Nothing here waits for a network.
 */
import type { Freshness } from "@herdmind/canon";
import type { Index, Query, RecalledEntry } from "@herdmind/experience";
import type { Writer } from "@herdmind/log";
import {
  type EntryId,
  entryIdOf,
  isEntryId,
  type JsonObject,
  type JsonValue,
  notJson,
  type RecordBody,
  type RecordRef,
  type Refused,
  record,
  refuse,
  type Signal,
  type SwarmId,
  type WriterId,
} from "@herdmind/protocol";
import { type AttemptHost, type AttemptOptions, attempt, type Task } from "./attempt.js";
import { mitigationOf, problemOf, problemOfError } from "./problem.js";
import { redact } from "./redact.js";
import type { Known, RecallQuery, Receipt, Report } from "./report.js";
import type { Reported, Verdict } from "./verdicts.js";

export interface Agent {
  readonly id: WriterId;
  readonly name: string;
  report(report: Report): Promise<Receipt>;
  recall(query: RecallQuery): Promise<Known>;
  outcome(
    entry: EntryId | Pick<RecalledEntry, "id">,
    outcome: { readonly success: boolean; readonly note?: string; readonly context?: JsonObject },
  ): Promise<Receipt>;
  /**
   * Runs `run`. When it throws: recalls what is known, applies it best first and runs again, and tells the outcome; if nothing
   * helps, asks `solve`, and reports what worked. What user code throws passes through unchanged.
   */
  attempt<T>(task: Task, run: () => T | Promise<T>, options?: AttemptOptions<T>): Promise<T>;
  /** Records that canon has not judged yet. */
  readonly pending: number;
}

/** What a node counts for `stats`. */
export type Counted = "signals" | "outcomes" | "redactions" | "repeatsPrevented" | "recalls";

/** What an agent needs of the node that hosts it. */
export interface AgentHost extends AttemptHost {
  readonly swarm: SwarmId;
  index(): Index;
  freshness(): Freshness;
  now(): number;
  awaitVerdict(reported: Reported): Promise<Verdict>;
  pending(writer: WriterId): number;
  count(what: Counted, by: number): void;
  refused(refused: Refused): void;
}

/** Recall needs no writer: an observer can ask as well. */
export const recall = async (
  host: Pick<AgentHost, "index" | "freshness" | "count">,
  { error, text, ...query }: RecallQuery,
): Promise<Known> => {
  host.count("recalls", 1);
  const thrown = error === undefined ? undefined : problemOfError(error).error;
  // As a report has it: cut in the same places, without secrets.
  const asked = await redactedQuery({
    ...query,
    ...(thrown === undefined ? {} : { error: thrown }),
    ...(text === undefined ? {} : { text: problemOf(text).text ?? text }),
  });
  return host.index().recall(asked, host.freshness());
};

/**
 * Reports are redacted before they get a fingerprint (E2), so a query must be, or no problem whose text held a secret would be
 * known again. Ids of entries and fingerprints look like secrets and are none.
 */
const redactedQuery = async (query: Query): Promise<Query> => {
  const { type, fingerprint, limit, minScore, similar, anyFacts, exclude, ...described } = query;
  // No report has what JSON cannot carry.
  if (notJson(described, "query") !== undefined) return query;
  const { value } = await redact(described as unknown as JsonObject);
  return { ...query, ...(value as Partial<Query>) };
};

export const createAgent = (host: AgentHost, writer: Writer, name: string): Agent => {
  const write = async (type: "signal" | "outcome", body: JsonObject): Promise<Receipt> => {
    const why = notJson(body, type);
    if (why !== undefined) {
      const refused = refuse("R1", "writer", `This ${type} cannot be written: ${why}. Give plain JSON values.`);
      host.refused(refused);
      return refused;
    }
    const { value, redactions } = await redact<JsonObject>(body);
    const written = await writer.append([
      type === "signal"
        ? record("signal", value as RecordBody<"signal">)
        : record("outcome", value as RecordBody<"outcome">),
    ]);
    if (!written.ok) {
      host.refused(written);
      return written;
    }
    const ref: RecordRef = { ...written.log, sequence: written.sequence, index: written.index };
    host.count(type === "signal" ? "signals" : "outcomes", 1);
    host.count("redactions", redactions.length);
    return {
      ok: true,
      ref,
      id: entryIdOf(host.swarm, ref),
      redactions,
      verdict: host.awaitVerdict({ type, body: value, ref } as unknown as Reported),
    };
  };

  const refuseHere = (message: string): Refused => {
    const refused = refuse("R1", "writer", message);
    host.refused(refused);
    return refused;
  };

  const agent: Agent = {
    id: writer.id,
    name,
    report: async (report) => {
      const { type = "ERROR_RESOLVED", problem, facts, discovery, mitigation, context } = report ?? {};
      if (problem === undefined || problem === null || mitigation === undefined || mitigation === null) {
        return refuseHere(
          `A report needs a problem and a mitigation; ${problem ? "the mitigation" : "the problem"} is missing.`,
        );
      }
      const signal: Signal = {
        type,
        problem: problemOf(problem, facts),
        mitigation: mitigationOf(mitigation),
        at: host.now(),
        ...(discovery === undefined ? {} : { discovery }),
        ...(context === undefined ? {} : { context }),
      };
      return write("signal", signal as unknown as JsonObject);
    },
    recall: async (query) => recall(host, query),
    outcome: async (entry, { success, note, context }) => {
      const id: JsonValue | undefined = typeof entry === "string" ? entry : entry?.id;
      if (!isEntryId(id))
        return refuseHere(`"${String(id)}" is not the id of an entry: pass an entry of a recall, or its id.`);
      return write("outcome", {
        entry: id,
        success,
        at: host.now(),
        ...(note === undefined ? {} : { note }),
        ...(context === undefined ? {} : { context }),
      });
    },
    attempt: (task, run, options = {}) => attempt(agent, host, task, run, options),
    get pending() {
      return host.pending(writer.id);
    },
  };
  return agent;
};
