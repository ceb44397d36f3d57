/**
 * The two frames that `/herdmind/sync/1` has beside those of a sync session. The first of each side is an introduction.
 *
 *     64 introduction  [64, version, [credential...], [writer (32), generation (16)] | null]
 *     65 addresses     [65, [multiaddr...]]
 */
import {
  accept,
  decodeCbor,
  encodeCbor,
  type GenerationId,
  idBytes,
  isPrintable,
  type LogId,
  MAX_CHAIN_LENGTH,
  MAX_TOKEN_CHARS,
  type Result,
  refuse,
  toBase64url,
  type WriterId,
} from "@herdmind/protocol";

export const MESH_VERSION = 1;
/** Bytes of a frame before the introduction is done: a full chain, and what stands around it. */
export const MAX_INTRODUCTION_BYTES = MAX_CHAIN_LENGTH * (MAX_TOKEN_CHARS + 8) + 128;
/** Characters of one address. The longest in use (a relayed one with two peer ids) have about 200. */
export const MAX_ADDRESS_CHARS = 256;
/** Addresses in a frame that is still read; a receiver takes fewer (`MeshLimits`). */
const MAX_ADDRESSES = 64;

export interface Introduction {
  /** Empty when this side has already shown its chain on this connection. */
  readonly chain: readonly string[];
  /** The exchange is about this log alone; `undefined`: about all. Only the side that opened the stream says it. */
  readonly only: LogId | undefined;
}

export const encodeIntroduction = ({ chain, only }: Introduction): Uint8Array =>
  encodeCbor([
    64,
    MESH_VERSION,
    [...chain],
    only === undefined ? null : [idBytes(only.writer), idBytes(only.generation)],
  ]);

export const decodeIntroduction = (bytes: Uint8Array): Result<Introduction> => {
  const bad = (why: string) =>
    refuse("T5", "sender", `This is not an introduction of version ${MESH_VERSION}: ${why}. Update the older peer.`);
  if (bytes.length > MAX_INTRODUCTION_BYTES) return bad(`${bytes.length} bytes, ${MAX_INTRODUCTION_BYTES} allowed`);
  const decoded = decodeCbor(bytes, { nesting: 3, stringBytes: MAX_TOKEN_CHARS, allowBytes: true });
  if (!decoded.ok) return bad(decoded.why);
  if (!Array.isArray(decoded.value)) return bad("not an array");
  // Later versions may add elements at the end.
  const [kind, version, chain, scope] = decoded.value as readonly unknown[];
  if (kind !== 64) return bad("the first frame is of another kind");
  if (version !== MESH_VERSION) return bad(`version ${String(version)}`);
  if (!Array.isArray(chain) || chain.length > MAX_CHAIN_LENGTH || !chain.every((item) => typeof item === "string")) {
    return bad("its chain has another form");
  }
  const only = scope === null ? undefined : readScope(scope);
  if (scope !== null && only === undefined) return bad("it names a log in another form");
  return accept({ chain, only });
};

const readScope = (scope: unknown): LogId | undefined => {
  if (!Array.isArray(scope) || scope.length !== 2) return undefined;
  const [writer, generation] = scope as readonly unknown[];
  if (!(writer instanceof Uint8Array) || writer.length !== 32) return undefined;
  if (!(generation instanceof Uint8Array) || generation.length !== 16) return undefined;
  return { writer: toBase64url(writer) as WriterId, generation: toBase64url(generation) as GenerationId };
};

export const encodeAddresses = (addresses: readonly string[]): Uint8Array => encodeCbor([65, [...addresses]]);

/** Whether a frame is one of addresses, by its first three bytes: an array of two, and 65. */
export const isAddressesFrame = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x82 && bytes[1] === 0x18 && bytes[2] === 65;

/** The texts of an addresses frame; `undefined` when it is not one. Whether they are addresses is for the reader to see. */
export const decodeAddresses = (bytes: Uint8Array): readonly string[] | undefined => {
  if (bytes.length > MAX_ADDRESSES * (MAX_ADDRESS_CHARS + 3) + 8) return undefined;
  const decoded = decodeCbor(bytes, { nesting: 2, stringBytes: MAX_ADDRESS_CHARS, allowBytes: false });
  if (!decoded.ok || !Array.isArray(decoded.value)) return undefined;
  const [kind, addresses] = decoded.value as readonly unknown[];
  if (kind !== 65 || !Array.isArray(addresses) || addresses.length > MAX_ADDRESSES) return undefined;
  const isAddress = (item: unknown): item is string => typeof item === "string" && isPrintable(item);
  return addresses.every(isAddress) ? addresses : undefined;
};
