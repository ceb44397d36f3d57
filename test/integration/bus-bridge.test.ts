/** E10 what extensions of one process publish, in another process's bus: over a relay, and over the mesh alone. */
import { bridge, createBus } from "@herdmind/bus";
import { createSwarm, join } from "herdmind";
import { expect, it } from "vitest";

const LONG = { timeout: 20_000 };

it.each([
  ["a relay", { relay: true, mesh: false }],
  ["the mesh", { relay: false, mesh: true }],
] as const)(
  "E10 chosen events cross %s, marked with who said them, and never come back",
  { timeout: 60_000 },
  async (_, how) => {
    await using swarm = await createSwarm({ name: "bus", ...(how.relay ? {} : { relay: false }), mesh: how.mesh });
    const ticket = await swarm.invite();
    await using ada = await join(ticket, { name: "ada", mesh: how.mesh });
    await using ben = await join(ticket, { name: "ben", mesh: how.mesh });
    for (const peer of [ada, ben]) {
      await expect.poll(() => peer.stats().connection, LONG).toBe("connected");
      await expect.poll(() => swarm.canon.view.members.get(peer.id)?.status, LONG).toBe("admitted");
      await expect.poll(() => [ada, ben].every((one) => peer.canon.view.members.has(one.id)), LONG).toBe(true);
    }
    const refused: string[] = [];
    const here = createBus();
    const there = createBus();
    using out = bridge(here, ada, { send: ["build.**"], receive: ["**"], onRefused: (name) => refused.push(name) });
    using back = bridge(there, ben, { send: ["**"], receive: ["build.*.done"] });
    const heard: unknown[] = [];
    here.subscribe("**", (event, name) => heard.push(["here", name, event]));
    there.subscribe("**", (event, name) => heard.push(["there", name, event]));

    here.publish("build.web.done", { ms: 3 });
    here.publish("secret.key", "stays here");
    await expect.poll(() => back.received, LONG).toBe(1);
    here.publish("build.web.started", "not asked for");
    here.publish("build.api.done", undefined);
    here.publish("build.log", "x".repeat(5000));
    await expect.poll(() => refused.toSorted(), LONG).toEqual(["build.api.done", "build.log"]);
    there.publish("answer", [1, null, "two"]);
    await expect.poll(() => out.received, LONG).toBe(1);

    expect(heard).toEqual([
      ["here", "build.web.done", { ms: 3 }],
      ["here", "secret.key", "stays here"],
      ["there", "swarm.build.web.done", { body: { ms: 3 }, from: ada.id }],
      ["here", "build.web.started", "not asked for"],
      ["here", "build.api.done", undefined],
      ["here", "build.log", "x".repeat(5000)],
      ["there", "answer", [1, null, "two"]],
      ["here", "swarm.answer", { body: [1, null, "two"], from: ben.id }],
    ]);
    expect(out).toMatchObject({ sent: 2, refused: 2 });
    expect(back).toMatchObject({ sent: 1, received: 1, refused: 0 });
  },
);
