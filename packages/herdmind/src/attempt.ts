/**
 * The loop an agent wraps around its work: run; on an error recall; apply what is known, best first; tell the outcome; if
 * nothing works, solve and report.
 */
import type { RecalledEntry, Task } from "@herdmind/experience";
import type { EntryId, Fingerprint, JsonObject, Problem } from "@herdmind/protocol";
import { type AttemptAgent, type OnUnreachable, sheltered } from "./attempt-agent.js";
import type { Turn, Wait, Wanted } from "./claims.js";
import type { OwnRemedies } from "./own-remedies.js";
import { type Facts, type MitigationInput, problemOfError } from "./problem.js";
import type { Known, Receipt } from "./report.js";

/** What `solve` found. Without `value`, `run` is tried again to prove it. */
export interface Solution<T> {
  readonly mitigation: MitigationInput;
  readonly discovery?: string;
  readonly context?: JsonObject;
  readonly value?: T;
}

/** What `solve` is told besides the error. */
export interface Search {
  /** What recall said: nothing of it helped. */
  readonly known: Known;
  /** What `run` threw last: another error than the first when an applied remedy led to another problem. */
  readonly last: unknown;
  /**
   * Aborts when the swarm learns a remedy for this problem while this agent is still looking for one and could apply it: return
   * `undefined` then, or throw, and the remedy is applied.
   */
  readonly learned: AbortSignal;
}

export interface AttemptOptions<T> {
  /** Applies a recalled remedy; `run` follows. A remedy that cannot be applied here: return `false`, nothing is counted. */
  readonly apply?: (entry: RecalledEntry, error: unknown) => unknown;
  /** Finds a remedy when nothing known helped; `undefined`: gives up, and the error is thrown. */
  readonly solve?: (error: unknown, search: Search) => Solution<T> | undefined | Promise<Solution<T> | undefined>;
  /** How a thrown value becomes a problem; default: name, message, code, stack and output of an error. */
  readonly toProblem?: (error: unknown) => Problem;
  /**
   * What the loop is for; default: whatever is thrown. Anything else passes through at once, also when a remedy is being tried, and
   * nothing is told of that remedy: an abort, or what a framework throws to pause.
   */
  readonly isFailure?: (error: unknown) => boolean;
  /**
   * `true`: while no orchestrator is heard, remedies are applied that others proposed and nobody has judged (`entry.provisional`).
   * No outcome is told of them: there is no entry yet that it could count for. Default `false`, whatever the node's own default.
   */
  readonly provisional?: boolean;
  /** Remedies tried at most; default 3. */
  readonly limit?: number;
  /**
   * Milliseconds to wait, before `solve`, for others who are solving this problem already; then this agent goes on alone. Default
   * 30,000. Nothing is waited for without `apply` or without a connection.
   */
  readonly patienceMs?: number;
  /** `false`: neither says that this agent is solving the problem, nor waits for others who are. */
  readonly claim?: boolean;
  /** Told when it waits for somebody else. */
  readonly onWait?: (wait: Wait) => void;
  /** Told of each report and outcome that the loop writes. */
  readonly onReceipt?: (receipt: Receipt, kind: "report" | "outcome") => void;
  /**
   * Told when the agent could not be asked, for example because its node cannot be reached, or refused to write: the loop goes on as if
   * nothing were known, and what was found is not lost for the caller. Without it, the attempt rejects with what the agent threw.
   */
  readonly onUnreachable?: OnUnreachable;
}

export interface AttemptHost {
  /** What this agent found and canon has not judged; where it is missing, only canon is recalled. */
  readonly own?: OwnRemedies;
  count(what: "repeatsPrevented", by: number): void;
  /** Calls back when an entry with this fingerprint, or an alias of it, enters canon; gives a function that stops it. */
  onLearned(fingerprint: Fingerprint, learned: () => void): () => void;
  /** Resolves when it is this agent's turn to search (E8). Where it is missing, it always is. */
  claim?(wanted: WantedTurn): Promise<Turn>;
}

export interface WantedTurn extends Omit<Wanted, "agent" | "onWait" | "onWaited"> {
  /** Entries that did not help: what is known of them does not end the search. */
  readonly tried: readonly EntryId[];
  readonly onWait?: (wait: Wait) => void;
}

/** Remedies tried at most: exploration is bounded, and the best come first. */
const DEFAULT_TRIES = 3;
/**
 * How far facts must be known to define a problem for a remedy of another symptom to be applied unattended: three problems that they
 * told apart, or two symptoms that one remedy cured.
 */
const SURE_FACTS = 0.75;
/** Milliseconds: a search that takes longer than this is seldom worth another's standing still. */
const DEFAULT_PATIENCE_MS = 30_000;
/** Where nobody can be told, it is always this agent's turn. */
export const MY_TURN: Turn = { type: "search", isClaimed: false, end: () => undefined };

type Tried<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

const tried = async <T>(run: () => T | Promise<T>): Promise<Tried<T>> => {
  try {
    return { ok: true, value: await run() };
  } catch (error) {
    return { ok: false, error };
  }
};

