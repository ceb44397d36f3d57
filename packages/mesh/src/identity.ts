/** A peer's key is its libp2p identity: the same 32 bytes name a writer here and a peer there. */
import { type KeyPair, toBase64url, type WriterId } from "@herdmind/protocol";
import { publicKeyFromRaw } from "@libp2p/crypto/keys";
import type { Ed25519PrivateKey, Ed25519PublicKey, PeerId } from "@libp2p/interface";

/**
 * A key as libp2p wants it. Only signing is passed on, so that a key which cannot be exported (a browser's) works as well:
 * `raw` is empty, and nothing in libp2p, noise or identify reads it.
 */
export const libp2pIdentity = (key: KeyPair): Ed25519PrivateKey => {
  const publicKey = publicKeyFromRaw(key.publicKey) as Ed25519PublicKey;
  return {
    type: "Ed25519",
    publicKey,
    raw: new Uint8Array(0),
    equals: (other?: { readonly publicKey?: unknown }) => publicKey.equals(other?.publicKey),
    sign: (data) => key.sign(data instanceof Uint8Array ? data : data.subarray()),
  };
};

/** The writer that a libp2p peer would be; `undefined` when its key is of another kind. */
export const writerOf = (peer: PeerId): WriterId | undefined =>
  peer.type === "Ed25519" ? (toBase64url(peer.publicKey.raw) as WriterId) : undefined;
