/** A swarm begins with its genesis record: the root key, a name and a nonce. Its hash names the swarm. */
import { decodeCbor, encodeCbor } from "./cbor.js";
import { concat, domain, sha256 } from "./hash.js";
import { type SwarmId, toBase64url, type WriterId } from "./ids.js";
import { isStrictPublicKey } from "./keys.js";
import { accept, isPrintable, type Result, refuse } from "./refusal.js";

export interface Genesis {
  readonly swarm: SwarmId;
  readonly name: string;
  /** The key at the end of every credential chain. */
  readonly root: WriterId;
  /** The record itself: what is hashed, stored and handed on. */
  readonly bytes: Uint8Array;
}

const MAX_NAME_BYTES = 200;

/** Makes the genesis record of a new swarm; `nonce` is 16 random bytes. */
export const createGenesis = (name: string, rootPublicKey: Uint8Array, nonce: Uint8Array): Genesis => {
  const made = readGenesis(encodeCbor([1, name, rootPublicKey, nonce]));
  if (!made.ok) throw new Error(made.refusal.message);
  return made.value;
};

/** Reads `[1, name, root key, nonce]`; refuses any other bytes. */
export const readGenesis = (bytes: Uint8Array): Result<Genesis> => {
  const bad = (why: string) => refuse("A1", "sender", `This is not a genesis record: ${why}. Ask for a new ticket.`);
  if (bytes.length > 512) return bad(`${bytes.length} bytes, 512 allowed`);
  const decoded = decodeCbor(bytes, { nesting: 2, stringBytes: MAX_NAME_BYTES, allowBytes: true });
  if (!decoded.ok) return bad(decoded.why);
  const value = decoded.value;
  if (!Array.isArray(value) || value.length !== 4) return bad("not an array of four");
  const [version, name, root, nonce] = value as readonly unknown[];
  if (version !== 1) return bad(`version ${String(version)}, this peer knows 1; update it`);
  if (typeof name !== "string" || name.length === 0 || !isPrintable(name)) return bad("no printable name");
  if (!(root instanceof Uint8Array) || !isStrictPublicKey(root)) return bad("no valid root key");
  if (!(nonce instanceof Uint8Array) || nonce.length !== 16) return bad("no nonce of 16 bytes");
  return accept({
    swarm: toBase64url(sha256(concat(domain("genesis"), bytes))) as SwarmId,
    name,
    root: toBase64url(root) as WriterId,
    bytes: new Uint8Array(bytes),
  });
};
