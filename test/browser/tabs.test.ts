// The tab that leads is closed, reloaded, or crashes: another one takes over, and nothing acknowledged is lost or written twice.
import { resolve } from "node:path";
import { createSwarm, type Receipt } from "herdmind";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Served, servePages } from "./pages.ts";
import { openTab, type PeerTab, reportOf } from "./peer-tabs.ts";
import { createProfile, type Profile } from "./profile.ts";

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

const visitor = async () => {
  const context = await profile.visitor();
  return { context, [Symbol.asyncDispose]: () => context.close() };
};

type Written = Extract<Receipt, { ok: true }>;

/** In the page: reports problems, three at a time, until `enough`, and keeps the receipts. Names have no digits: those are masked. */
const flood = (tag: string): string => `(() => {
  const wordOf = (n) => [...String(n)].map((digit) => "ghklmnpqrt"[digit]).join("");
  Object.assign(globalThis, { receipts: [], enough: false });
  let next = 0;
  const one = async () => {
    while (!enough) {
      const problem = new Error("cannot reach host ${tag}" + wordOf(next++));
      const kept = { receipt: await peer.report({ problem, mitigation: "Start it" }), at: Date.now() };
      receipts.push(kept);
      // Not as fast as it can: thousands would be written while the test looks on.
      await new Promise((done) => setTimeout(done, 10));
      kept.receipt.verdict?.then((verdict) => { kept.verdict = verdict; });
    }
  };
  globalThis.flooding = Promise.all(Array.from({ length: 3 }, one)).then(() => undefined);
})()`;

interface Kept {
  readonly receipt: Receipt;
  /** When it was acknowledged. */
  readonly at: number;
}

const placeOf = ({ ref }: Written): string => `${ref.generation}/${ref.sequence}/${ref.index}`;

const ways: readonly (readonly [string, (tab: PeerTab) => Promise<unknown>])[] = [
  ["is closed", (tab) => tab.page.close()],
  ["closes its peer", (tab) => tab.run("peer.close()")],
  ["is reloaded", (tab) => tab.reload()],
  [
    "crashes",
    async (tab) => {
      const session = await tab.page.context().newCDPSession(tab.page);
      const crashed = new Promise((done) => tab.page.once("crash", done));
      // A page that has crashed answers nothing any more.
      void session.send("Page.crash").catch(() => undefined);
      await crashed;
    },
  ],
];

