/** What the dashboard asks, answered from this peer's verified replica. The answers' types are @herdmind/dashboard's. */

import type { Alarms, Entries, EntryRow, Graph, Members, Moment, Overview, Timeline } from "@herdmind/dashboard";
import { confidenceOf, type Entry, type View } from "@herdmind/experience";
import type { WriterId } from "@herdmind/protocol";
import { createRests, hashOf, type Peer } from "herdmind";
import type { Refused } from "./answers.js";
import { dashboardOf } from "./dashboard-state.js";
import { countByStatus, type EntryTable, type Rest } from "./entry-table.js";
import { problemGraph } from "./problem-graph.js";
import { ruleTitle } from "./rule-titles.js";
import type { Input } from "./verb-input.js";

type Answer<T> = Promise<{ readonly ok: true; readonly value: T } | Refused>;

/** Without members that are `undefined`. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** Characters of a remedy in a list. */
const MAX_REMEDY_CHARS = 300;
const PAGE = 50;
/** Members that are told: a page of them is read by people. */
const MAX_MEMBERS = 5000;

const nameIn =
  ({ members }: View) =>
  (writer: WriterId): string | undefined =>
    members.get(writer)?.name;

/** Blocks of canon over all its generations, as far as they are held, and before each of them. */
const reachOf = ({ canon }: Peer) => {
  const before = new Map<string, number>();
  let blocks = canon.history()[0]?.before ?? 0;
  for (const part of canon.history()) {
    before.set(part.generation, blocks);
    blocks += part.length;
  }
  return { blocks, before };
};

/** Those that count. Whoever writes canon is named by its term, not by a record of its own. */
const countMembers = ({ members, term }: View): number => {
  let count = term === undefined || members.has(term.holder) ? 0 : 1;
  for (const { status } of members.values()) if (status === "admitted") count += 1;
  return count;
};

export const overview = async (peer: Peer): Answer<Overview> => {
  const { canon, swarm, swarmName } = peer;
  const stats = peer.stats();
  const { freshness } = stats;
  const { blocks } = reachOf(peer);
  const { view } = canon;
  const { repeatsPrevented, recalls, signals, outcomes, redactions, refusals, pending } = stats;
  const { immunizations, active, contested, revoked } = stats;
  const superseded = immunizations - active - contested - revoked;
  return {
    ok: true,
    value: plain<Overview>({
      swarm,
      swarmName,
      node: { id: peer.id, name: peer.name, role: peer.role },
      connection: stats.connection,
      connections: stats.connections,
      canon: {
        blocks,
        known: blocks + Math.max(0, freshness.known - freshness.held),
        ...(view.term === undefined ? {} : { term: view.term.term }),
        ...(freshness.heardMs === undefined ? {} : { ageMs: freshness.heardMs }),
        alarms: canon.alarms().map(({ message }) => message),
      },
      entries: { total: immunizations, byStatus: { active, contested, revoked, superseded } },
      members: countMembers(view),
      present: peer.present().length,
      pending,
      repeatsPrevented,
      recalls,
      signals,
      outcomes,
      redactions,
      refusals,
      traffic: dashboardOf(peer).traffic.read(),
    }),
  };
};

const rowOf = (view: View, entry: Entry, nameOf: (writer: WriterId) => string | undefined): EntryRow => {
  const { id, type, title, mitigation, domain, author, at } = entry.immunization;
  const { mean, worked, failed } = confidenceOf(view, entry);
  const { text } = mitigation;
  const authorName = nameOf(author);
  return {
    id,
    type,
    status: entry.status,
    title,
    remedy: text.length <= MAX_REMEDY_CHARS ? text : `${text.slice(0, MAX_REMEDY_CHARS - 1).toWellFormed()}…`,
    ...(domain === undefined ? {} : { domain }),
    author,
    ...(authorName === undefined ? {} : { authorName }),
    confidence: mean,
    worked,
    failed,
    at,
  };
};

export const entries = async (peer: Peer, query: Input<"entries">, signal?: AbortSignal): Answer<Entries> => {
  const { sort = "newest", offset = 0, limit = PAGE, atBlocks, ...filter } = query;
  const rest = createRests(signal);
  const read = async (table: EntryTable): Promise<Entries> => {
    const { total, rows } = await table.page(filter, sort, { offset, limit }, rest);
    const nameOf = nameIn(table.view);
    return {
      total,
      offset,
      rows: rows.map((entry) => rowOf(table.view, entry, nameOf)),
      types: table.types(),
      domains: table.domains(),
    };
  };
  const state = dashboardOf(peer);
  if (atBlocks === undefined) return { ok: true, value: await read(state.table()) };
  const found = await state.past.with(atBlocks, ({ table }) => read(table()), { rest, signal });
  return found.ok ? found : { ok: false, rule: found.refusal.rule, message: found.refusal.message };
};

