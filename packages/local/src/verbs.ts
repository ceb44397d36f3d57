/**
 * What can be asked of a node, from its own process or over its local socket: one table, JSON in and JSON out. A command of
 * the shell is one of these verbs and a way to print the answer.
 */
import { type EntryId, type JsonObject, readTicket } from "@herdmind/protocol";
import { type Agent, isHerdmindError, type Peer } from "herdmind";
import { type AgentVerbName, agentVerbs } from "./agent-verbs.js";
import { alias } from "./alias-verb.js";
import { INSPECTABLE, type Refused, type VerbAnswer, type VerbName } from "./answers.js";
import type { ClientClaims } from "./client-claims.js";
import { relevance } from "./concern-verbs.js";
import { alarms, entries, graph, members, moment, overview, timeline } from "./dashboard-verbs.js";
import { diagnose } from "./doctor.js";
import { importProposals, replay, why } from "./history-verbs.js";
import { inspect } from "./inspect.js";
import { readMemory, writeMemory } from "./memory-verbs.js";
import type { NameLeases } from "./name-leases.js";
import { type Input, readInput } from "./verb-input.js";
import type { Web } from "./web.js";

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
  /** Serves HTTP on demand; only where whoever asks may open the node's socket. */
  readonly web?: Web;
}

type Verb<Name extends VerbName> = (context: VerbContext, input: Input<Name>) => Promise<VerbAnswer<Name>>;

const refused = (rule: string, message: string): Refused => ({ ok: false, rule, message });

/** Without members that are `undefined`: in process the answer is what the socket would carry. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const agentOf = async ({ peer }: VerbContext, name: string | undefined): Promise<Agent> =>
  name === undefined ? peer : peer.as(name);

/** The verbs that ask an agent: one of the node's own, or the peer itself. */
const ofAgent =
  <Name extends AgentVerbName>(name: Name) =>
  async (context: VerbContext, { as, ...input }: Input<Name>): Promise<VerbAnswer<Name>> => {
    const { peer, claims, signal } = context;
    const asked = {
      agent: await agentOf(context, as),
      claims,
      present: peer.present,
      ...(signal === undefined ? {} : { signal }),
    };
    return agentVerbs[name](asked, input);
  };
const recall = ofAgent("recall");

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

/** Whoever asks over HTTP may not: a page could make itself codes for ever. */
const NO_WEB = refused(
  "T2",
  "Only the node's local socket serves HTTP and signs pages in: ask there, or with the command, herdmind dashboard.",
);

const serve: Verb<"serve"> = async ({ web }, { port }) => {
  if (web === undefined) return NO_WEB;
  const started = await web.start(port);
  return started.ok
    ? { ok: true, value: { url: started.value } }
    : refused(started.refusal.rule, started.refusal.message);
};

const dashboard: Verb<"dashboard"> = async ({ web }, { end }) => {
  if (web === undefined) return NO_WEB;
  if (end !== undefined) {
    const ended = web.signOut();
    const stopped = end === "serving" && (await web.stop());
    return { ok: true, value: { ended, stopped } };
  }
  const made = await web.invitePage();
  return made.ok ? { ok: true, value: made.value } : refused(made.refusal.rule, made.refusal.message);
};

const verbs: { readonly [Name in VerbName]: Verb<Name> } = {
  report: ofAgent("report"),
  recall: (context, input) => (input.entry === undefined ? recall(context, input) : recallEntry(context, input.entry)),
  prepare: ofAgent("prepare"),
  outcome: ofAgent("outcome"),
  claim: ofAgent("claim"),
  status,
  invite,
  inspect: async (context, { what }) => {
    const shown = await inspect(context.peer, what);
    return shown === undefined
      ? refused("R1", `"${what}" cannot be inspected. Known: ${INSPECTABLE.join(", ")}.`)
      : { ok: true, value: plain(shown) };
  },
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
  serve,
  dashboard,
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
