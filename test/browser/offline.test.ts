// Two browser contexts, two Node peers and a real relay: a page that loses its network, works, reloads, and comes back.
import { resolve } from "node:path";
import { createSwarm, join, type Known, type Peer, type Receipt, type Stats } from "herdmind";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Served, servePages } from "./pages.ts";
import { openTab, type PeerTab, recallOf, reportOf } from "./peer-tabs.ts";
import { createProfile, type Profile } from "./profile.ts";
import { createWire } from "./wire.ts";

let pages: Served;
let profile: Profile;
beforeAll(async () => {
  pages = await servePages({ peer: resolve(import.meta.dirname, "pages/peer.ts") });
  profile = await createProfile();
});
afterAll(async () => {
  await profile?.[Symbol.asyncDispose]();
  await pages?.[Symbol.asyncDispose]();
});

type Written = Extract<Receipt, { ok: true }>;
const problem = (n: number): string => `connect ECONNREFUSED of service ${"abcdefgh"[n]}`;

const entriesOf = (node: Peer): readonly string[] => [...node.canon.view.entries.keys()].sort();
const entriesIn = (tab: PeerTab): Promise<readonly string[]> =>
  tab.run("[...peer.node.canon.view.entries.keys()].sort()");

describe("a page without a network", () => {
  it("L8 reports, reloads and recalls offline; back online everything is in canon, everywhere", async () => {
    await using swarm = await createSwarm({ name: "offline" });
    await using wire = await createWire(swarm.addresses[0] as string);
    await using ada = await join(await swarm.invite(), { name: "ada" });
    await using ben = await join(await swarm.invite(), { name: "ben" });
    const [north, south] = [await profile.visitor(), await profile.visitor()];
    const cem = await openTab(north, pages.url);
    const dora = await openTab(south, pages.url);
    await cem.start("cem", await swarm.invite({ addresses: [wire.url] }));
    await dora.start("dora", await swarm.invite());
    await Promise.all([cem.run("peer.synced()"), dora.run("peer.synced()")]);

    const first = await ada.report({ problem: new Error(problem(0)), mitigation: "Start service a" });
    expect(first.ok && (await first.verdict).status).toBe("admitted");
    await cem.until("(await peer.stats()).immunizations === 1");

    await wire.cut();
    await cem.until(`(await peer.stats()).connection === "offline"`);
    const offline = await cem.run<Written>(reportOf(problem(1), "Start service b"));
    expect(offline.ok).toBe(true);
    expect((await cem.run<Known>(recallOf(problem(0)))).entries.map(({ mitigation }) => mitigation.text)).toEqual([
      "Start service a",
    ]);
    const meanwhile = await dora.run<Written>(reportOf(problem(2), "Start service c"));
    const more = await ben.report({ problem: new Error(problem(3)), mitigation: "Start service d" });
    expect(meanwhile.ok && more.ok).toBe(true);

    await cem.reload();
    const id = await cem.start("cem");
    expect(id).toBe(offline.ref.writer);
    expect((await cem.run<Stats>("peer.stats()")).connection).not.toBe("connected");
    expect((await cem.run<Known>(recallOf(problem(0)))).entries).toHaveLength(1);
    const again = await cem.run<Written>(reportOf(problem(4), "Start service e"));
    // The same generation goes on: this browser wrote it, and lost nothing of it.
    expect(again.ref).toEqual({ ...offline.ref, sequence: offline.ref.sequence + 1 });
    expect((await cem.run<Stats>("peer.stats()")).pending).toBe(2);

    await wire.mend();
    await cem.until("(await peer.stats()).pending === 0 && (await peer.stats()).immunizations === 5");
    await dora.until("(await peer.stats()).immunizations === 5");
    for (const node of [ada, ben]) await expect.poll(() => node.stats().immunizations, { timeout: 20_000 }).toBe(5);
    const expected = entriesOf(swarm);
    expect(expected).toHaveLength(5);
    expect(expected).toEqual(expect.arrayContaining([offline.id, again.id, meanwhile.id]));
    for (const held of [entriesOf(ada), entriesOf(ben), await entriesIn(cem), await entriesIn(dora)])
      expect(held).toEqual(expected);
    expect([swarm, ada, ben].flatMap((node) => node.logs.proofs())).toEqual([]);
    await Promise.all([north.close(), south.close()]);
  });

  it("finds nothing without a ticket where it never was (S1)", async () => {
    const context = await profile.visitor();
    const tab = await openTab(context, pages.url);
    await expect(tab.start("nobody")).rejects.toThrow(/S1.*join with a ticket/);
    await context.close();
  });
});
