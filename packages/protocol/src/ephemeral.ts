/**
 * Ephemeral messages: signed, bounded, never stored. Version 1 defines one kind, the orchestrator's heartbeat (E6);
 * presence and claims will be others.
 *
 *     message = CBOR [1, kind, swarm, writer, counter, body, signature]
 *     signed  = "herdmind/1/ephemeral\0" | CBOR [1, kind, swarm, writer, counter, body]
 */
import * as v from "valibot";
import { decodeCbor, encodeCbor, notJson } from "./cbor.js";
import { concat, domain } from "./hash.js";
import {
  type BlockHash,
  type GenerationId,
  idBytes,
  isBlockHash,
  isGenerationId,
  type SwarmId,
  toBase64url,
  type WriterId,
} from "./ids.js";
import { type KeyPair, verifySignature } from "./keys.js";
import { MAX_EPHEMERAL_BYTES } from "./limits.js";
import type { JsonObject } from "./records.js";
import { accept, type Result, refuse } from "./refusal.js";

export interface Ephemeral {
  readonly kind: string;
  readonly writer: WriterId;
  /** Grows with every message of one writer and kind; lower ones are ignored. */
  readonly counter: number;
  readonly body: JsonObject;
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

/** Checks form and signature. Whether the writer may send this kind is for the receiver to judge. */
export const openEphemeral = async (bytes: Uint8Array, swarm: SwarmId): Promise<Result<Ephemeral>> => {
  const bad = (why: string) => refuse("E6", "sender", `This ephemeral message is refused: ${why}. Drop the sender.`);
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
  if (!(await verifySignature(writer, signature, concat(EPHEMERAL_DOMAIN, encodeCbor(fields))))) {
    return bad("its signature is not valid");
  }
  return accept({
    kind,
    writer: toBase64url(writer) as WriterId,
    counter: counter as number,
    body: body as JsonObject,
  });
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
