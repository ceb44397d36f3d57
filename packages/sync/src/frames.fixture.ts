/** One frame of each kind, of fixed bytes: the frozen fixtures of version 1 are made of these. */
import { type BlockHash, type GenerationId, toBase64url, type WriterId } from "@herdmind/protocol";
import type { Frame } from "./frames.js";

const bytes = (length: number, first: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (first + i) & 255);
const writer = toBase64url(bytes(32, 1)) as WriterId;
const other = toBase64url(bytes(32, 101)) as WriterId;
const generation = toBase64url(bytes(16, 33)) as GenerationId;
const hash = toBase64url(bytes(32, 65)) as BlockHash;
const log = { writer, generation };

export const sampleFrames: readonly { readonly name: string; readonly frame: Frame }[] = [
  { name: "hello, all", frame: { kind: "hello", version: 1, interest: { logs: "all", writers: [] } } },
  { name: "hello, own", frame: { kind: "hello", version: 1, interest: { logs: "own", writers: [writer, other] } } },
  { name: "hello, none", frame: { kind: "hello", version: 1, interest: { logs: "none", writers: [] } } },
  {
    name: "hello, with ephemeral kinds",
    frame: { kind: "hello", version: 1, interest: { logs: "own", writers: [writer] }, kinds: ["presence", "claim"] },
  },
  {
    name: "hello of a carrier",
    frame: { kind: "hello", version: 1, interest: { logs: "own", writers: [writer] }, kinds: [], carries: true },
  },
  { name: "heads, none left", frame: { kind: "heads", done: true, heads: [] } },
  { name: "heads, more follow", frame: { kind: "heads", done: false, heads: [bytes(220, 7), bytes(230, 8)] } },
  { name: "need from the start", frame: { kind: "need", needs: [{ log, from: 0, head: undefined }] } },
  { name: "need from 1,025", frame: { kind: "need", needs: [{ log, from: 1025, head: bytes(220, 9) }] } },
  { name: "blocks", frame: { kind: "blocks", log, update: bytes(300, 10) } },
  { name: "receipt", frame: { kind: "receipt", heads: [{ ...log, length: 70_000, hash }] } },
  {
    name: "refused, everything said",
    frame: {
      kind: "refused",
      refusal: { rule: "L3", fault: "none", message: "Send from 7.", log, sequence: 9, need: 7 },
    },
  },
  {
    name: "refused, nothing but the rule",
    frame: { kind: "refused", refusal: { rule: "T2", fault: "sender", message: "No token." } },
  },
  { name: "ephemeral", frame: { kind: "ephemeral", bytes: bytes(180, 11) } },
  { name: "proof", frame: { kind: "proof", bytes: bytes(480, 12) } },
  {
    name: "left",
    frame: {
      kind: "left",
      heads: [
        { ...log, length: 300 },
        { ...log, writer: other, length: 0 },
      ],
    },
  },
  { name: "ping", frame: { kind: "ping", number: 3 } },
  { name: "pong", frame: { kind: "pong", number: 4_294_967_296 } },
];
