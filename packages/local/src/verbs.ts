/**
 * What can be asked of a node, from its own process or over its local socket: one table, JSON in and JSON out. A command of
 * the shell is one of these verbs and a way to print the answer.
 */
import { type EntryId, type Fingerprint, type JsonObject, readTicket } from "@herdmind/protocol";
import { type Agent, isHerdmindError, type Peer, type RecallQuery, type Receipt } from "herdmind";
import { alias } from "./alias-verb.js";
import { type ClaimAnswer, INSPECTABLE, type Refused, type VerbAnswer, type VerbName } from "./answers.js";
import type { ClientClaims } from "./client-claims.js";
import { prepare, relevance, renderRecall } from "./concern-verbs.js";
import { alarms, entries, graph, members, moment, overview, timeline } from "./dashboard-verbs.js";
import { diagnose } from "./doctor.js";
import { importProposals, replay, why } from "./history-verbs.js";
import { inspect } from "./inspect.js";
import { readMemory, writeMemory } from "./memory-verbs.js";
import type { NameLeases } from "./name-leases.js";
import { problemOf } from "./problem-of.js";
import { type Input, readInput } from "./verb-input.js";

export interface VerbContext {
  readonly peer: Peer;
  /** What clients of this node hold. */
  readonly claims: ClientClaims;
  /** Names that clients of this node have; none where nobody can be connected. */
  readonly leases?: NameLeases;
  /** Where newcomers find the swarm; default: what the peer says. */
  readonly addresses?: readonly string[];
  /** Ends waiting for a verdict, not the verb: the caller has gone, or nothing can come any more. */
  readonly signal?: AbortSignal;
}

type Verb<Name extends VerbName> = (context: VerbContext, input: Input<Name>) => Promise<VerbAnswer<Name>>;

const refused = (rule: string, message: string): Refused => ({ ok: false, rule, message });

/** Without members that are `undefined`: in process the answer is what the socket would carry. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const agentOf = async ({ peer }: VerbContext, name: string | undefined): Promise<Agent> =>
  name === undefined ? peer : peer.as(name);

const report: Verb<"report"> = async (
  context,
  { as, waitMs, type, mitigation, discovery, facts, appliesTo, tags, context: more, ...described },
) => {
  const problem = problemOf(described);
  if (problem === undefined) return refused("R1", "There is no problem to report: give problem, error or text.");
  const agent = await agentOf(context, as);
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
  if (receipt.ok && context.claims.holds(agent)) {
    // The search that this agent had claimed is over; the others hear so once canon has the remedy.
    const { fingerprints } = await agent.recall({
      problem,
      similar: "never",
      limit: 1,
      ...(type === undefined ? {} : { type }),
      ...(facts === undefined ? {} : { facts }),
    });
    for (const fingerprint of fingerprints) context.claims.release(agent, fingerprint, receipt.verdict);
  }
  return receiptAnswer(receipt, waitMs, context.signal);
};

const outcome: Verb<"outcome"> = async (context, { as, waitMs, entry, ...given }) => {
  const agent = await agentOf(context, as);
  const receipt = await agent.outcome(entry, given as Parameters<Agent["outcome"]>[1]);
  return receiptAnswer(receipt, waitMs, context.signal);
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

const recall: Verb<"recall"> = async (context, { as, type, facts, fingerprint, entry, ...rest }) => {
  if (entry !== undefined) return recallEntry(context, entry);
  const { limit, minScore, similar, anyFacts, exclude, provisional, profile, concern, ...more } = rest;
  const { render, budgetTokens, ...described } = more;
  const agent = await agentOf(context, as);
  const problem = problemOf(described);
  if (problem === undefined && fingerprint === undefined) {
    return refused("R1", "There is nothing to look for: give problem, error, text or fingerprint.");
  }
  const answered = { limit, minScore, similar, anyFacts, exclude, provisional, profile, concern };
  const query = Object.entries({ problem, type, facts, fingerprint, ...answered });
  const given = Object.fromEntries(query.filter(([, value]) => value !== undefined));
  return { ok: true, value: renderRecall(await agent.recall(given as RecallQuery), { render, budgetTokens }) };
};

/** One entry as a recall would show it. */
const recallEntry = async ({ peer }: VerbContext, id: EntryId): Promise<VerbAnswer<"recall">> => {
  const held = peer.canon.view.entries.get(id);
  if (held === undefined) return refused("R1", `Canon, as this node holds it, has no entry ${id}.`);
  const { fingerprint } = held.immunization;
  const known = await peer.recall({ fingerprint, similar: "never", limit: Number.MAX_SAFE_INTEGER });
  const entries = known.entries.filter((one) => one.id === id);
  if (entries.length === 0)
    return refused(
      "R1",
      `Entry ${id} is ${held.status}: ${held.reason ?? "no reason is given"}. It is not to be used.`,
    );
  return { ok: true, value: plain({ ...known, entries }) };
};

/** A client that searches for longer says so again. */
const CLAIM_MS = 15 * 60_000;
/** Least patience: of two that claim at the same moment one must hear of the other. Longer than a settle time over a slow line. */
const MEETING_MS = 1_000;

