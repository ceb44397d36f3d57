import { beforeAll, describe, expect, test } from "vitest";
import { issueAccessToken, MAX_ACCESS_TOKEN_CHARS, TOKEN_LIFETIME_S, verifyAccessToken } from "./access-token.js";
import { signToken } from "./credentials.js";
import { NOW_MS, type SeededSwarm, seededKey, seededSwarm } from "./testing/seeded-swarm.js";

let swarm: SeededSwarm;
let token: string;
beforeAll(async () => {
  swarm = await seededSwarm();
  token = await issueAccessToken(swarm.agent, swarm.genesis, swarm.agentChain, NOW_MS);
});
const refused = async (text: string, why: RegExp, nowMs = NOW_MS, rule = "T2") => {
  const verdict = await verifyAccessToken(text, swarm.genesis, nowMs);
  expect(verdict).toMatchObject({ ok: false, refusal: { rule, fault: "sender" } });
  expect(verdict.ok || verdict.refusal.message).toMatch(why);
};
const iat = NOW_MS / 1000;
const claims = () => ({
  iss: swarm.agent.id,
  aud: swarm.genesis.swarm,
  iat,
  exp: iat + TOKEN_LIFETIME_S,
  chain: swarm.agentChain,
});
const TYP = "herdmind-access+jwt";

describe("T2 access tokens", () => {
  test("T2 a token proves its peer's membership and fits a subprotocol", async () => {
    const verdict = await verifyAccessToken(token, swarm.genesis, NOW_MS);
    expect(verdict).toMatchObject({ ok: true, value: { writer: swarm.agent.id, role: "agent" } });
    expect(token).toMatch(/^[A-Za-z0-9_.-]+$/);
    expect(token.length).toBeLessThan(2000);
  });

  test("T2 lifetime is judged by the receiver's clock, with five minutes for clocks that differ", async () => {
    expect((await verifyAccessToken(token, swarm.genesis, NOW_MS + 359_000)).ok).toBe(true);
    expect((await verifyAccessToken(token, swarm.genesis, NOW_MS - 299_000)).ok).toBe(true);
    await refused(token, /expired 301 s ago/, NOW_MS + 361_000);
    await refused(token, /301 s in the future/, NOW_MS - 301_000);
    await refused(await signToken(swarm.agent, TYP, { ...claims(), exp: iat + 61 }), /more than 60 s/);
  });

  test("T2 refuses another swarm, another key's chain and another kind of token", async () => {
    const other = await seededSwarm(2);
    await refused(await issueAccessToken(other.agent, other.genesis, other.agentChain, NOW_MS), /is for swarm/);
    const thief = await seededKey(70);
    await refused(await issueAccessToken(thief, swarm.genesis, swarm.agentChain, NOW_MS), /belongs to another key/);
    await refused(
      await issueAccessToken(swarm.agent, swarm.genesis, other.agentChain, NOW_MS),
      /not signed/,
      NOW_MS,
      "A1",
    );
    await refused(await signToken(swarm.agent, "herdmind-credential+jwt", claims()), /signature/);
    await refused(swarm.agentChain[0] as string, /malformed/);
  });

  test("T2 an invitation key opens no connection", async () => {
    const door = await seededKey(101);
    await refused(
      await issueAccessToken(door, swarm.genesis, swarm.agentChain.slice(0, 1), NOW_MS),
      /ends in an invitation/,
      NOW_MS,
      "A1",
    );
  });

  test("T2 claims under somebody else's signature are refused", async () => {
    const thief = await seededKey(70);
    await refused(await signToken(thief, TYP, claims()), /signature/);
  });

  test("T2 refuses a changed character anywhere, and what is no token", async () => {
    for (let at = 0; at < token.length; at += 3) {
      const verdict = await verifyAccessToken(
        `${token.slice(0, at)}${token[at] === "A" ? "B" : "A"}${token.slice(at + 1)}`,
        swarm.genesis,
        NOW_MS,
      );
      expect(verdict).toMatchObject({ ok: false, refusal: { fault: "sender" } });
    }
    for (const text of ["", ".", "..", "a.b.c", "a.bnVsbA.c"]) await refused(text, /malformed/);
    await refused("a".repeat(MAX_ACCESS_TOKEN_CHARS + 1), /too long/);
    await refused(await signToken(swarm.agent, TYP, { ...claims(), admin: true }), /malformed/);
    await refused(await signToken(swarm.agent, TYP, { ...claims(), chain: [] }), /malformed/);
  });
});
