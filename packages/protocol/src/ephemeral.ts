/**
 * Ephemeral messages: signed, bounded, never stored. Kinds: the orchestrator's heartbeat (E6), presence (E7), claims (E8)
 * and messages of the application (E10).
 *
 *     message = CBOR [1, kind, swarm, writer, counter, body, signature]
 *     signed  = "herdmind/1/ephemeral\0" | CBOR [1, kind, swarm, writer, counter, body]
 */
import * as v from "valibot";
import { decodeCbor, encodeCbor, notJson } from "./cbor.js";
import { concat, domain, sha256 } from "./hash.js";
import {
  type BlockHash,
  type Fingerprint,
  type GenerationId,
  idBytes,
  isBlockHash,
  isFingerprint,
  isGenerationId,
  type SwarmId,
  toBase64url,
  type WriterId,
} from "./ids.js";
import { type KeyPair, verifySignature } from "./keys.js";
import {
  MAX_CLAIM_BYTES,
  MAX_EPHEMERAL_BYTES,
  MAX_EPHEMERAL_LIFETIME_MS,
  MAX_MESSAGE_BYTES,
  MAX_PRESENCE_BYTES,
} from "./limits.js";
import type { JsonObject, JsonValue } from "./records.js";
import { accept, isPrintable, type Result, refuse } from "./refusal.js";

export interface Ephemeral {
  readonly kind: string;
  readonly writer: WriterId;
  /** Grows with every message of one writer and kind (claims: and fingerprint); lower ones are ignored. */
  readonly counter: number;
  readonly body: JsonObject;
}

/** A message of the right form whose signature nobody has looked at: enough to see that it is old, or of a stranger. */
export interface UnverifiedEphemeral extends Ephemeral {
  verify(): Promise<Result<Ephemeral>>;
}

const EPHEMERAL_DOMAIN = domain("ephemeral");

export const sealEphemeral = async (
  key: KeyPair,
  swarm: SwarmId,
  message: Omit<Ephemeral, "writer">,
): Promise<Uint8Array> => {
  const fields = [1, message.kind, idBytes(swarm), key.publicKey, message.counter, message.body] as const;
  const signature = await key.sign(concat(EPHEMERAL_DOMAIN, encodeCbor(fields)));
  return encodeCbor([...fields, signature]);
};

const bad = (why: string) => refuse("E6", "sender", `This ephemeral message is refused: ${why}. Drop the sender.`);

/** Checks the form only. Costs no signature. */
export const readEphemeral = (bytes: Uint8Array, swarm: SwarmId): Result<UnverifiedEphemeral> => {
  if (bytes.length > MAX_EPHEMERAL_BYTES) return bad(`${bytes.length} bytes, ${MAX_EPHEMERAL_BYTES} allowed`);
  const decoded = decodeCbor(bytes, { nesting: 6, stringBytes: 1024, allowBytes: true });
  if (!decoded.ok) return bad(decoded.why);
  if (!Array.isArray(decoded.value) || decoded.value.length !== 7) return bad("not an array of seven");
  const [version, kind, swarmBytes, writer, counter, body, signature] = decoded.value as readonly unknown[];
  if (version !== 1 || typeof kind !== "string" || kind.length > 64) return bad("unknown version or kind");
  if (!(swarmBytes instanceof Uint8Array) || toBase64url(swarmBytes) !== swarm) return bad("it is for another swarm");
  if (!(writer instanceof Uint8Array) || !(signature instanceof Uint8Array)) return bad("no writer or signature");
  if (!Number.isSafeInteger(counter) || (counter as number) < 0) return bad("no counter");
  if (typeof body !== "object" || body === null || Array.isArray(body) || notJson(body) !== undefined)
    return bad("no body");
  const fields = [1, kind, swarmBytes, writer, counter as number, body as JsonObject] as const;
  const message: Ephemeral = {
    kind,
    writer: toBase64url(writer) as WriterId,
    counter: counter as number,
    body: body as JsonObject,
  };
  return accept({
    ...message,
    verify: async () =>
      (await verifySignature(writer, signature, concat(EPHEMERAL_DOMAIN, encodeCbor(fields))))
        ? accept(message)
        : bad("its signature is not valid"),
  });
};

/** Checks form and signature. Whether the writer may send this kind is for the receiver to judge. */
export const openEphemeral = async (bytes: Uint8Array, swarm: SwarmId): Promise<Result<Ephemeral>> => {
  const read = readEphemeral(bytes, swarm);
  return read.ok ? read.value.verify() : read;
};

