/**
 * The verbs that need nothing but an agent, JSON in and JSON out: what a node runs for its clients, and what an adapter asks an agent of
 * its own process.
 */
import type { Fingerprint, JsonObject } from "@herdmind/protocol";
import { type Agent, isHerdmindError, type Peer, type RecallQuery, type Receipt, type Turn } from "herdmind";
import type { ClaimAnswer, Refused, VerbAnswer } from "./answers.js";
import type { ClientClaims } from "./client-claims.js";
import { prepare, renderRecall } from "./concern-verbs.js";
import { problemOf } from "./problem-of.js";
import { type Input, readInput } from "./verb-input.js";

export interface AgentContext {
  readonly agent: Agent;
  /** What is held in its name, and in that of others that are asked in the same way. */
  readonly claims: ClientClaims;
  /** Who is here, to say who else is searching; where it is missing, that is not known. */
  readonly present?: Peer["present"];
  /** Ends waiting for a verdict, not the verb. */
  readonly signal?: AbortSignal;
}

export type AgentVerbName = "report" | "recall" | "prepare" | "outcome" | "claim";
type AgentVerb<Name extends AgentVerbName> = (
  context: AgentContext,
  input: Omit<Input<Name>, "as">,
) => Promise<VerbAnswer<Name>>;

const refused = (rule: string, message: string): Refused => ({ ok: false, rule, message });

/** Without members that are `undefined`: in process the answer is what the socket would carry. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const report: AgentVerb<"report"> = async (
  { agent, claims, signal },
  { waitMs, type, mitigation, discovery, facts, appliesTo, tags, context: more, ...described },
) => {
  const problem = problemOf(described);
  if (problem === undefined) return refused("R1", "There is no problem to report: give problem, error or text.");
  const receipt = await agent.report({
    problem,
    mitigation,
    ...(type === undefined ? {} : { type }),
    ...(facts === undefined ? {} : { facts }),
    ...(discovery === undefined ? {} : { discovery }),
    ...(appliesTo === undefined ? {} : { appliesTo }),
    ...(tags === undefined ? {} : { tags }),
    ...(more === undefined ? {} : { context: more }),
  });
  if (receipt.ok && claims.holds(agent)) {
    // The search that this agent had claimed is over; the others hear so once canon has the remedy.
    const { fingerprints } = await agent.recall({
      problem,
      similar: "never",
      limit: 1,
      ...(type === undefined ? {} : { type }),
      ...(facts === undefined ? {} : { facts }),
    });
    for (const fingerprint of fingerprints) claims.release(agent, fingerprint, receipt.verdict);
  }
  return receiptAnswer(receipt, waitMs, signal);
};

const outcome: AgentVerb<"outcome"> = async ({ agent, signal }, { waitMs, entry, ...given }) => {
  const receipt = await agent.outcome(entry, given as Parameters<Agent["outcome"]>[1]);
  return receiptAnswer(receipt, waitMs, signal);
};

const receiptAnswer = async (receipt: Receipt, waitMs = 0, signal?: AbortSignal): Promise<VerbAnswer<"report">> => {
  if (!receipt.ok) return refused(receipt.refusal.rule, receipt.refusal.message);
  const { ref, id, redactions } = receipt;
  const verdict = waitMs > 0 ? await Promise.race([receipt.verdict, elapsed(waitMs, signal)]) : undefined;
  return { ok: true, value: plain({ id, ref, redactions, verdict: verdict ?? { status: "pending" as const, ref } }) };
};

const elapsed = (ms: number, signal: AbortSignal | undefined): Promise<undefined> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve(undefined);
    };
    const timer = setTimeout(end, ms);
    timer.unref();
    if (signal?.aborted === true) end();
    else signal?.addEventListener("abort", end);
  });

const recall: AgentVerb<"recall"> = async ({ agent }, { type, facts, fingerprint, entry, ...rest }) => {
  if (entry !== undefined) return refused("R1", "One entry by its id is asked of a node, not of an agent.");
  const { limit, minScore, similar, anyFacts, exclude, provisional, profile, concern, ...more } = rest;
  const { render, budgetTokens, ...described } = more;
  const problem = problemOf(described);
  if (problem === undefined && fingerprint === undefined) {
    return refused("R1", "There is nothing to look for: give problem, error, text or fingerprint.");
  }
  const answered = { limit, minScore, similar, anyFacts, exclude, provisional, profile, concern };
  const query = Object.entries({ problem, type, facts, fingerprint, ...answered });
  const given = Object.fromEntries(query.filter(([, value]) => value !== undefined));
  return { ok: true, value: renderRecall(await agent.recall(given as RecallQuery), { render, budgetTokens }) };
};

/** A client that searches for longer says so again. */
const CLAIM_MS = 15 * 60_000;
/** Least patience: of two that claim at the same moment one must hear of the other. Longer than a settle time over a slow line. */
const MEETING_MS = 1_000;

