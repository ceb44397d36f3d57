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
    for (const node of [ada, ben]) await expect.poll(() => node.stats().immunizations).toBe(5);
    const expected = entriesOf(swarm);
    expect(expected).toHaveLength(5);
    expect(expected).toEqual(expect.arrayContaining([offline.id, again.id, meanwhile.id]));
    for (const held of [entriesOf(ada), entriesOf(ben), await entriesIn(cem), await entriesIn(dora)])
      expect(held).toEqual(expected);
    expect([swarm, ada, ben].flatMap((node) => node.logs.proofs())).toEqual([]);
    await Promise.all([north.close(), south.close()]);
  });

  it("L4 L8 finds what was done to its database between visits, says so, and gets it back from its peers", async () => {
    await using swarm = await createSwarm({ name: "tampered" });
    const context = await profile.visitor();
    const tab = await openTab(context, pages.url);
    await tab.start("cem", await swarm.invite());
    for (const n of [0, 1, 2]) await tab.run(`${reportOf(problem(n), "Start it")}.then(({ verdict }) => verdict)`);
    await tab.until("(await peer.stats()).immunizations === 3");
    const logs = await tab.run<string[]>(
      "peer.node.logs.list().map(({ writer, length }) => writer + ' ' + length).sort()",
    );
    // Without a peer in it: what any script of the origin, or a broken disk, can do.
    await tab.reload();
    const changed = await tab.run<number>(`(async () => {
      const opening = indexedDB.open("herdmind/cem/logs");
      await new Promise((done) => { opening.onsuccess = done; });
      const transaction = opening.result.transaction("blocks", "readwrite");
      const cursor = transaction.objectStore("blocks").openCursor();
      let changed = 0;
      cursor.onsuccess = () => {
        const { result } = cursor;
        if (result === null) return;
        if (result.key[1] === 1) {
          const bytes = result.value.slice();
          bytes[bytes.length - 1] ^= 1;
          result.update(bytes);
          changed += 1;
        }
        result.continue();
      };
      await new Promise((done) => { transaction.oncomplete = done; });
      opening.result.close();
      return changed;
    })()`);
    expect(changed).toBe(2);
    await tab.start("cem");
    const said = await tab.run<string[]>(
      `heard.filter(({ name }) => name === "log").map(({ event }) => event.message)`,
    );
    expect(said.filter((message) => /is damaged at block 1 of/.test(message))).toHaveLength(2);
    // Shown is what is proved, from the first moment; the rest comes from the relay.
    await tab.until("(await peer.stats()).immunizations === 3");
    await tab.run("peer.synced()");
    await tab.until(
      `JSON.stringify(peer.node.logs.list().map(({ writer, length }) => writer + " " + length).sort()) === ${JSON.stringify(JSON.stringify(logs))}`,
    );
    const receipt = await tab.run<Written>(reportOf(problem(3), "Start it"));
    expect(receipt.ok).toBe(true);
    await expect.poll(() => swarm.stats().immunizations).toBe(4);
    expect(swarm.logs.proofs()).toEqual([]);
    await context.close();
  });

  it("finds nothing without a ticket where it never was (S1)", async () => {
    const context = await profile.visitor();
    const tab = await openTab(context, pages.url);
    await expect(tab.start("nobody")).rejects.toThrow(/S1.*join with a ticket/);
    await context.close();
  });
});
