/**
 * WebCrypto for a simulation: the runtime's `crypto` is where the project gets its signatures and its randomness from, so a
 * simulation replaces just that, and all code above it runs as it is. Each call is done at once and answers in a microtask, in
 * the order of the calls; the real one works on a pool of threads and answers in any order.
 *
 * `ed25519` makes real signatures. `keyed-hash` stands for them: 20 times as fast, and as impossible to forge for code that does
 * not have this module's table of seeds. Both have the form that the protocol demands of keys and signatures.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";

export type Scheme = "keyed-hash" | "ed25519";

interface SimulatedKey {
  readonly [Symbol.toStringTag]: "CryptoKey";
  readonly type: "private" | "public";
  readonly algorithm: { readonly name: "Ed25519" };
  readonly extractable: true;
  readonly usages: readonly string[];
  readonly publicKey: Uint8Array;
  readonly signWith?: (message: Uint8Array) => Uint8Array;
}

const hash = (...parts: readonly Uint8Array[]): Buffer => {
  const digest = createHash("sha256");
  for (const part of parts) digest.update(part);
  return digest.digest();
};
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI = Buffer.from("302a300506032b6570032100", "hex");

/** Seeds by public key. Seeds are the same in every schedule, so this does not grow. */
const seedByKey = new Map<string, Uint8Array>();
const publicKeyObjects = new Map<string, KeyObject>();
const nameOf = (publicKey: Uint8Array): string => Buffer.from(publicKey).toString("hex");

/** A signature's first half must be below 2^255 - 19, its second half below the group's order: 255 and 252 bits are. */
const keyedHash = (seed: Uint8Array, message: Uint8Array): Uint8Array => {
  const first = hash(seed, Uint8Array.of(1), message);
  const signature = Buffer.concat([first, hash(first, seed, Uint8Array.of(2))]);
  signature[31] = (signature[31] as number) & 127;
  signature[63] = (signature[63] as number) & 15;
  return new Uint8Array(signature);
};

const publicObject = (publicKey: Uint8Array): KeyObject => {
  const name = nameOf(publicKey);
  const known =
    publicKeyObjects.get(name) ??
    createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: "der", type: "spki" });
  publicKeyObjects.set(name, known);
  return known;
};

const privateKey = (scheme: Scheme, seed: Uint8Array): SimulatedKey => {
  const base = {
    [Symbol.toStringTag]: "CryptoKey",
    type: "private",
    algorithm: { name: "Ed25519" },
    extractable: true,
    usages: ["sign"],
  } as const;
  if (scheme === "keyed-hash") {
    const publicKey = new Uint8Array(hash(seed, Uint8Array.of(0)));
    publicKey[31] = (publicKey[31] as number) & 127;
    seedByKey.set(nameOf(publicKey), seed);
    return { ...base, publicKey, signWith: (message) => keyedHash(seed, message) };
  }
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: "der", type: "pkcs8" });
  const publicKey = new Uint8Array(createPublicKey(key).export({ format: "der", type: "spki" }).subarray(SPKI.length));
  return { ...base, publicKey, signWith: (message) => new Uint8Array(sign(null, message, key)) };
};

const isValid = (scheme: Scheme, publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array): boolean => {
  if (scheme === "ed25519") return verify(null, message, publicObject(publicKey), signature);
  const seed = seedByKey.get(nameOf(publicKey));
  return seed !== undefined && Buffer.from(keyedHash(seed, message)).equals(signature);
};

/** What the project uses of WebCrypto, and nothing else: any other call is a TypeError that ends the schedule. */
const createSimulatedCrypto = (scheme: Scheme, randomBytes: (length: number) => Uint8Array) => ({
  getRandomValues: <T extends Uint8Array>(array: T): T => {
    array.set(randomBytes(array.length));
    return array;
  },
  subtle: {
    importKey: async (format: string, bytes: Uint8Array): Promise<SimulatedKey> => {
      if (format === "pkcs8") return privateKey(scheme, bytes.slice(PKCS8.length));
      if (format !== "raw") throw new TypeError(`the simulated crypto imports no ${format}`);
      return {
        [Symbol.toStringTag]: "CryptoKey",
        type: "public",
        algorithm: { name: "Ed25519" },
        extractable: true,
        usages: ["verify"],
        publicKey: bytes.slice(),
      };
    },
    exportKey: async (format: string, key: SimulatedKey) => {
      if (format !== "jwk") throw new TypeError(`the simulated crypto exports no ${format}`);
      return { kty: "OKP", crv: "Ed25519", x: Buffer.from(key.publicKey).toString("base64url") };
    },
    sign: async (_algorithm: unknown, key: SimulatedKey, message: Uint8Array) => {
      if (key.signWith === undefined) throw new TypeError("this key cannot sign");
      return key.signWith(message).slice().buffer;
    },
    verify: async (_algorithm: unknown, key: SimulatedKey, signature: Uint8Array, message: Uint8Array) =>
      isValid(scheme, key.publicKey, signature, message),
  },
});

/** Runs `work` with the runtime's WebCrypto replaced, and puts it back. One at a time in a process. */
export const withSimulatedCrypto = async <T>(
  scheme: Scheme,
  randomBytes: (length: number) => Uint8Array,
  work: () => Promise<T>,
): Promise<T> => {
  const real = Object.getOwnPropertyDescriptor(globalThis, "crypto") as PropertyDescriptor;
  const value = createSimulatedCrypto(scheme, randomBytes);
  Object.defineProperty(globalThis, "crypto", { value, configurable: true, enumerable: true, writable: true });
  try {
    return await work();
  } finally {
    Object.defineProperty(globalThis, "crypto", real);
  }
};
