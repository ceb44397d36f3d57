/**
 * Credentials: who may do what in a swarm (rule A1).
 *
 * A credential is a JWT (RFC 7519) signed with EdDSA, so that anybody can inspect one with common tools. A chain of them
 * ends at the swarm's root key: each is signed by the subject of the one before it. `ingest` judges a chain by what it
 * proves alone; expiry and number of uses of an invitation are judged once, by the orchestrator (A3).
 */
import * as v from "valibot";
import type { Genesis } from "./genesis.js";
import { fromBase64url, isSwarmId, isWriterId, type SwarmId, toBase64url, type WriterId } from "./ids.js";
import { type KeyPair, verifySignature } from "./keys.js";
import { MAX_CHAIN_LENGTH, MAX_TOKEN_CHARS } from "./limits.js";
import { ROLES, type Role } from "./records.js";
import { accept, isPrintable, type Result, refuse } from "./refusal.js";

const swarm = v.custom<SwarmId>(isSwarmId);
const writer = v.custom<WriterId>(isWriterId);
const seconds = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const claimsSchema = v.strictObject({
  iss: writer,
  sub: writer,
  aud: swarm,
  role: v.picklist(ROLES),
  iat: seconds,
  /** What the subject is called, for people. */
  name: v.optional(v.pipe(v.string(), v.maxLength(200), v.check(isPrintable))),
  /** `member`: the subject is a peer. `invite`: the subject is an invitation key that may only countersign newcomers. */
  use: v.picklist(["member", "invite"]),
  /** Invitations only: unique id, expiry and number of uses. */
  jti: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/))),
  exp: v.optional(seconds),
  uses: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
});

export type CredentialClaims = v.InferOutput<typeof claimsSchema>;

/** What a verified chain proves about its last subject. */
export interface Membership {
  readonly writer: WriterId;
  readonly role: Role;
  readonly name: string | undefined;
  /**
   * Writers with the same group are not independent (E1): the first member that root or orchestrator invited on the chain, or
   * the orchestrator itself for the agents that its node hosts.
   */
  readonly group: WriterId;
  /** Every invitation on the chain; the orchestrator judges expiry and use count when it admits. */
  readonly invitations: readonly {
    readonly id: string;
    readonly issuer: WriterId;
    /** The member that joined with it; `undefined` where the chain ends in the invitation: in a ticket. */
    readonly user: WriterId | undefined;
    readonly expiresAtMs: number | undefined;
    readonly uses: number | undefined;
  }[];
}

const TYP = "herdmind-credential+jwt";

/** Roles that each role may hand on. Only root makes an orchestrator; observers and relays invite nobody. */
const GRANTS: { readonly [role in Role]: readonly Role[] } = {
  orchestrator: ["agent", "witness", "observer", "relay"],
  agent: ["agent", "observer"],
  witness: [],
  observer: [],
  relay: [],
};

/** Roles whose logs a peer accepts. */
export const mayAppend = (role: Role): boolean => role === "orchestrator" || role === "agent" || role === "witness";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const headerOf = (typ: string): string => JSON.stringify({ alg: "EdDSA", typ });

/**
 * Signs a compact JWS (RFC 7515) over JSON claims, with EdDSA (RFC 8037). Ours, because the one spelling below leaves nothing for a
 * library to do but the signature.
 */
export const signToken = async (key: KeyPair, typ: string, claims: object): Promise<string> => {
  const signed = `${toBase64url(bytesOf(headerOf(typ)))}.${toBase64url(bytesOf(JSON.stringify(claims)))}`;
  return `${signed}.${toBase64url(await key.sign(bytesOf(signed)))}`;
};

/**
 * The claims and the signature of a compact JWS in its one spelling: canonical base64url, exactly the header
 * `{"alg":"EdDSA","typ":...}` (so no `b64`, `crit`, `jwk`, `kid` or other algorithm), and claims that `JSON.stringify` writes back
 * to the same bytes (so no repeated keys and no second spelling of a text or number). Libraries differ in all of these.
 */
const readSpelling = (
  token: string,
  typ: string,
): { readonly claims: unknown; readonly signature: Uint8Array } | undefined => {
  const [header, payload, signature, ...rest] = token.split(".", 4).map(fromBase64url);
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) return undefined;
  try {
    if (utf8.decode(header) !== headerOf(typ)) return undefined;
    const text = utf8.decode(payload);
    const claims: unknown = JSON.parse(text);
    return JSON.stringify(claims) === text ? { claims, signature } : undefined;
  } catch {
    return undefined;
  }
};