const claim: Verb<"claim"> = async (context, { as, waitMs = 0, forMs = CLAIM_MS, release = false, ...asked }) => {
  const { claims, peer } = context;
  const { type, facts, fingerprint: given, ...described } = asked;
  const problem = problemOf(described);
  if (problem === undefined && given === undefined)
    return refused("R1", "There is no problem to claim: give problem, error, text or fingerprint.");
  const agent = await agentOf(context, as);
  const query = { problem, type, facts, fingerprint: given, similar: "never" };
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
  const holder = holderOf(peer, agent, fingerprint);
  if (turn.type === "search" && holder === undefined) {
    claims.hold(agent, fingerprint, turn, forMs);
    return { ok: true, value: { status: "yours", fingerprint, until: until() } };
  }
  if (turn.type === "search") turn.end();
  if (found.entries.length > 0)
    return { ok: true, value: plain({ status: "known", fingerprint, entries: found.entries }) };
  return { ok: true, value: { status: "taken", fingerprint, ...(holder === undefined ? {} : { holder }) } };
};

/** Whoever else, of those that are here, is solving a problem. */
const holderOf = (peer: Peer, agent: Agent, fingerprint: Fingerprint): ClaimAnswer["holder"] => {
  for (const { name, claims } of peer.present()) {
    const other = claims.find((one) => one.fingerprint === fingerprint && one.writer !== agent.id);
    if (other !== undefined) return { writer: other.writer, name };
  }
  return undefined;
};

const status: Verb<"status"> = async ({ peer }) => {
  const { swarm, swarmName, name, role } = peer;
  const { connection, freshness, immunizations, pending, repeatsPrevented } = peer.stats();
  const present = peer.present().map((one) => ({ name: one.name, claims: one.claims.length }));
  const counts = { immunizations, pending, repeatsPrevented };
  return {
    ok: true,
    value: plain({ swarmName, swarm, name, role, pid: process.pid, connection, freshness, ...counts, present }),
  };
};

const invite: Verb<"invite"> = async ({ peer, addresses = peer.addresses }, { role = "agent", lifetimeMs, uses }) => {
  if (addresses.length === 0) {
    return refused("T1", "Nobody could find this swarm: it has no address yet. Start its relay first: herdmind up.");
  }
  const ticket = await peer.invite({
    role,
    addresses,
    ...(lifetimeMs === undefined ? {} : { lifetimeMs }),
    ...(uses === undefined ? {} : { uses }),
  });
  // A role that this peer may not hand on makes a ticket that nobody accepts: say so to the inviter.
  const read = await readTicket(ticket);
  if (!read.ok) return refused(read.refusal.rule, read.refusal.message);
  const { expiresAtMs } = read.value.invitation;
  return {
    ok: true,
    value: {
      ticket,
      role,
      addresses,
      expiresAt: expiresAtMs === undefined ? null : new Date(expiresAtMs).toISOString(),
      uses: uses ?? null,
    },
  };
};

const verbs: { readonly [Name in VerbName]: Verb<Name> } = {
  report,
  recall,
  outcome,
  claim,
  status,
  invite,
  inspect: async (context, { what }) => {
    const shown = await inspect(context.peer, what);
    return shown === undefined
      ? refused("R1", `"${what}" cannot be inspected. Known: ${INSPECTABLE.join(", ")}.`)
      : { ok: true, value: plain(shown) };
  },
  prepare: async (context, { as, ...input }) => prepare(await agentOf(context, as), input),
  relevance: ({ peer }, input) => relevance(peer, input),
  alias: ({ peer }, input) => alias(peer, input),
  doctor: async ({ peer, signal }, { canary = true, patienceMs }) => ({
    ok: true,
    value: plain(
      await diagnose(peer, {
        canary,
        ...(patienceMs === undefined ? {} : { patienceMs }),
        ...(signal === undefined ? {} : { signal }),
      }),
    ),
  }),
  stats: async ({ peer }) => ({ ok: true, value: plain(peer.stats()) }),
  replay: ({ peer, signal }, input) => replay(peer, input, signal),
  why: ({ peer, signal }, input) => why(peer, input, signal),
  overview: ({ peer }) => overview(peer),
  entries: ({ peer, signal }, input) => entries(peer, input, signal),
  graph: ({ peer, signal }, input) => graph(peer, input, signal),
  timeline: ({ peer, signal }) => timeline(peer, signal),
  moment: ({ peer, signal }, input) => moment(peer, input, signal),
  alarms: ({ peer }) => alarms(peer),
  members: ({ peer }) => members(peer),
  "memory-read": ({ peer }, input) => readMemory(peer, input),
  "memory-write": async (context, { as, ...input }) => writeMemory(await agentOf(context, as), input),
  import: async (context, { as, ...input }) => importProposals(context.peer, await agentOf(context, as), input),
};

export const verbNames = Object.keys(verbs) as readonly VerbName[];
export const isVerb = (name: string): name is VerbName => Object.hasOwn(verbs, name);

/** Runs a verb on an input from outside; what the node throws as a refusal becomes an answer. */
export const runVerb = async <Name extends VerbName>(
  context: VerbContext,
  name: Name,
  input: JsonObject,
): Promise<VerbAnswer<Name>> => {
  const read = readInput(name, input);
  if (!read.ok) return refused("R1", `This input does not fit: ${read.message}.`);
  const verb = verbs[name] as unknown as (context: VerbContext, input: unknown) => Promise<VerbAnswer<Name>>;
  try {
    return await verb(context, read.value);
  } catch (error) {
    if (isHerdmindError(error)) return refused(error.refusal.rule, error.refusal.message);
    throw error;
  }
};
