/** One valid body of every record type and version, with every member that it can have. */
import type { BlockHash, EntryId, Fingerprint, GenerationId, RemedyId, WriterId } from "../ids.js";
import type { RecordBody, RecordType } from "../records.js";

// Types only above: the script that makes the fixtures reads this file without a build.
const base64url = (bytes: number, seed: number): string =>
  btoa(String.fromCharCode(seed).repeat(bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const id = (seed: number): string => base64url(32, seed);
const writer = id(1) as WriterId;
const entry = id(2) as EntryId;
const generation = base64url(16, 3) as GenerationId;
const head = { writer, generation, length: 4, hash: id(4) as BlockHash };
const of = { writer, generation, sequence: 3, index: 1 };
const mitigation = { text: "Ask the system for a free port.", data: { tool: "free-port", args: [0, null, 1.5] } };
const at = 1_767_225_600_000;

const ops = [
  { op: "put", key: "week 1", value: { goal: "ship", days: [1, 2.5, null] }, members: ["ada", "bob"], ifAbsent: true },
  { op: "put", key: "note", value: "…" },
  { op: "add", key: "note", members: ["x"] },
  { op: "remove", key: "note", members: ["y", "x"] },
  { op: "delete", key: "week 0" },
] satisfies RecordBody<"memory">["ops"];

/** Version 1 of each. */
export const sampleBodies: { readonly [T in RecordType]: RecordBody<T> } = {
  open: { chain: ["header.payload.signature"], continues: head },
  signal: {
    type: "ERROR_RESOLVED",
    problem: {
      error: {
        name: "Error",
        message: "listen EADDRINUSE :::3000",
        code: "EADDRINUSE",
        stack: "at listen",
        output: "…",
      },
      text: "the port is taken",
      api: "node:net",
      purpose: "listen",
      domain: "networking",
      approach: "fixed port",
      facts: { port: 3000, loopback: true, family: "IPv6" },
      fields: { custom: "value" },
    },
    discovery: "Another process listens there.",
    mitigation,
    context: { attempts: 2, nested: { list: [true, null] } },
    at,
  },
  outcome: { entry, success: true, note: "at once", context: { ms: 12 }, at },
  memory: { space: "plans", ops, at },
  immunization: {
    id: entry,
    type: "ERROR_RESOLVED",
    fingerprint: `f1_${"a".repeat(32)}` as Fingerprint,
    remedyId: `m1_${"b".repeat(32)}` as RemedyId,
    title: "listen EADDRINUSE",
    search: "listen address already in use port",
    facts: { family: "IPv6" },
    api: "node:net",
    domain: "networking",
    discovery: "Another process listens there.",
    mitigation,
    author: writer,
    of,
    at,
  },
  evidence: { entry, worked: [writer], failed: [id(5) as WriterId] },
  status: { entry, status: "superseded", reason: "a better one is known", by: id(6) as EntryId },
  verdict: { of, verdict: "rejected", rule: "E2", reason: "holds a password", entry },
  "memory-step": { of, space: "plans", ops, at },
  "memory-item": {
    space: "plans",
    key: "week 1",
    value: { goal: "ship" },
    members: ["ada"],
    createdAt: at,
    updatedAt: at + 1,
    more: true,
  },
  watermark: head,
  member: {
    writer,
    role: "agent",
    name: "agent one",
    group: writer,
    invitation: "invitation-1",
    status: "refused",
    reason: "the invitation is used up",
    at,
  },
  revoked: { writer, generation, last: -1, reason: "its key was stolen" },
  alias: {
    from: `f1_${"a".repeat(32)}` as Fingerprint,
    to: `f1_${"c".repeat(32)}` as Fingerprint,
    reason: "the same cause",
    undo: true,
  },
  "signal-type": { name: "build/flaky-test", identity: ["suite", "test"] },
  relevance: {
    name: "no-gpu-on-laptops",
    version: 3,
    types: ["WORKAROUND_FOUND"],
    when: { "entry.tags": "gpu", "agent.tags": { $nin: ["gpu", "datacentre"] } },
    effect: "hide",
  },
  term: { term: 1, holder: writer, continues: head, grant: "header.payload.signature" },
  time: { at, before: 32_768 },
  next: { generation },
  "checkpoint-end": { records: 12, viewHash: id(7), continues: head },
};

const concern = {
  appliesTo: { $or: [{ apis: { $in: ["node:net", "node:http"] } }, { tags: "networking" }] },
  tags: ["port", "listen"],
};
/** Later versions, by `type/version`. */
export const laterBodies = {
  "signal/2": { ...sampleBodies.signal, ...concern },
  "immunization/2": { ...sampleBodies.immunization, ...concern },
} as const;