export const attempt = async <T>(
  reached: AttemptAgent,
  host: AttemptHost,
  task: Task,
  run: () => T | Promise<T>,
  {
    apply,
    solve,
    toProblem,
    limit = DEFAULT_TRIES,
    patienceMs = DEFAULT_PATIENCE_MS,
    claim = true,
    onWait,
    onReceipt = () => undefined,
    provisional = false,
    isFailure = () => true,
    onUnreachable,
  }: AttemptOptions<T>,
): Promise<T> => {
  const agent = onUnreachable === undefined ? reached : sheltered(reached, onUnreachable);
  const once = async (): Promise<Tried<T>> => {
    const result = await tried(run);
    if (!result.ok && !isFailure(result.error)) throw result.error;
    return result;
  };
  const first = await once();
  if (first.ok) return first.value;
  const { error } = first;
  const problemFrom = (thrown: unknown): Problem =>
    withFacts(toProblem?.(thrown) ?? problemOfError(thrown), task.facts);
  const problem = problemFrom(error);
  // Similar texts are hints for a reader. Applied unattended, the wrong ones would be tried, and their failure told as an outcome.
  let known = await agent.recall({ problem, limit, similar: "never", provisional });
  const asked = known.fingerprints[0];
  const triedIds: EntryId[] = [];
  /** What this agent found itself comes after what canon knows: nobody else has tried it. */
  const own = asked === undefined ? [] : (host.own?.of(asked) ?? []);
  let toTry = [...known.entries.filter(isApplicable), ...own].slice(0, limit);
  let last = error;
  let learned = new AbortController();
  const stop =
    asked === undefined || apply === undefined
      ? () => undefined
      : host.onLearned(asked, () => learned.abort(new Error("the swarm learned a remedy")));

  /**
   * A remedy of another symptom cured this one: reported as this one's, canon learns that they are one problem. Had it not helped,
   * nothing would be told of it, because the problem may be another.
   */
  const reportCured = async ({ mitigation, discovery }: RecalledEntry): Promise<void> =>
    onReceipt(await agent.report({ problem, mitigation, ...(discovery === undefined ? {} : { discovery }) }), "report");

  /** Applies what is known and was not tried, best first. */
  const applyAll = async (entries: readonly RecalledEntry[]): Promise<Tried<T> | undefined> => {
    for (const entry of apply === undefined ? [] : entries) {
      triedIds.push(entry.id);
      if ((await apply?.(entry, error)) === false) continue;
      const again = await once();
      if (again.ok) {
        if (entry.match === "facts") await reportCured(entry);
        else if (entry.provisional !== true) onReceipt(await agent.outcome(entry, { success: true }), "outcome");
        host.count("repeatsPrevented", 1);
        return again;
      }
      last = again.error;
      if (entry.provisional === true || entry.match === "facts") continue;
      // Another problem now: whether the remedy cured the first one cannot be told, so no outcome is claimed.
      const now = await agent.recall({
        problem: problemFrom(again.error),
        limit: 1,
        similar: "never",
        provisional: false,
      });
      if (now.fingerprints[0] === asked) onReceipt(await agent.outcome(entry, { success: false }), "outcome");
    }
    return undefined;
  };

  /** Waits for whoever solves this problem already. */
  const myTurn = async (): Promise<Turn> =>
    !claim || asked === undefined
      ? MY_TURN
      : ((await host.claim?.({
          fingerprint: asked,
          // Who could not apply what others find has nothing to wait for.
          patienceMs: apply === undefined ? 0 : patienceMs,
          learned: learned.signal,
          tried: triedIds,
          ...(onWait === undefined ? {} : { onWait }),
        })) ?? MY_TURN);

  /** Looks for a remedy and reports it. `undefined`: none was found. */
  const search = async (turn: Extract<Turn, { type: "search" }>): Promise<Tried<T> | undefined> => {
    let judged: Promise<unknown> | undefined;
    try {
      const found = await tried(() => solve?.(error, { known, last, learned: learned.signal }));
      if (!found.ok) return found;
      const solution = found.value;
      if (solution === undefined) return undefined;
      const value = "value" in solution ? (solution.value as T) : await run();
      const receipt = await agent.report({
        type: "ERROR_RESOLVED",
        problem,
        mitigation: solution.mitigation,
        ...(solution.discovery === undefined ? {} : { discovery: solution.discovery }),
        ...(solution.context === undefined ? {} : { context: solution.context }),
      });
      if (receipt.ok) {
        judged = receipt.verdict;
        if (asked !== undefined)
          host.own?.keep(asked, { id: receipt.id, author: receipt.ref.writer, problem, ...solution }, judged);
      }
      onReceipt(receipt, "report");
      return { ok: true, value };
    } finally {
      turn.end(judged);
    }
  };

  /** What came while known ones were tried, or before anybody listened. A remedy that comes from now on aborts `learned`. */
  const recallNew = async (): Promise<Known | undefined> => {
    if (apply === undefined) return undefined;
    for (;;) {
      const room = learned.signal.aborted ? limit : limit - triedIds.length;
      learned = new AbortController();
      if (room <= 0) return undefined;
      const found = await agent.recall({ problem, limit: room, similar: "never", exclude: triedIds, provisional });
      if (found.entries.some(isApplicable)) return found;
      // What was learned meanwhile cannot be recalled here, or came just now.
      if (!learned.signal.aborted) return undefined;
    }
  };

  try {
    for (;;) {
      const cured = await applyAll(toTry);
      if (cured?.ok === true) return cured.value;
      const more = await recallNew();
      toTry = more?.entries.filter(isApplicable) ?? [];
      if (more !== undefined) {
        known = more;
        continue;
      }
      if (solve === undefined) throw error;
      const turn = await myTurn();
      const found = turn.type === "learned" ? undefined : await search(turn);
      if (found?.ok === true) return found.value;
      if (!learned.signal.aborted) throw found === undefined ? error : found.error;
    }
  } finally {
    stop();
  }
};

/** Whether a remedy may be applied unattended. */
export const isApplicable = ({ match, score }: Pick<RecalledEntry, "match" | "score">): boolean =>
  match !== "facts" || score >= SURE_FACTS;

const withFacts = (problem: Problem, facts: Facts | undefined): Problem =>
  facts === undefined ? problem : { ...problem, facts: { ...problem.facts, ...facts } };