export const graph = async (peer: Peer, query: Input<"graph">, signal?: AbortSignal): Answer<Graph> => {
  const table = dashboardOf(peer).table();
  const { around, domain, limit } = query;
  const asked = {
    ...(around === undefined ? {} : { around }),
    ...(domain === undefined ? {} : { domain }),
    ...(limit === undefined ? {} : { limit }),
  };
  const found = await problemGraph(table, asked, nameIn(table.view), createRests(signal));
  return found === undefined
    ? { ok: false, rule: "R1", message: `Canon, as this node holds it, has no "${around}".` }
    : { ok: true, value: found };
};

export const timeline = async (peer: Peer, signal?: AbortSignal): Answer<Timeline> => ({
  ok: true,
  value: await dashboardOf(peer).timeline.read(createRests(signal), signal),
});

export const moment = async (
  peer: Peer,
  { blocks, withHash = false }: Input<"moment">,
  signal?: AbortSignal,
): Answer<Moment> => {
  const rest: Rest = createRests(signal);
  const found = await dashboardOf(peer).past.with(
    blocks,
    async ({ past: { view, at } }) =>
      plain<Moment>({
        blocks,
        ...(at === undefined ? {} : { at }),
        entries: { total: view.entries.size, byStatus: countByStatus(view.entries.values()) },
        members: countMembers(view),
        aliases: view.aliases.size,
        ...(withHash ? { viewHash: await hashOf(view, rest) } : {}),
      }),
    { rest, signal },
  );
  return found.ok ? found : { ok: false, rule: found.refusal.rule, message: found.refusal.message };
};

export const alarms = async (peer: Peer): Answer<Alarms> => {
  const { canon, logs } = peer;
  const state = dashboardOf(peer);
  const nameOf = nameIn(canon.view);
  const closed = new Map<WriterId, string>();
  for (const { writer, status, reason } of canon.view.members.values())
    if (status === "refused") closed.set(writer, reason ?? "The orchestrator did not admit this member.");
  for (const { writer, last, reason } of canon.view.revocations.values())
    closed.set(writer, `Revoked after block ${last}: ${reason}`);
  for (const { writer, quarantinedFrom } of logs.list())
    if (quarantinedFrom !== undefined)
      closed.set(writer, `Signed two histories: nothing from block ${quarantinedFrom} on counts (L6).`);
  return {
    ok: true,
    value: plain<Alarms>({
      alarms: canon.alarms().map(({ message }) => {
        const at = state.alarmedAt(message);
        return { ...(at === undefined ? {} : { at }), message };
      }),
      refusals: Object.entries(peer.stats().refusalsByRule)
        .map(([rule, count]) => ({ rule, title: ruleTitle(rule), count }))
        .sort((a, b) => b.count - a.count),
      recent: state.refused(),
      proofs: logs.proofs().length,
      damage: logs.damage.map(({ log, message }) => ({ log: `${log.writer}/${log.generation}`, message })),
      closed: [...closed].slice(0, MAX_MEMBERS).map(([writer, reason]) => {
        const name = nameOf(writer);
        return { writer, ...(name === undefined ? {} : { name }), reason };
      }),
    }),
  };
};

export const members = async (peer: Peer): Answer<Members> => {
  const { view } = peer.canon;
  const { before } = reachOf(peer);
  const here = new Map(peer.present().map((one) => [one.writer, one]));
  const presenceOf = (writer: WriterId, named: string | undefined) => {
    const present = here.get(writer);
    const start = before.get(present?.canon?.generation ?? "");
    return {
      name: named ?? present?.name,
      isHere: present !== undefined,
      // An orchestrator's node has an agent of its own beside the key that writes canon.
      isSelf: writer === peer.id || present?.isSelf === true,
      claims: present?.claims.map(({ fingerprint }) => fingerprint) ?? [],
      canonBlocks: start === undefined ? undefined : start + (present?.canon?.length ?? 0),
    };
  };
  const listed = [...view.members.values()]
    .slice(0, MAX_MEMBERS)
    .map((member) => ({ ...member, ...presenceOf(member.writer, member.name) }));
  const holder = view.term?.holder;
  // Whoever writes canon is named by its term, not by a record of its own.
  const own =
    holder === undefined || view.members.has(holder)
      ? []
      : [
          {
            writer: holder,
            role: "orchestrator",
            status: "admitted",
            group: holder,
            ...presenceOf(holder, undefined),
          },
        ];
  return {
    ok: true,
    value: plain({
      members: [...own, ...listed],
      mayInvite: peer.role === "orchestrator" || peer.role === "agent",
    }) as Members,
  };
};
