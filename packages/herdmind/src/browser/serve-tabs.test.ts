import { expect, it } from "vitest";
import { createSwarm } from "../create-swarm.js";
import type { HostingPeer } from "../hosting.js";
import { createLead } from "./serve-tabs.js";

it("E10 what a tab that has gone may have said is not said again", async () => {
  await using swarm = await createSwarm({ name: "tabs", relay: false });
  const nothing = () => undefined;
  const lead = createLead(swarm as unknown as HostingPeer, nothing, nothing);
  const args = { topic: "build.done", body: { ms: 3 } };
  expect(await lead.serve("t1", { id: 1, op: "say", args }, nothing)).toMatchObject({ ok: true });
  expect(await lead.serve("t1", { id: 2, op: "say", args: { ...args, again: true } }, nothing)).toMatchObject({
    ok: false,
    refusal: { rule: "E10", fault: "none" },
  });
});
