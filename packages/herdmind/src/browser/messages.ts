/**
 * What the tabs of one origin say to each other, on the BroadcastChannel `herdmind/<dir>`, version 1. Each message is a JSON text:
 * its length is bounded before it is read, its shape is checked before it is used. All of them can read what they say; whoever can
 * run scripts on the origin can use the peer anyway.
 *
 * | `t`      | from     | says |
 * |----------|----------|------|
 * | `who`    | any tab  | which tab leads? |
 * | `lead`   | leader   | I do; `term` names this reign, `self` what its peer is |
 * | `call`   | follower | do `op` with `args`, and answer with this `id` |
 * | `answer` | leader   | `value`, or what `failed` |
 * | `news`   | leader   | something that the call `id` waits for happened |
 * | `event`  | leader   | an event of the node |
 */
import { type Profile, readProfile } from "@herdmind/experience";
import {
  isWriterId,
  type JsonValue,
  type Refusal,
  ROLES,
  type Role,
  type SwarmId,
  type WriterId,
} from "@herdmind/protocol";
import * as v from "valibot";
import type { NodeEvents } from "../peer.js";

const TABS_VERSION = 1;
/** Characters of a message: the longest answer is a recall of many long entries. What is longer is not even parsed. */
export const MAX_MESSAGE_CHARS = 8 * 1024 * 1024;
/** Characters of ids, names and kinds. */
const MAX_ID_CHARS = 64;

/** Events of the node that the leading tab tells. One that is not among them is a newer version's, or nobody's: it is dropped. */
export const TOLD_EVENTS = [
  "immunized",
  "status",
  "verdict",
  "refused",
  "connection",
  "alarm",
  "withdrawn",
  "said",
] as const satisfies readonly (keyof NodeEvents)[];

export type ToldEvent = (typeof TOLD_EVENTS)[number];

const id = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_ID_CHARS));
const number = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const json = v.custom<JsonValue | undefined>(() => true);
const object = v.custom<{ readonly [key: string]: JsonValue }>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
);
const writer = v.custom<WriterId>(isWriterId);
const texts = v.pipe(v.array(v.string()), v.maxLength(64));

const self = v.object({
  id: writer,
  name: v.string(),
  swarm: v.custom<SwarmId>((value) => typeof value === "string"),
  swarmName: v.string(),
  role: v.picklist(ROLES),
  profile: v.optional(v.custom<Profile>((value) => readProfile(value).ok)),
  addresses: texts,
});
/** What a peer is: the same in every tab. */
export interface Self {
  readonly id: WriterId;
  readonly name: string;
  readonly swarm: SwarmId;
  readonly swarmName: string;
  readonly role: Role;
  readonly profile?: Profile | undefined;
  readonly addresses: readonly string[];
}

const refusal = v.pipe(
  v.custom<Refusal>((value) => typeof value === "object" && value !== null && !Array.isArray(value)),
  v.check(({ rule, fault, message }) => [rule, fault, message].every((text) => typeof text === "string")),
);

type Args = { readonly [key: string]: JsonValue };
/** What is said, without the version and who says it. Written out: inferred from the schema it is too deep for a stranger's compiler. */
type Said =
  | { readonly t: "who" }
  | { readonly t: "lead"; readonly term: string; readonly self: Self }
  | { readonly t: "call"; readonly to: string; readonly id: number; readonly op: string; readonly args: Args }
  | {
      readonly t: "answer";
      readonly to: string;
      readonly id: number;
      readonly value?: JsonValue | undefined;
      readonly failed?: { readonly message: string; readonly refusal?: Refusal | undefined } | undefined;
    }
  | { readonly t: "news"; readonly to: string; readonly id: number; readonly news?: JsonValue | undefined }
  | { readonly t: "event"; readonly name: ToldEvent; readonly event: Args };
export type Message = Said & { readonly v: typeof TABS_VERSION; readonly from: string };

const base = { v: v.literal(TABS_VERSION), from: id };
const message: v.GenericSchema<unknown, Message> = v.variant("t", [
  v.object({ ...base, t: v.literal("who") }),
  v.object({ ...base, t: v.literal("lead"), term: id, self }),
  v.object({ ...base, t: v.literal("call"), to: id, id: number, op: id, args: object }),
  v.object({
    ...base,
    t: v.literal("answer"),
    to: id,
    id: number,
    value: v.optional(json),
    failed: v.optional(v.object({ message: v.string(), refusal: v.optional(refusal) })),
  }),
  v.object({ ...base, t: v.literal("news"), to: id, id: number, news: v.optional(json) }),
  v.object({ ...base, t: v.literal("event"), name: v.picklist(TOLD_EVENTS), event: object }),
]);

/** The text of a message; `undefined` when it is longer than a tab reads. */
export const writeMessage = (from: string, said: Said): string | undefined => {
  const text = JSON.stringify({ v: TABS_VERSION, from, ...said });
  return text.length > MAX_MESSAGE_CHARS ? undefined : text;
};

/** `other`: another version of herdmind runs in that tab. `undefined`: not one of ours. */
export const readMessage = (data: unknown): Message | "other" | undefined => {
  if (typeof data !== "string" || data.length > MAX_MESSAGE_CHARS) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return undefined;
  }
  const parsed = v.safeParse(message, value);
  if (parsed.success) return parsed.output;
  const version = v.safeParse(v.object({ v: v.number() }), value);
  return version.success && version.output.v !== TABS_VERSION ? "other" : undefined;
};
