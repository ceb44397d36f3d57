/** Problems, remedies, agents and domains as a graph, of which a page shows a part. Linear in the entries at most, once until canon grows. */

import type { Graph, GraphEdge, GraphNode, GraphQuery } from "@herdmind/dashboard";
import { type Entry, sameProblem, type View } from "@herdmind/experience";
import type { EntryId, Fingerprint, WriterId } from "@herdmind/protocol";
import type { EntryFilter, EntryTable, Rest } from "./entry-table.js";

export type NameOf = (writer: WriterId) => string | undefined;

/** Nodes. */
const DEFAULT_LIMIT = 150;
/** Share of the nodes that remedies, with their problems and authors, may take: the rest is for those who tried them. */
const REMEDY_SHARE = 0.75;
/** Agents that are shown to have tried one remedy. */
const MAX_TRIED = 24;
const MAX_LABEL_CHARS = 120;
/** Entries between two looks at the clock. */
const STRIDE = 256;

const label = (text: string): string => {
  const line = text.split("\n", 1)[0] ?? "";
  return line.length <= MAX_LABEL_CHARS ? line : `${line.slice(0, MAX_LABEL_CHARS - 1).toWellFormed()}…`;
};

const problemId = (fingerprint: Fingerprint): string => `problem:${fingerprint}`;
const remedyId = (id: EntryId): string => `remedy:${id}`;
const agentId = (writer: WriterId): string => `agent:${writer}`;
const domainId = (domain: string): string => `domain:${domain}`;

/** `undefined`: there is no such node. */
export const problemGraph = async (
  table: EntryTable,
  { around, domain, limit = DEFAULT_LIMIT }: GraphQuery,
  nameOf: NameOf,
  rest: Rest,
): Promise<Graph | undefined> => {
  const { view } = table;
  const filter: EntryFilter = { domain };
  const found = await (around === undefined
    ? best(table, filter, limit, rest)
    : neighbours(table, around, filter, limit, rest));
  if (found === undefined) return undefined;

  const nodes = new Map<string, GraphNode>();
  const edges = new Map<string, GraphEdge>();
  const weigh = (node: GraphNode): void => {
    const known = nodes.get(node.id);
    nodes.set(node.id, known === undefined ? node : { ...known, weight: known.weight + node.weight });
  };
  const join = (from: string, to: string, kind: GraphEdge["kind"]): void => {
    if (from !== to) edges.set(`${kind} ${from} ${to}`, { from, to, kind });
  };

  const shown: Entry[] = [];
  for (const entry of found.rows) {
    const parts = partsOf(view, entry, nameOf);
    const room = shown.length === 0 ? limit : limit * REMEDY_SHARE;
    if (nodes.size + parts.filter(({ id }) => !nodes.has(id)).length > room) break;
    for (const part of parts) weigh(part);
    shown.push(entry);
  }
  for (const { immunization, evidence } of shown) {
    const remedy = remedyId(immunization.id);
    join(remedy, problemId(immunization.fingerprint), "solves");
    join(agentId(immunization.author), remedy, "wrote");
    if (immunization.domain !== undefined)
      join(problemId(immunization.fingerprint), domainId(immunization.domain), "in");
    let tried = 0;
    for (const [writer, isWorking] of evidence) {
      if (tried >= MAX_TRIED) break;
      const id = agentId(writer);
      if (!nodes.has(id) && nodes.size >= limit) continue;
      weigh(agentNode(writer, nameOf, view));
      join(id, remedy, isWorking ? "worked" : "failed");
      tried += 1;
    }
  }
  // Names of one problem: those that are not shown yet as far as there is room.
  for (const entry of shown) {
    const { fingerprint } = entry.immunization;
    for (const one of sameProblem(view, fingerprint)) {
      const to = view.aliases.get(one)?.to;
      if (to === undefined) continue;
      const missing = [one, to].filter((name) => !nodes.has(problemId(name)));
      if (nodes.size + missing.length > limit) continue;
      for (const name of missing) weigh(problemNode(view, name, entry.immunization.title));
      join(problemId(one), problemId(to), "alias");
    }
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()], leftOut: found.total - shown.length };
};

interface Found {
  readonly total: number;
  readonly rows: readonly Entry[];
}

const best = (table: EntryTable, filter: EntryFilter, limit: number, rest: Rest): Promise<Found> =>
  table.page(filter, "tried", { offset: 0, limit }, rest);

const neighbours = async (
  table: EntryTable,
  around: string,
  filter: EntryFilter,
  limit: number,
  rest: Rest,
): Promise<Found | undefined> => {
  const { view, entries } = table;
  const at = around.indexOf(":");
  const [kind, name] = [around.slice(0, at), around.slice(at + 1)];
  const ofProblem = (fingerprint: Fingerprint): readonly Entry[] =>
    sameProblem(view, fingerprint).flatMap((one) =>
      (view.problems.get(one) ?? []).map((id) => view.entries.get(id) as Entry),
    );
  switch (kind) {
    case "problem": {
      const own = ofProblem(name as Fingerprint);
      return own.length === 0 ? undefined : joinFound(own, { total: 0, rows: [] });
    }
    case "remedy": {
      const entry = view.entries.get(name as EntryId);
      if (entry === undefined) return undefined;
      const { author, fingerprint } = entry.immunization;
      const others = await best(table, { ...filter, author }, limit, rest);
      return joinFound([entry, ...ofProblem(fingerprint)], others);
    }
    case "agent": {
      const tried: Entry[] = [];
      for (const [i, entry] of entries.entries()) {
        if (entry.evidence.has(name as WriterId)) tried.push(entry);
        if (i % STRIDE === 0) await rest();
      }
      const wrote = await best(table, { ...filter, author: name }, limit, rest);
      const found = joinFound(tried.slice(0, limit), wrote);
      return found.rows.length === 0 && !view.members.has(name as WriterId) ? undefined : found;
    }
    case "domain": {
      const found = await best(table, { domain: name }, limit, rest);
      return found.total === 0 ? undefined : found;
    }
    default:
      return undefined;
  }
};

/** The first ones first, each once. */
const joinFound = (first: readonly Entry[], { total, rows }: Found): Found => {
  const all = [...new Set([...first, ...rows])];
  return { total: total + all.length - rows.length, rows: all };
};

const partsOf = (view: View, { immunization, evidence, status }: Entry, nameOf: NameOf): readonly GraphNode[] => [
  {
    id: remedyId(immunization.id),
    kind: "remedy",
    label: label(immunization.mitigation.text),
    status,
    weight: 1 + evidence.size,
  },
  { ...problemNode(view, immunization.fingerprint, immunization.title), weight: 1 },
  agentNode(immunization.author, nameOf, view),
  ...(immunization.domain === undefined
    ? []
    : [
        {
          id: domainId(immunization.domain),
          kind: "domain" as const,
          label: label(immunization.domain),
          weight: 1,
        },
      ]),
];

const problemNode = (view: View, fingerprint: Fingerprint, otherwise: string): GraphNode => {
  const first = view.entries.get(view.problems.get(fingerprint)?.[0] as EntryId);
  return {
    id: problemId(fingerprint),
    kind: "problem",
    label: label(first?.immunization.title ?? otherwise),
    weight: 0,
  };
};

const agentNode = (writer: WriterId, nameOf: NameOf, view: View): GraphNode => {
  const status = view.members.get(writer)?.status;
  return {
    id: agentId(writer),
    kind: "agent",
    label: label(nameOf(writer) ?? `${writer.slice(0, 8)}…`),
    ...(status === undefined ? {} : { status }),
    weight: 1,
  };
};