/** Checks a compact JWS of a type against a key, and gives its claims. */
export const openToken = async (
  token: string,
  typ: string,
  signer: WriterId,
  maxChars = MAX_TOKEN_CHARS,
): Promise<unknown> => {
  if (token.length > maxChars) return undefined;
  const read = readSpelling(token, typ);
  const key = fromBase64url(signer);
  if (read === undefined || key === undefined) return undefined;
  const signed = bytesOf(token.slice(0, token.lastIndexOf(".")));
  return (await verifySignature(key, read.signature, signed)) ? read.claims : undefined;
};

/** Reads a token's claims without checking its signature: only to learn who claims to have signed it. */
export const peekToken = (token: string, maxChars = MAX_TOKEN_CHARS): unknown => {
  if (token.length > maxChars) return undefined;
  const bytes = fromBase64url(token.split(".", 2)[1] ?? "");
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    return undefined;
  }
};

/** Issues a credential. Gives what the claims say; whether the issuer may do so shows when the chain is verified. */
export const issueCredential = (issuer: KeyPair, claims: Omit<CredentialClaims, "iss">): Promise<string> =>
  signToken(issuer, TYP, { iss: issuer.id, ...claims });

/**
 * Verifies a chain, root's credential first. It must end in a member; with `invitation: true` (a ticket's chain) it must end
 * in an invitation key instead. Judged without a clock: an expired invitation still verifies (A3).
 */
export const verifyChain = async (
  chain: readonly string[],
  genesis: Genesis,
  { invitation = false } = {},
): Promise<Result<Membership>> => {
  const bad = (why: string) =>
    refuse(
      "A1",
      "sender",
      `The credential chain does not reach the root of swarm ${genesis.swarm}: ${why}. Join again with a new ticket.`,
    );
  if (chain.length === 0 || chain.length > MAX_CHAIN_LENGTH) {
    return bad(`${chain.length} credentials, 1 to ${MAX_CHAIN_LENGTH} allowed`);
  }
  let signer: WriterId = genesis.root;
  let signerRole: Role | "root" = "root";
  let underInvitation = false;
  let group: WriterId | undefined;
  let last: CredentialClaims | undefined;
  const invitations: Membership["invitations"][number][] = [];
  for (const [i, token] of chain.entries()) {
    const opened = await openToken(token, TYP, signer);
    if (opened === undefined) return bad(`credential ${i} is not signed by ${signer}`);
    const parsed = v.safeParse(claimsSchema, opened);
    if (!parsed.success) return bad(`credential ${i} has a bad claim ${v.getDotPath(parsed.issues[0]) ?? ""}`);
    const claims = parsed.output;
    if (claims.iss !== signer) return bad(`credential ${i} names another issuer than its signer`);
    if (claims.aud !== genesis.swarm) return bad(`credential ${i} is for swarm ${claims.aud}`);
    if (underInvitation) {
      if (claims.use !== "member" || claims.role !== last?.role) {
        return bad(`credential ${i} gives more than its invitation, role ${last?.role ?? "none"}`);
      }
      // Everybody who has the ticket has this key: as a member it could be made to fork by any of them.
      if (claims.sub === signer) return bad(`credential ${i} makes a member of the invitation key itself`);
    } else if (signerRole !== "root" && !GRANTS[signerRole].includes(claims.role)) {
      return bad(`role ${signerRole} cannot give role ${claims.role}`);
    }
    if (claims.use === "invite") {
      if (claims.jti === undefined) return bad(`invitation ${i} has no id`);
      invitations.push({
        id: claims.jti,
        issuer: claims.iss,
        user: undefined,
        expiresAtMs: claims.exp === undefined ? undefined : claims.exp * 1000,
        uses: claims.uses,
      });
    } else {
      if (claims.jti !== undefined || claims.exp !== undefined || claims.uses !== undefined) {
        return bad(`credential ${i} limits a member as if it were an invitation, which nobody would enforce`);
      }
      const used = invitations.at(-1);
      if (underInvitation && used !== undefined) invitations.splice(-1, 1, { ...used, user: claims.sub });
      // A member that the orchestrator's key named itself, without an invitation, is an agent hosted by its node.
      if (group === undefined && claims.role !== "orchestrator") {
        group = signerRole === "orchestrator" && !underInvitation ? signer : claims.sub;
      }
    }
    underInvitation = claims.use === "invite";
    signer = claims.sub;
    signerRole = claims.role;
    last = claims;
  }
  const end = last as CredentialClaims;
  if (underInvitation && !invitation) return bad("it ends in an invitation key, which may only countersign a newcomer");
  if (!underInvitation && invitation) return bad("it does not end in an invitation key");
  return accept({ writer: end.sub, role: end.role, name: end.name, group: group ?? end.sub, invitations });
};
