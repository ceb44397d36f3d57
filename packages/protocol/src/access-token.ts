/**
 * Access tokens (rule T2): what a client shows a relay. A short-lived JWT signed with the peer's key that carries its
 * credential chain. It travels as a WebSocket subprotocol, never in a URL, and is made anew before each connection.
 */
import * as v from "valibot";
import { type Membership, openToken, peekToken, signToken, verifyChain } from "./credentials.js";
import type { Genesis } from "./genesis.js";
import { isSwarmId, isWriterId, type SwarmId, type WriterId } from "./ids.js";
import type { KeyPair } from "./keys.js";
import { MAX_CHAIN_LENGTH } from "./limits.js";
import { accept, type Refused, type Result, refuse } from "./refusal.js";

/** The subprotocol that a relay answers with. */
export const SUBPROTOCOL = "herdmind.1";
/** Prefix of the subprotocol that carries the token. */
export const TOKEN_SUBPROTOCOL_PREFIX = "herdmind.token.";

/** Seconds a token is valid: long enough for a slow handshake, short enough that a copied one is soon worthless. */
export const TOKEN_LIFETIME_S = 60;
/** Characters of a token: it is one HTTP header, and Node takes 16 KiB of all headers together. */
export const MAX_ACCESS_TOKEN_CHARS = 12 * 1024;
/** Seconds by which clocks may differ. */
const CLOCK_SKEW_S = 300;

const TYP = "herdmind-access+jwt";
const schema = v.strictObject({
  iss: v.custom<WriterId>(isWriterId),
  aud: v.custom<SwarmId>(isSwarmId),
  iat: v.pipe(v.number(), v.safeInteger()),
  exp: v.pipe(v.number(), v.safeInteger()),
  chain: v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(MAX_CHAIN_LENGTH)),
});

export const issueAccessToken = (
  key: KeyPair,
  genesis: Genesis,
  chain: readonly string[],
  nowMs: number,
): Promise<string> => {
  const iat = Math.floor(nowMs / 1000);
  return signToken(key, TYP, { iss: key.id, aud: genesis.swarm, iat, exp: iat + TOKEN_LIFETIME_S, chain });
};

/** Verifies a token: signature, lifetime by the receiver's clock, and the chain in it. */
export const verifyAccessToken = async (
  token: string,
  genesis: Genesis,
  nowMs: number,
): Promise<Result<Membership>> => {
  const bad = (why: string): Refused =>
    refuse("T2", "sender", `The access token is refused: ${why}. Make a new one and connect again.`);
  if (token.length > MAX_ACCESS_TOKEN_CHARS) return bad("too long");
  const claimed = v.safeParse(schema, peekToken(token, MAX_ACCESS_TOKEN_CHARS));
  if (!claimed.success) return bad("its claims are malformed");
  // What is judged is what was signed: the peek only said whose key to ask.
  const opened = v.safeParse(schema, await openToken(token, TYP, claimed.output.iss, MAX_ACCESS_TOKEN_CHARS));
  if (!opened.success || opened.output.iss !== claimed.output.iss) return bad("its signature is not valid");
  const claims = opened.output;
  if (claims.aud !== genesis.swarm) return bad(`it is for swarm ${claims.aud}, this relay serves ${genesis.swarm}`);
  const now = nowMs / 1000;
  if (claims.exp - claims.iat > TOKEN_LIFETIME_S) return bad(`it is valid for more than ${TOKEN_LIFETIME_S} s`);
  if (now > claims.exp + CLOCK_SKEW_S)
    return bad(`it expired ${Math.round(now - claims.exp)} s ago; check the clock of this machine`);
  if (now < claims.iat - CLOCK_SKEW_S)
    return bad(`it is from ${Math.round(claims.iat - now)} s in the future; check the clock of this machine`);
  const membership = await verifyChain(claims.chain, genesis);
  if (!membership.ok) return membership;
  if (membership.value.writer !== claims.iss) return bad("its chain belongs to another key");
  return accept(membership.value);
};
