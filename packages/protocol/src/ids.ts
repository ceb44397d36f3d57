/**
 * Names of things. Every id that crosses a package border is a branded base64url text without padding: it can stand as
 * a map key, in JSON and in a URL, and one kind cannot be passed for another.
 */

declare const brand: unique symbol;
type Brand<Name extends string> = string & { readonly [brand]: Name };

/** SHA-256 of the genesis record: 43 characters, 32 bytes. */
export type SwarmId = Brand<"SwarmId">;
/** Ed25519 public key of a log's author: 43 characters, 32 bytes. */
export type WriterId = Brand<"WriterId">;
/** 16 random bytes that name one generation of a log: 22 characters. */
export type GenerationId = Brand<"GenerationId">;
/** SHA-256 of a block's header and signature: 43 characters, 32 bytes. */
export type BlockHash = Brand<"BlockHash">;
/** SHA-256 of (swarm, writer, generation, sequence, index) of an entry's first proposal: 43 characters, 32 bytes. */
export type EntryId = Brand<"EntryId">;
/** Key of a problem: `<algorithm version>_<32 base64url characters>`, for example `f1_9Xk...`. */
export type Fingerprint = Brand<"Fingerprint">;
/** Hash of a normalised mitigation: `<algorithm version>_<32 base64url characters>`, for example `m1_c0d...`. */
export type RemedyId = Brand<"RemedyId">;

/** One generation of one writer's log. The swarm is known from the context. */
export interface LogId {
  readonly writer: WriterId;
  readonly generation: GenerationId;
}

/** Where a record stands: the block's place in its log, and the record's index inside the block. */
export interface RecordRef extends LogId {
  readonly sequence: number;
  readonly index: number;
}

/** How far a log reaches: `length` blocks, the last of which has `hash`. */
export interface LogHead extends LogId {
  readonly length: number;
  readonly hash: BlockHash;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUE_BY_CODE = new Int8Array(128).fill(-1);
for (let i = 0; i < ALPHABET.length; i++) VALUE_BY_CODE[ALPHABET.charCodeAt(i)] = i;

// Two characters for each 12 bits: half the lookups of a character for each 6.
const PAIRS = Array.from({ length: 4096 }, (_, i) => (ALPHABET[i >> 6] as string) + (ALPHABET[i & 63] as string));

/** Encodes bytes as base64url without padding (RFC 4648, section 5). */
export const toBase64url = (bytes: Uint8Array): string => {
  let text = "";
  let i = 0;
  for (; i + 2 < bytes.length; i += 3) {
    const n = ((bytes[i] as number) << 16) | ((bytes[i + 1] as number) << 8) | (bytes[i + 2] as number);
    text += (PAIRS[n >> 12] as string) + (PAIRS[n & 4095] as string);
  }
  if (i + 1 === bytes.length) {
    const n = (bytes[i] as number) << 16;
    text += (ALPHABET[n >> 18] as string) + (ALPHABET[(n >> 12) & 63] as string);
  } else if (i + 2 === bytes.length) {
    const n = ((bytes[i] as number) << 16) | ((bytes[i + 1] as number) << 8);
    text += (ALPHABET[n >> 18] as string) + (ALPHABET[(n >> 12) & 63] as string) + (ALPHABET[(n >> 6) & 63] as string);
  }
  return text;
};

/** Decodes base64url without padding; `undefined` for any other text, and for a non-canonical last character. */
export const fromBase64url = (text: string): Uint8Array | undefined => {
  const rest = text.length % 4;
  if (rest === 1) return undefined;
  const bytes = new Uint8Array((text.length * 3) >> 2);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const value = code < 128 ? (VALUE_BY_CODE[code] as number) : -1;
    if (value < 0) return undefined;
    bits = ((bits << 6) | value) & 0xffffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[at++] = (bits >> held) & 255;
    }
  }
  return (bits & ((1 << held) - 1)) === 0 ? bytes : undefined;
};

// The last character carries only the bits that are left; the others are zero in the one canonical spelling.
const OF_32_BYTES = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const OF_16_BYTES = /^[A-Za-z0-9_-]{21}[AQgw]$/;
const of32 = (text: unknown): boolean => typeof text === "string" && text.length === 43 && OF_32_BYTES.test(text);

export const isSwarmId = (text: unknown): text is SwarmId => of32(text);
export const isWriterId = (text: unknown): text is WriterId => of32(text);
export const isGenerationId = (text: unknown): text is GenerationId =>
  typeof text === "string" && text.length === 22 && OF_16_BYTES.test(text);
export const isBlockHash = (text: unknown): text is BlockHash => of32(text);
export const isEntryId = (text: unknown): text is EntryId => of32(text);
export const isFingerprint = (text: unknown): text is Fingerprint =>
  typeof text === "string" && /^f\d{1,3}_[A-Za-z0-9_-]{32}$/.test(text);
export const isRemedyId = (text: unknown): text is RemedyId =>
  typeof text === "string" && /^m\d{1,3}_[A-Za-z0-9_-]{32}$/.test(text);

/** The bytes of an id that is already known to be valid. */
export const idBytes = (id: SwarmId | WriterId | GenerationId | BlockHash | EntryId): Uint8Array => {
  const bytes = fromBase64url(id);
  if (bytes === undefined) throw new Error(`not an id: ${id}`);
  return bytes;
};

/** A map key for one generation of one writer. */
export type LogKey = Brand<"LogKey">;
export const logKey = (log: LogId): LogKey => `${log.writer}/${log.generation}` as LogKey;

/** The y-websocket room of a log: `<swarm>/<writer>/<generation>`. */
export const roomOf = (swarm: SwarmId, log: LogId): string => `${swarm}/${log.writer}/${log.generation}`;

/** Reads a room name; `undefined` when it is not one. */
export const parseRoom = (room: string): { readonly swarm: SwarmId; readonly log: LogId } | undefined => {
  const [swarm, writer, generation, ...rest] = room.split("/");
  if (rest.length > 0 || !isSwarmId(swarm) || !isWriterId(writer) || !isGenerationId(generation)) return undefined;
  return { swarm, log: { writer, generation } };
};