describe("the leading tab", () => {
  it.each(ways)(
    "%s: L8 nothing acknowledged is lost, no report is written twice, and nothing is forked",
    async (way, end) => {
      await using swarm = await createSwarm({ name: "tabs" });
      await using visit = await visitor();
      const { context } = visit;
      const ticket = await swarm.invite();
      const tabs = [
        await openTab(context, pages.url),
        await openTab(context, pages.url),
        await openTab(context, pages.url),
      ];
      const [leader, second, third] = tabs as [PeerTab, PeerTab, PeerTab];
      const ids = [
        await leader.start("tab", ticket),
        await second.start("tab", ticket),
        await third.start("tab", ticket),
      ];
      expect(new Set(ids).size).toBe(1);
      const tabsLeft = [second, third];
      await second.run(flood("b"));
      await third.run(flood("c"));
      await second.until("receipts.length > 8");
      const ended = Date.now();
      await end(leader);
      for (const tab of tabsLeft) await tab.until(`receipts.filter(({ at }) => at > ${ended}).length > 12`);
      // Both have worked with the next leader: one of them.
      const leads = () => Promise.all(tabsLeft.map((tab) => tab.run<boolean>("peer.leads")));
      await expect.poll(leads).toContain(true);
      const before = await second.run<number>("receipts.length");
      await second.until(`receipts.length > ${before} + 12`);
      for (const tab of tabsLeft) await tab.run("globalThis.enough = true; flooding");

      const led = await Promise.all([second, third].map((tab) => tab.run<boolean>("peer.leads")));
      expect(led.filter(Boolean)).toHaveLength(1);
      const next = led[0] ? second : third;
      const kept = (await Promise.all([second, third].map((tab) => tab.run<Kept[]>("receipts")))).flat();
      const receipts = kept.map(({ receipt }) => receipt);
      expect(receipts.filter(({ ok }) => !ok)).toEqual([]);
      const places = receipts.map((receipt) => placeOf(receipt as Written));
      expect(new Set(places).size).toBe(receipts.length);

      const written = await next.run<string[]>(`(async () => {
      const found = [];
      for (const log of peer.node.logs.ofWriter(peer.id))
        for await (const { sequence, records } of peer.node.logs.read(log))
          records.forEach(({ type }, index) => type === "signal" && found.push(log.generation + "/" + sequence + "/" + index));
      return found;
    })()`);
      expect(written.toSorted()).toEqual(places.toSorted());
      // One generation: the new tab goes on where the old one stopped.
      expect(new Set(receipts.map((receipt) => (receipt as Written).ref.generation)).size).toBe(1);
      await expect.poll(() => swarm.stats().immunizations).toBe(receipts.length);
      for (const tab of [second, third])
        await tab.until("receipts.every(({ verdict }) => verdict?.status === 'admitted')");
      expect(swarm.logs.proofs()).toEqual([]);
      const times = kept.map(({ at }) => at).toSorted((a, b) => a - b);
      const gap = Math.max(...times.map((at, i) => at - (times[i - 1] ?? at)));
      console.log(`the leading tab ${way}: nothing acknowledged for ${gap} ms, ${receipts.length} reports in all`);
    },
  );

  it("E8 a tab that is closed while its agent searches claims nothing any more", async () => {
    await using swarm = await createSwarm({ name: "tabs" });
    await using visit = await visitor();
    const leader = await openTab(visit.context, pages.url);
    await leader.start("tab", await swarm.invite());
    await leader.run("peer.synced()");
    const follower = await openTab(visit.context, pages.url);
    await follower.start("tab");
    const claims = () => swarm.present().flatMap((one) => one.claims);
    await expect.poll(() => swarm.present().length).toBe(2);
    await follower.run(`void peer.attempt({}, () => { throw new Error("cannot reach host g"); }, {
      solve: () => new Promise(() => undefined),
    })`);
    await expect.poll(() => claims().length).toBe(1);
    await follower.page.close();
    // The leader would renew the claim for as long as it lives.
    await expect.poll(claims).toEqual([]);
  });

  it("E8 an agent that waits for another when its tab's peer is closed waits no longer", async () => {
    await using swarm = await createSwarm({ name: "tabs" });
    await using visit = await visitor();
    const leader = await openTab(visit.context, pages.url);
    await leader.start("tab", await swarm.invite());
    await leader.run("peer.synced()");
    const follower = await openTab(visit.context, pages.url);
    await follower.start("tab");
    const attempt = (solve: string): string => `peer.attempt({}, () => { throw new Error("cannot reach host g"); }, {
      apply: () => false, patienceMs: 600_000, onWait: () => { globalThis.waits = true; }, solve: ${solve},
    })`;
    await leader.run(`void ${attempt("() => new Promise(() => undefined)")}`);
    await expect.poll(() => swarm.present().flatMap((one) => one.claims).length).toBe(1);
    await follower.run(
      `globalThis.waits = false; void ${attempt("() => undefined")}.catch(() => { globalThis.ended = true; })`,
    );
    await follower.until("globalThis.waits");
    await follower.run("peer.close()");
    await follower.until("globalThis.ended");
  });

  it("hands over again and again, also to a tab that came later", async () => {
    await using swarm = await createSwarm({ name: "tabs" });
    await using visit = await visitor();
    const { context } = visit;
    let leader = await openTab(context, pages.url);
    const id = await leader.start("tab", await swarm.invite());
    const refs: string[] = [];
    for (let i = 0; i < 4; i++) {
      const next = await openTab(context, pages.url);
      expect(await next.start("tab")).toBe(id);
      expect(await next.run("peer.leads")).toBe(false);
      await leader.page.close();
      const receipt = await next.run<Written>(reportOf(`cannot reach host ${"ghkl"[i]}`, "Start it"));
      refs.push(placeOf(receipt));
      expect(await next.run("peer.leads")).toBe(true);
      expect(await next.run(`heard.filter(({ name }) => name === "tab").at(-1).event.role`)).toBe("leader");
      leader = next;
    }
    const [generation] = (refs[0] as string).split("/");
    expect(refs).toEqual([1, 2, 3, 4].map((sequence) => `${generation}/${sequence}/0`));
  });
});
