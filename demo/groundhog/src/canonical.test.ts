import { createSwarm, type Receipt } from "herdmind";
import { expect, it } from "vitest";
import { followVerdicts } from "./canonical.js";
import type { Acknowledged } from "./coordinate.js";

it("counts as canonical what canon judged and did not reject", async () => {
  await using swarm = await createSwarm({ name: "counting", relay: false });
  const canonicalOf = followVerdicts(swarm);
  const acknowledged: Acknowledged[] = [];
  const keep = (receipt: Receipt): void => {
    if (!receipt.ok) throw new Error(receipt.refusal.message);
    acknowledged.push({ ref: receipt.ref, id: receipt.id, kind: "signal", agent: "ada", calledAt: 0 });
  };
  keep(await swarm.report({ problem: "the spool is full", mitigation: "empty it" }));
  keep(await swarm.report({ problem: { fields: { a: "b" } }, type: "nobody/registered", mitigation: "none" }));
  const canonical = await canonicalOf(acknowledged, AbortSignal.timeout(10_000));
  expect(canonical).toEqual({ immunizations: 1, records: acknowledged.slice(0, 1) });
});