const claim: AgentVerb<"claim"> = async (context, { waitMs = 0, forMs = CLAIM_MS, release = false, ...asked }) => {
  const { agent, claims } = context;
  const { type, facts, fingerprint: given, exclude, ...described } = asked;
  const problem = problemOf(described);
  if (problem === undefined && given === undefined)
    return refused("R1", "There is no problem to claim: give problem, error, text or fingerprint.");
  const query = { problem, type, facts, fingerprint: given, exclude, similar: "never" };
  const recall = () =>
    agent.recall(Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as RecallQuery);
  const known = await recall();
  const fingerprint = known.fingerprints[0];
  if (fingerprint === undefined) return refused("R1", "This problem has no fingerprint: give the error's message.");
  if (release) {
    claims.release(agent, fingerprint);
    return { ok: true, value: { status: "released", fingerprint } };
  }
  const until = (): string => new Date(Date.now() + forMs).toISOString();
  if (known.entries.length > 0)
    return { ok: true, value: plain({ status: "known", fingerprint, entries: known.entries }) };
  if (claims.renew(agent, fingerprint, forMs))
    return { ok: true, value: { status: "yours", fingerprint, until: until() } };
  const turn = await agent.claim(fingerprint, {
    patienceMs: Math.max(waitMs, MEETING_MS),
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  });
  const found = turn.type === "learned" ? await recall() : known;
  // A turn that came because patience had ended is none here: somebody else is still searching.
  const holder = holderOf(context, fingerprint, turn);
  if (turn.type === "search" && holder === undefined) {
    claims.hold(agent, fingerprint, turn, forMs);
    return { ok: true, value: { status: "yours", fingerprint, until: until() } };
  }
  if (turn.type === "search") turn.end();
  if (found.entries.length > 0)
    return { ok: true, value: plain({ status: "known", fingerprint, entries: found.entries }) };
  return { ok: true, value: { status: "taken", fingerprint, ...(holder === undefined ? {} : { holder }) } };
};

/** Whoever else is solving a problem: by name, where it is known who is here. */
const holderOf = ({ agent, present }: AgentContext, fingerprint: Fingerprint, turn: Turn): ClaimAnswer["holder"] => {
  for (const { name, claims } of present?.() ?? []) {
    const other = claims.find((one) => one.fingerprint === fingerprint && one.writer !== agent.id);
    if (other !== undefined) return { writer: other.writer, name };
  }
  const writer = turn.type === "search" ? turn.holder : undefined;
  return writer === undefined ? undefined : { writer, name: writer };
};

export const agentVerbs: { readonly [Name in AgentVerbName]: AgentVerb<Name> } = {
  report,
  recall,
  prepare: ({ agent }, input) => prepare(agent, input),
  outcome,
  claim,
};

/** Runs a verb of an agent of this process on an input from outside; what the agent throws as a refusal becomes an answer. */
export const runAgentVerb = async <Name extends AgentVerbName>(
  context: AgentContext,
  name: Name,
  input: JsonObject,
): Promise<VerbAnswer<Name>> => {
  const read = readInput(name, input);
  if (!read.ok) return refused("R1", `This input does not fit: ${read.message}.`);
  const { as: _, ...asked } = read.value;
  try {
    return await agentVerbs[name](context, asked);
  } catch (error) {
    if (isHerdmindError(error)) return refused(error.refusal.rule, error.refusal.message);
    throw error;
  }
};
