/**
 * What one agent can do: report, recall, tell the outcome, and `attempt`, the loop of the three. Each agent is a writer of its
 * own; agents of one node share its store and its replica of canon. Nothing here waits for a network.
 */
import type { Freshness } from "@herdmind/canon";
import {
  type Index,
  type Prepared,
  type PrepareOptions,
  type Profile,
  prepare as prepareFrom,
  type Query,
  type RecalledEntry,
  readAppliesTo,
  readProfile,
  readTask,
  type Task,
  type View,
} from "@herdmind/experience";
import type { Writer } from "@herdmind/log";
import {
  accept,
  type EntryId,
  entryIdOf,
  type Fingerprint,
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
import { type AttemptHost, type AttemptOptions, attempt, MY_TURN } from "./attempt.js";
import type { Turn, Wait } from "./claims.js";
import type { Embedding } from "./embedding.js";
import { isHerdmindError, refusalError } from "./failure.js";
import type { Memory } from "./memory.js";
import { createOwnRemedies } from "./own-remedies.js";
import { mitigationOf, problemOf, problemOfError } from "./problem.js";
import type { Proposals } from "./proposals.js";
import { redact } from "./redact.js";
import type { Known, RecallQuery, Receipt, Report } from "./report.js";
import type { Reported, Verdict } from "./verdicts.js";
import type { ReportedNews } from "./work-events.js";
import type { Written } from "./written.js";

export interface Agent {
  readonly id: WriterId;
  readonly name: string;
  report(report: Report): Promise<Receipt>;
  recall(query: RecallQuery): Promise<Known>;
  /** What is worth knowing before a task is begun: the most relevant entries within a budget, and warnings of what failed. */
  prepare(task: Task | string, options?: Omit<PrepareOptions, "nowMs">): Promise<Prepared>;
  outcome(
    entry: EntryId | Pick<RecalledEntry, "id">,
    outcome: { readonly success: boolean; readonly note?: string; readonly context?: JsonObject },
  ): Promise<Receipt>;
  /**
   * Runs `run`. When it throws: recalls what is known, applies it best first and runs again, and tells the outcome; if nothing
   * helps, asks `solve`, and reports what worked. What user code throws passes through unchanged.
   */
  attempt<T>(task: Task, run: () => T | Promise<T>, options?: AttemptOptions<T>): Promise<T>;
  /**
   * Says that this agent is solving a problem (E8), by its fingerprint as a recall gives it. Resolves when it is its turn to search
   * (`end` releases the claim, also when nothing was found), or with `learned` when a remedy is known now, or `signal` aborts. Waits
   * for others who are solving it for `patienceMs` at most; default 0: it only says so. `attempt` does all of this by itself.
   */
  claim(fingerprint: Fingerprint, options?: ClaimOptions): Promise<Turn>;
  /** Small JSON items that all peers share (E11), by the name of their space; what is written stands in this agent's log. */
  memory(space: string): Memory;
  /** Records that canon has not judged yet. */
  readonly pending: number;
}

export interface ClaimOptions {
  readonly patienceMs?: number;
  readonly signal?: AbortSignal;
  /** Told when it waits for somebody else. */
  readonly onWait?: (wait: Wait) => void;
}

/** What a node counts for `stats`. */
export type Counted = "signals" | "outcomes" | "redactions" | "repeatsPrevented" | "recalls";

/**
 * Writes a record of an agent: redacted, signed and durable when it answers. `again`: it was asked for before, without an answer; if
 * it stands in the log, it is not written once more.
 */
export type Write = (type: "signal" | "outcome", body: JsonObject, again?: boolean) => Promise<Receipt>;

/** What an agent is made of: parts of this very process, or of another tab that holds the writer. */
export interface AgentParts extends AttemptHost {
  readonly id: WriterId;
  readonly name: string;
  readonly write: Write;
  recall(query: RecallQuery): Promise<Known>;
  prepare(task: Task, options: Omit<PrepareOptions, "nowMs">): Promise<Prepared>;
  pending(): number;
  now(): number;
  refused(refused: Refused): void;
}

/** What an agent's writer needs of the node that hosts it. */
export interface WriteHost {
  readonly swarm: SwarmId;
  awaitVerdict(reported: Reported, isDoubtful?: boolean): Promise<Verdict>;
  count(what: Counted, by: number): void;
  refused(refused: Refused): void;
  reported(news: ReportedNews): void;
  readonly written: Written;
}

export interface RecallHost {
  readonly proposals: Proposals;
  /** Whether a recall that does not say so asks for provisional answers. */
  readonly provisional: boolean;
  /** Whose concern decides where a query names no profile. */
  readonly profile: Profile | undefined;
  index(): Index;
  view(): View;
  /** `undefined`: nothing is searched by meaning. */
  readonly embedding: Embedding | undefined;
  freshness(): Freshness;
  /** `ms`: how long it took. */
  recalled(known: Known, ms: number): void;
}

/** As recall: no writer is needed. */
export const prepare = (host: RecallHost, task: Task, { profile, ...options }: PrepareOptions): Prepared => {
  const read = readTask(task);
  if (!read.ok) throw refusalError(read);
  const asking = profile === undefined ? accept(host.profile) : readProfile(profile);
  if (!asking.ok) throw refusalError(asking);
  return prepareFrom(host.view(), host.index(), read.value, {
    ...options,
    ...(asking.value === undefined ? {} : { profile: asking.value }),
  });
};

/** Recall needs no writer: an observer can ask as well. */
export const recall = async (
  host: RecallHost,
  { provisional = host.provisional, ...query }: RecallQuery,
): Promise<Known> => {
  const began = performance.now();
  const own = host.profile === undefined ? {} : { profile: host.profile };
  const asked = { ...own, ...(await askedFor(query)) };
  const canonical = await recallByMeaning(host, asked, host.index().recall(asked, host.freshness()));
  const known = provisional ? await host.proposals.addTo(canonical, asked) : canonical;
  host.recalled(known, performance.now() - began);
  return known;
};

/** A query as an index takes it. Throws a `HerdmindError` where its profile is none. */
export const askedFor = async ({
  error,
  text,
  profile,
  ...query
}: Omit<RecallQuery, "provisional">): Promise<Query> => {
  const asking = profile === undefined ? undefined : readProfile(profile);
  if (asking?.ok === false) throw refusalError(asking);
  const thrown = error === undefined ? undefined : problemOfError(error).error;
  // As a report has it: cut in the same places, without secrets.
  return redactedQuery({
    ...query,
    ...(asking === undefined ? {} : { profile: asking.value }),
    ...(thrown === undefined ? {} : { error: thrown }),
    ...(text === undefined ? {} : { text: problemOf(text).text ?? text }),
  });
};

/** Asks once more with the meaning of the question, where similar problems were looked for and there is an embedder. */
const recallByMeaning = async (host: RecallHost, asked: Query, known: Known): Promise<Known> => {
  const { embedding } = host;
  const question = known.searched.includes("text") ? host.index().question(asked) : undefined;
  if (embedding === undefined || question === undefined) return known;
  const made = await embedding.question(question);
  return made.ok
    ? host.index().recall(asked, host.freshness(), made.vector)
    : { ...known, embedderFailed: `search by meaning was left out: ${made.why}` };
};

/**
 * Reports are redacted before they get a fingerprint (E2), so a query must be, or no problem whose text held a secret would be
 * known again. Ids of entries and fingerprints look like secrets and are none.
 */
const redactedQuery = async (query: Query): Promise<Query> => {
  const { type, fingerprint, limit, minScore, similar, anyFacts, exclude, profile, concern, ...described } = query;
  // No report has what JSON cannot carry.
  if (notJson(described, "query") !== undefined) return query;
  const { value } = await redact(described as unknown as JsonObject);
  return { ...query, ...(value as Partial<Query>) };
};

/** Writes for one agent of this process. */
export const createWrite =
  (host: WriteHost, writer: Writer): Write =>
  async (type, body, again = false) => {
    const began = performance.now();
    const refusedWith = (refused: Refused): Refused => {
      host.refused(refused);
      return refused;
    };
    const why = notJson(body, type);
    if (why !== undefined)
      return refusedWith(refuse("R1", "writer", `This ${type} cannot be written: ${why}. Give plain JSON values.`));
    const redacted = await redact<JsonObject>(body).catch((error: unknown) => {
      if (isHerdmindError(error)) return error;
      throw error;
    });
    if (redacted instanceof Error) return refusedWith({ ok: false, refusal: redacted.refusal });
    const { value, redactions } = redacted;
    const receiptOf = (ref: RecordRef, id = entryIdOf(host.swarm, ref)): Receipt => ({
      ok: true,
      ref,
      id,
      redactions,
      verdict: host.awaitVerdict({ type, body: value, ref } as unknown as Reported, again),
    });
    const known = again ? await host.written.find(writer.id, type, value) : undefined;
    if (known !== undefined) return receiptOf(known);
    const appended = performance.now();
    const written = await writer.append([
      type === "signal"
        ? record("signal", value as RecordBody<"signal">)
        : record("outcome", value as RecordBody<"outcome">),
    ]);
    if (!written.ok) return refusedWith(written);
    const ref: RecordRef = { ...written.log, sequence: written.sequence, index: written.index };
    host.count(type === "signal" ? "signals" : "outcomes", 1);
    host.count("redactions", redactions.length);
    const id = entryIdOf(host.swarm, ref);
    const now = performance.now();
    host.reported({ type, ref, id, ms: now - began, appendMs: now - appended });
    return receiptOf(ref, id);
  };

/** The memory comes from the node itself. */
export const createAgent = (parts: AgentParts): Omit<Agent, "memory"> => {
  const { id, name, write } = parts;
  const own = createOwnRemedies(parts.now);

  const refuseHere = (message: string): Refused => {
    const refused = refuse("R1", "writer", message);
    parts.refused(refused);
    return refused;
  };

  const agent: Omit<Agent, "memory"> = {
    id,
    name,
    report: async (report) => {
      const { type = "ERROR_RESOLVED", problem, facts, discovery, mitigation, appliesTo, tags, context } = report ?? {};
      if (problem === undefined || problem === null || mitigation === undefined || mitigation === null) {
        return refuseHere(
          `A report needs a problem and a mitigation; ${problem ? "the mitigation" : "the problem"} is missing.`,
        );
      }
      const audience = appliesTo === undefined ? undefined : readAppliesTo(appliesTo);
      if (audience?.ok === false) return refuseHere(`appliesTo: ${audience.refusal.message}`);
      const signal: Signal = {
        type,
        problem: problemOf(problem, facts),
        mitigation: mitigationOf(mitigation),
        at: parts.now(),
        ...(discovery === undefined ? {} : { discovery }),
        ...(appliesTo === undefined ? {} : { appliesTo }),
        // Without any there is nothing to say, and older peers understand that.
        ...(tags === undefined || tags.length === 0 ? {} : { tags: [...tags] }),
        ...(context === undefined ? {} : { context }),
      };
      return write("signal", signal as unknown as JsonObject);
    },
    recall: async (query) => parts.recall(query),
    prepare: async (task, options = {}) => parts.prepare(typeof task === "string" ? { text: task } : task, options),
    outcome: async (entry, { success, note, context }) => {
      const id: JsonValue | undefined = typeof entry === "string" ? entry : entry?.id;
      if (!isEntryId(id))
        return refuseHere(`"${String(id)}" is not the id of an entry: pass an entry of a recall, or its id.`);
      return write("outcome", {
        entry: id,
        success,
        at: parts.now(),
        ...(note === undefined ? {} : { note }),
        ...(context === undefined ? {} : { context }),
      });
    },
    attempt: (task, run, options = {}) => attempt(agent, { ...parts, own }, task, run, options),
    claim: async (fingerprint, { patienceMs = 0, signal, onWait } = {}) => {
      const learned = new AbortController();
      using stack = new DisposableStack();
      stack.defer(parts.onLearned(fingerprint, () => learned.abort()));
      const either = signal === undefined ? learned.signal : AbortSignal.any([learned.signal, signal]);
      const wanted = {
        fingerprint,
        patienceMs,
        learned: either,
        tried: [],
        ...(onWait === undefined ? {} : { onWait }),
      };
      return (await parts.claim?.(wanted)) ?? MY_TURN;
    },
    get pending() {
      return parts.pending();
    },
  };
  return agent;
};
