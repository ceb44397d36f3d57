/**
 * Ed25519 keys on WebCrypto: the same code in Node and in a browser.
 *
 * Libraries disagree about malformed keys and signatures (non-canonical encodings, small-order points, S >= L), and two
 * peers that disagree about one signature disagree about a log for ever. So the disputed cases are refused here, before
 * WebCrypto is asked (rule L5).
 */
import { equalBytes } from "./hash.js";
import { fromBase64url, toBase64url, type WriterId } from "./ids.js";
import { accept, type Result, refuse } from "./refusal.js";

/** A peer's or writer's key. The private part may be non-extractable and never leaves WebCrypto. */
export interface KeyPair {
  readonly id: WriterId;
  readonly publicKey: Uint8Array;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
  /** For libraries that take WebCrypto keys. */
  readonly privateKey: CryptoKey;
}

type Bytes = Uint8Array<ArrayBuffer>;
const own = (bytes: Uint8Array): Bytes => bytes as Bytes;

/** The clear error for a runtime without Ed25519; call it once at start. */
export const checkEd25519 = async (
  subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle,
): Promise<Result<void>> => {
  try {
    if (subtle === undefined) throw new Error("WebCrypto is missing (in a browser it needs https or localhost)");
    await subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
    return accept(undefined);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return refuse(
      "L5",
      "none",
      `This runtime cannot sign with Ed25519 in WebCrypto: ${reason}. Use Node 22 or newer, or a browser of 2025 or newer.`,
    );
  }
};

const pairOf = async (privateKey: CryptoKey, publicKey: Uint8Array): Promise<KeyPair> => ({
  id: toBase64url(publicKey) as WriterId,
  publicKey,
  privateKey,
  sign: async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", privateKey, own(bytes))),
});

/** A new key; `extractable` keys can be written to a file with `exportSeed`. */
export const generateKey = async ({ extractable = true } = {}): Promise<KeyPair> => {
  const pair = (await crypto.subtle.generateKey({ name: "Ed25519" }, extractable, ["sign", "verify"])) as CryptoKeyPair;
  return pairOf(pair.privateKey, new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));
};

/** Wraps a key pair kept elsewhere, for example in IndexedDB. */
export const keyFromCrypto = async (pair: CryptoKeyPair): Promise<KeyPair> =>
  pairOf(pair.privateKey, new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));

// RFC 8410: the 16 bytes before a 32-byte seed in PKCS #8.
const PKCS8 = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32);

/** A key from its 32-byte seed. */
export const importSeed = async (seed: Uint8Array): Promise<KeyPair> => {
  if (seed.length !== 32) throw new Error(`a seed has 32 bytes, not ${seed.length}`);
  const pkcs8 = new Uint8Array(48);
  pkcs8.set(PKCS8);
  pkcs8.set(seed, 16);
  const privateKey = await crypto.subtle.importKey("pkcs8", pkcs8, { name: "Ed25519" }, true, ["sign"]);
  const { x } = await crypto.subtle.exportKey("jwk", privateKey);
  return pairOf(privateKey, fromBase64url(x as string) as Uint8Array);
};

/** The 32-byte seed of an extractable key. */
export const exportSeed = async (key: KeyPair): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.exportKey("pkcs8", key.privateKey)).slice(16);

// Little-endian 2^255 - 19 and the group order L.
const P = Uint8Array.from([0xed, ...new Array<number>(30).fill(0xff), 0x7f]);
const L = Uint8Array.from([
  0xed,
  0xd3,
  0xf5,
  0x5c,
  0x1a,
  0x63,
  0x12,
  0x58,
  0xd6,
  0x9c,
  0xf7,
  0xa2,
  0xde,
  0xf9,
  0xde,
  0x14,
  ...new Array<number>(15).fill(0),
  0x10,
]);

const lessThan = (a: Uint8Array, b: Uint8Array): boolean => {
  for (let i = 31; i >= 0; i--) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference < 0;
  }
  return false;
};

// The y coordinates of the eight points of small order (0, 1, -1 and the four of order 8), canonical encodings.
const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) as string[], (pair) => Number.parseInt(pair, 16));
const SMALL_ORDER_Y = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
].map(hex);

const withoutSign = (point: Uint8Array): Uint8Array => {
  const y = new Uint8Array(point);
  y[31] = (y[31] as number) & 127;
  return y;
};

/**
 * A canonical encoding (y < p), and not a point of small order. The two encodings of x = 0 with a sign, which are not
 * canonical either, are those of y = 1 and y = -1, so they are among the small ones.
 */
const isStrictPoint = (point: Uint8Array): boolean => {
  const y = withoutSign(point);
  return lessThan(y, P) && !SMALL_ORDER_Y.some((small) => equalBytes(small, y));
};

/** Whether 32 bytes can be anybody's public key: a canonical encoding, and not a point of small order. */
export const isStrictPublicKey = (publicKey: Uint8Array): boolean =>
  publicKey.length === 32 && isStrictPoint(publicKey);

/**
 * Whether 64 bytes can be anybody's signature: S < L, and R a canonical encoding of a point that is not of small order.
 * The last is in the WebCrypto specification and in few of its implementations.
 */
export const isStrictSignature = (signature: Uint8Array): boolean =>
  signature.length === 64 && lessThan(signature.subarray(32), L) && isStrictPoint(signature.subarray(0, 32));

/** Imported keys by id. Bounded: a stranger who sends a thousand keys only costs their imports. */
const importedById = new Map<string, Promise<CryptoKey | undefined>>();
const IMPORTED_KEYS_KEPT = 4096;

const importPublic = (publicKey: Uint8Array): Promise<CryptoKey | undefined> => {
  // Before the cache: what cannot be a key must not push a key out of it.
  if (!isStrictPublicKey(publicKey)) return Promise.resolve(undefined);
  const id = toBase64url(publicKey);
  const known = importedById.get(id);
  if (known !== undefined) return known;
  if (importedById.size >= IMPORTED_KEYS_KEPT) importedById.delete(importedById.keys().next().value as string);
  const imported = crypto.subtle
    .importKey("raw", own(publicKey), { name: "Ed25519" }, true, ["verify"])
    .catch(() => undefined);
  importedById.set(id, imported);
  return imported;
};

/** The public key for libraries that take WebCrypto keys; `undefined` when it is not a strict Ed25519 key. */
export const publicCryptoKey = (writer: WriterId): Promise<CryptoKey | undefined> => {
  const bytes = fromBase64url(writer);
  return bytes === undefined ? Promise.resolve(undefined) : importPublic(bytes);
};

/**
 * Strict verification: S < L, R and A canonical and not of small order; then WebCrypto, whose equation has no cofactor:
 * [S]B = R + [k]A. That settles keys of mixed order too, without a multiplication by L for each key.
 */
export const verifySignature = async (
  publicKey: Uint8Array,
  signature: Uint8Array,
  message: Uint8Array,
): Promise<boolean> => {
  if (!isStrictSignature(signature)) return false;
  const key = await importPublic(publicKey);
  return key !== undefined && crypto.subtle.verify("Ed25519", key, own(signature), own(message));
};
