/** Verbs in the process of the peer. */
import { createClientClaims, runVerb } from "@herdmind/local";
import { createSwarm, type Peer } from "herdmind";
import { expect, test } from "vitest";

test("E8 a report of a swarm's own type ends the claim of its problem", async () => {
  await using peer = await createSwarm({
    name: "types",
    relay: false,
    signalTypes: { "kitchen/recipe-failed": ["dish"] },
  });
  const claims = createClientClaims();
  const context = { peer, claims };
  const asked = { type: "kitchen/recipe-failed", problem: { fields: { dish: "bread" } } };
  expect(await runVerb(context, "claim", { as: "ada", ...asked })).toMatchObject({ value: { status: "yours" } });
  expect(claims.size).toBe(1);
  const told = await runVerb(context, "report", { as: "ada", ...asked, mitigation: "more yeast", waitMs: 10_000 });
  expect(told).toMatchObject({ ok: true, value: { verdict: { status: "admitted" } } });
  expect(claims.size).toBe(0);
});

test("a doctor whose caller has gone waits for no canary", async () => {
  await using swarm = await createSwarm({ name: "canary", relay: false });
  const gone = new AbortController();
  const peer: Peer = {
    ...swarm,
    // Whoever carries it away never comes back.
    report: async (report) => {
      const receipt = await swarm.report(report);
      gone.abort();
      return receipt.ok ? { ...receipt, verdict: new Promise(() => undefined) } : receipt;
    },
  };
  const context = { peer, claims: createClientClaims(), signal: gone.signal };
  expect(await runVerb(context, "doctor", { patienceMs: 60_000 })).toMatchObject({
    ok: true,
    value: { firstFailure: "canary" },
  });
});