const ascii = new TextDecoder();
/** The kind that a message says it is, read from its first bytes; `undefined` where there is none. */
export const ephemeralKind = (bytes: Uint8Array): string | undefined => {
  // [1, kind, ...]: 0x87 0x01, then a text of up to 23 bytes (0x60 + length), or of up to 64 (0x78, length).
  if (bytes[0] !== 0x87 || bytes[1] !== 1) return undefined;
  const head = bytes[2] ?? 0;
  const [at, length] = head === 0x78 ? [4, bytes[3] ?? 0] : [3, head - 0x60];
  if (length < 0 || length > 64 || (at === 3 && length > 23) || bytes.length < at + length) return undefined;
  return ascii.decode(bytes.subarray(at, at + length));
};

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const heartbeatSchema = v.strictObject({
  term: count,
  generation: v.custom<GenerationId>(isGenerationId),
  length: count,
  hash: v.custom<BlockHash>(isBlockHash),
  /** The orchestrator's clock, milliseconds since 1970. */
  at: count,
});

/** "Canon of this term reaches this head, at this time." */
export type Heartbeat = v.InferOutput<typeof heartbeatSchema>;

export const readHeartbeat = (message: Ephemeral): Result<Heartbeat> => {
  const parsed = v.safeParse(heartbeatSchema, message.body);
  return message.kind === "heartbeat" && parsed.success
    ? accept(parsed.output)
    : refuse("E6", "sender", "This is not a heartbeat. Drop the sender.");
};

const lifetime = v.pipe(count, v.maxValue(MAX_EPHEMERAL_LIFETIME_MS));
const presenceSchema = v.object({
  /** For people. */
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(200), v.check(isPrintable)),
  /** Agents that this peer hosts. */
  agents: v.pipe(count, v.maxValue(65_536)),
  /** What it stores for others (DESIGN: `own`, `swarm`, `all`). */
  carry: v.picklist(["own", "swarm", "all"]),
  /** Milliseconds that this holds from its first sight, by the receiver's monotonic clock; 0: it leaves. */
  lifetimeMs: lifetime,
  /** How far it holds canon: blocks of this generation, and all generations before it. */
  canon: v.exactOptional(v.object({ generation: v.custom<GenerationId>(isGenerationId), length: count })),
});

/** "I am here." */
export type Presence = v.InferOutput<typeof presenceSchema>;

export const readPresence = (message: Ephemeral, size: number): Result<Presence> => {
  const parsed = v.safeParse(presenceSchema, message.body);
  return message.kind === "presence" && size <= MAX_PRESENCE_BYTES && parsed.success
    ? accept(parsed.output)
    : refuse("E7", "sender", `This is not a presence of at most ${MAX_PRESENCE_BYTES} bytes. Drop the sender.`);
};

const claimSchema = v.object({
  fingerprint: v.custom<Fingerprint>(isFingerprint),
  /** Milliseconds that this holds from its first sight, by the receiver's monotonic clock; 0: released. */
  lifetimeMs: lifetime,
  /** The claimant has won, and is at work. */
  begun: v.exactOptional(v.boolean()),
});

/** "I am solving this problem." */
export type Claim = v.InferOutput<typeof claimSchema>;

export const readClaim = (message: Ephemeral, size: number): Result<Claim> => {
  const parsed = v.safeParse(claimSchema, message.body);
  return message.kind === "claim" && size <= MAX_CLAIM_BYTES && parsed.success
    ? accept(parsed.output)
    : refuse("E8", "sender", `This is not a claim of at most ${MAX_CLAIM_BYTES} bytes. Drop the sender.`);
};

const messageSchema = v.object({
  /** What it is about: words with dots between them. */
  topic: v.pipe(v.string(), v.maxLength(128), v.regex(/^[^\s.*]+(?:\.[^\s.*]+)*$/), v.check(isPrintable)),
  /** Any JSON value: that the whole body is JSON was checked when the message was read. */
  body: v.unknown(),
});

/** Something an extension says to whoever is here. */
export interface Message {
  readonly topic: string;
  readonly body: JsonValue;
}

export const readMessage = (message: Ephemeral, size: number): Result<Message> => {
  const parsed = v.safeParse(messageSchema, message.body);
  return message.kind === "message" && size <= MAX_MESSAGE_BYTES && parsed.success
    ? accept(parsed.output as Message)
    : refuse(
        "E10",
        "sender",
        `This is not a message of at most ${MAX_MESSAGE_BYTES} bytes with a topic. Drop the sender.`,
      );
};

const CLAIM_DOMAIN = domain("claim");
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Of claims made at the same moment the one with the smallest rank wins (text order). No writer has the smallest for every problem. */
export const claimRank = (fingerprint: Fingerprint, writer: WriterId): string =>
  Array.from(sha256(concat(CLAIM_DOMAIN, encodeCbor([fingerprint, idBytes(writer)]))), (byte) => HEX[byte]).join("");
