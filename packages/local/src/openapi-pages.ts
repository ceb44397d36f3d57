/** What the dashboard asks, described for whoever makes a page of their own. */
import { count, type Described, type Json, list, number, object, text, truth } from "./json-schema.js";

const counts: Json = { type: "object", additionalProperties: count };
const entries = object({ total: count, byStatus: counts });
const fingerprints = list(text);

export const schemasForPages: { readonly [name: string]: Json } = {
  Overview: object({
    swarm: text,
    swarmName: text,
    node: object({ id: text, name: text, role: text }),
    connection: text,
    connections: { type: "object", additionalProperties: text },
    canon: object({ blocks: count, alarms: list(text) }, { known: count, term: count, ageMs: number }),
    entries,
    members: count,
    present: count,
    pending: count,
    repeatsPrevented: count,
    recalls: count,
    signals: count,
    outcomes: count,
    redactions: count,
    refusals: count,
    traffic: {
      description: "since the node began, in equal steps of time by canon's clock, oldest first",
      ...object({ stepMs: count, endsAt: count, signals: list(count), entries: list(count) }),
    },
  }),
  Entries: object({
    total: { ...count, description: "of all that match, not of this page" },
    offset: count,
    rows: list(
      object(
        {
          id: text,
          type: text,
          status: text,
          title: text,
          remedy: { ...text, description: "at most 300 characters" },
          author: text,
          confidence: number,
          worked: count,
          failed: count,
          at: { ...count, description: "the author's clock, milliseconds since 1970" },
        },
        { domain: text, authorName: text },
      ),
    ),
    types: list(text),
    domains: list(text),
  }),
  Graph: object({
    nodes: list(object({ id: text, kind: text, label: text, weight: count }, { status: text })),
    edges: list(object({ from: text, to: text, kind: text })),
    leftOut: { ...count, description: "remedies that fit, and that the limit left out" },
  }),
  Timeline: object({
    from: count,
    to: count,
    buckets: list(object({ fromBlocks: count, toBlocks: count, at: count, records: counts })),
  }),
  Moment: object({ blocks: count, entries, members: count, aliases: count }, { at: count, viewHash: text }),
  Alarms: object({
    alarms: list(object({ message: text }, { at: count })),
    refusals: list(object({ rule: text, title: text, count })),
    recent: list(
      object({ at: count, rule: text, message: text, by: { enum: ["us", "peer", "canon"] } }, { writer: text }),
    ),
    proofs: count,
    damage: list(object({ log: text, message: text })),
    closed: list(object({ writer: text, reason: text }, { name: text })),
  }),
  Members: object({
    members: list(
      object(
        { writer: text, role: text, status: text, group: text, isHere: truth, isSelf: truth, claims: fingerprints },
        { name: text, reason: text, invitation: text, at: count, canonBlocks: count },
      ),
    ),
    mayInvite: truth,
  }),
};

export const describedForPages = {
  overview: { summary: "The swarm, as this node sees it now.", answer: "Overview", example: {} },
  entries: {
    summary: "What canon holds, filtered, sorted, in pages; `atBlocks`: as canon was after so many blocks.",
    answer: "Entries",
    example: { text: "lease", status: "active", sort: "confidence", limit: 50 },
  },
  graph: {
    summary: "Problems, remedies, agents and domains: those with most evidence, or the part around one of them.",
    answer: "Graph",
    example: { limit: 150 },
  },
  timeline: { summary: "The records of canon, counted by type over its blocks.", answer: "Timeline", example: {} },
  moment: {
    summary: "Canon as it was after so many blocks.",
    answer: "Moment",
    example: { blocks: 1, withHash: true },
  },
  alarms: { summary: "What was refused, by which rule, and what is wrong.", answer: "Alarms", example: {} },
  members: { summary: "Who may take part, and who is here.", answer: "Members", example: {} },
} as const satisfies { readonly [verb: string]: Described };
