/**
 * Tickets (rule A1): one pasteable text with everything a newcomer needs: the genesis record, addresses, and a one-purpose
 * invitation key with its credential chain. The newcomer makes its own key and countersigns its own credential, offline.
 *
 *     ticket = "herdmind1." base64url(CBOR [1, genesis, [address...], seed (32), [credential...]] | checksum (4))
 *
 * Whoever holds a ticket can join: it is a secret.
 */
import { decodeCbor, encodeCbor } from "./cbor.js";
import { type CredentialClaims, issueCredential, verifyChain } from "./credentials.js";
import { type Genesis, readGenesis } from "./genesis.js";
import { concat, domain, equalBytes, sha256 } from "./hash.js";
import { fromBase64url, toBase64url, type WriterId } from "./ids.js";
import { exportSeed, generateKey, importSeed, type KeyPair } from "./keys.js";
import { MAX_TOKEN_CHARS } from "./limits.js";
import type { Role } from "./records.js";
import { accept, isPrintable, type Result, refuse } from "./refusal.js";

export interface Ticket {
  readonly genesis: Genesis;
  /** Where to find the swarm, for example `ws://127.0.0.1:4870`. */
  readonly addresses: readonly string[];
  readonly role: Role;
  readonly invitation: {
    readonly id: string;
    readonly expiresAtMs: number | undefined;
    readonly uses: number | undefined;
  };
  readonly seed: Uint8Array;
  readonly chain: readonly string[];
}

const PREFIX = "herdmind1.";
/** Addresses in a ticket: a ticket that makes its newcomer knock at a thousand doors. */
const MAX_ADDRESSES = 16;
/** Characters of a ticket: a full chain of credentials, and what stands around it. */
const MAX_TICKET_CHARS = 8 * MAX_TOKEN_CHARS;

export interface InvitationTerms {
  readonly role: Role;
  readonly addresses: readonly string[];
  /** The inviter's clock, milliseconds since 1970. */
  readonly nowMs: number;
  readonly expiresAtMs?: number | undefined;
  readonly uses?: number | undefined;
  /** The invitation key, used for nothing else; a new one by default. */
  readonly invitation?: KeyPair | undefined;
}

/** Makes a ticket. `chain` is the inviter's own (empty for root). */
export const createTicket = async (
  genesis: Genesis,
  inviter: KeyPair,
  chain: readonly string[],
  { role, addresses, nowMs, expiresAtMs, uses, invitation: given }: InvitationTerms,
): Promise<string> => {
  const invitation = given ?? (await generateKey());
  const claims: Omit<CredentialClaims, "iss"> = {
    sub: invitation.id,
    aud: genesis.swarm,
    role,
    use: "invite",
    jti: toBase64url(sha256(invitation.publicKey).subarray(0, 12)),
    iat: Math.floor(nowMs / 1000),
    ...(expiresAtMs === undefined ? {} : { exp: Math.floor(expiresAtMs / 1000) }),
    ...(uses === undefined ? {} : { uses }),
  };
  const body = encodeCbor([
    1,
    genesis.bytes,
    addresses,
    await exportSeed(invitation),
    [...chain, await issueCredential(inviter, claims)],
  ]);
  return PREFIX + toBase64url(concat(body, checksum(body)));
};

const checksum = (body: Uint8Array): Uint8Array => sha256(concat(domain("ticket"), body)).subarray(0, 4);

/** Reads and verifies a ticket. */
export const readTicket = async (text: string): Promise<Result<Ticket>> => {
  const bad = (why: string) =>
    refuse("T1", "sender", `This ticket cannot be used: ${why}. Paste it whole, or ask for a new one.`);
  const trimmed = text.trim();
  if (!trimmed.startsWith(PREFIX)) return bad(`it does not start with "${PREFIX}"`);
  if (trimmed.length > MAX_TICKET_CHARS) return bad("it is too long");
  const bytes = fromBase64url(trimmed.slice(PREFIX.length));
  if (bytes === undefined || bytes.length < 8) return bad("it has characters that no ticket has, or is cut short");
  const body = bytes.subarray(0, -4);
  if (!equalBytes(checksum(body), bytes.subarray(-4)))
    return bad("its checksum is wrong, so a part is missing or changed");
  const decoded = decodeCbor(body, { nesting: 3, stringBytes: MAX_TOKEN_CHARS, allowBytes: true });
  if (!decoded.ok) return bad(decoded.why);
  if (!Array.isArray(decoded.value) || decoded.value.length !== 5) return bad("its form is unknown");
  const [version, genesisBytes, addresses, seed, chain] = decoded.value as readonly unknown[];
  const isTexts = (value: unknown): value is readonly string[] =>
    Array.isArray(value) && value.every((item) => typeof item === "string" && isPrintable(item));
  if (version !== 1) return bad("it is of a newer version; update herdmind");
  if (!(genesisBytes instanceof Uint8Array) || !(seed instanceof Uint8Array) || seed.length !== 32)
    return bad("its form is unknown");
  if (!isTexts(addresses) || !isTexts(chain) || addresses.length > MAX_ADDRESSES) return bad("its form is unknown");
  const genesis = readGenesis(genesisBytes);
  if (!genesis.ok) return bad(genesis.refusal.message);
  const verified = await verifyChain(chain, genesis.value, { invitation: true });
  if (!verified.ok) return verified;
  const invitation = verified.value.invitations.at(-1);
  const key = await importSeed(seed);
  if (invitation === undefined || key.id !== verified.value.writer)
    return bad("its invitation key is not the one invited");
  return accept({
    genesis: genesis.value,
    addresses,
    role: verified.value.role,
    invitation: { id: invitation.id, expiresAtMs: invitation.expiresAtMs, uses: invitation.uses },
    seed: new Uint8Array(seed),
    chain,
  });
};

/** The newcomer's chain: the ticket's, and a credential for its own key, signed with the invitation key. */
export const acceptTicket = async (
  ticket: Ticket,
  newcomer: WriterId,
  { name, nowMs }: { readonly name?: string | undefined; readonly nowMs: number },
): Promise<readonly string[]> => {
  const credential = await issueCredential(await importSeed(ticket.seed), {
    sub: newcomer,
    aud: ticket.genesis.swarm,
    role: ticket.role,
    use: "member",
    iat: Math.floor(nowMs / 1000),
    ...(name === undefined ? {} : { name }),
  });
  return [...ticket.chain, credential];
};
