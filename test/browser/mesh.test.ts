// A page on the mesh: no relay, a WebSocket to a peer in Node, gossip in both directions; and relay and mesh at once.
import { createServer } from "node:net";
import { resolve } from "node:path";
import { createSwarm, join, type Known, type Peer, type Receipt } from "herdmind";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Served, servePages } from "./pages.ts";
import { recallOf, reportOf } from "./peer-tabs.ts";
import { createProfile, type Profile } from "./profile.ts";
import { createWire } from "./wire.ts";

let pages: Served;
let profile: Profile;
beforeAll(async () => {
  pages = await servePages({ mesh: resolve(import.meta.dirname, "pages/mesh.ts") });
  profile = await createProfile();
});
afterAll(async () => {
  await profile?.[Symbol.asyncDispose]();
  await pages?.[Symbol.asyncDispose]();
});

type Written = Extract<Receipt, { ok: true }>;
const hour = 3_600_000;
const exchangeEveryMs = { min: hour, max: hour };
const problem = (n: number): string => `connect ECONNREFUSED of service ${"abcdefgh"[n]}`;
const multiaddr = (url: string): string => `/ip4/127.0.0.1/tcp/${new URL(url).port}/ws`;

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === "object" && address !== null ? address.port : 0;
};

/** An orchestrator on the mesh that is found only through a wire, so that cutting the wire takes the mesh from who is elsewhere. */
const meshOverWire = async () => {
  const wire = await createWire(`ws://127.0.0.1:${await freePort()}`);
  return { wire, announce: [multiaddr(wire.url)] };
};

const openPage = async (ticket: string, relay: boolean) => {
  const context = await profile.visitor();
  const page = await context.newPage();
  await page.goto(`${pages.url}/mesh.html`);
  await page.waitForFunction("globalThis.start !== undefined");
  const run = <T>(expression: string) => page.evaluate(expression) as Promise<T>;
  const id = await run<string>(`start(${JSON.stringify(ticket)}, ${relay})`);
  const until = async (expression: string): Promise<void> => {
    while (!(await run<boolean>(`(async () => Boolean(${expression}))()`))) await page.waitForTimeout(20);
  };
  return { id, run, until, close: () => context.close() };
};

const textsOf = ({ entries }: Known) => entries.map(({ mitigation }) => mitigation.text);
const recalls = (peer: Peer, n: number) =>
  expect.poll(async () => textsOf(await peer.recall({ error: new Error(problem(n)) }))).toContain(`Start service ${n}`);
const learned = (n: number): string =>
  `(await ${recallOf(problem(n))}).entries.some(({ mitigation }) => mitigation.text === "Start service ${n}")`;
const report = async (peer: Peer, n: number): Promise<void> => {
  const receipt = await peer.report({ problem: new Error(problem(n)), mitigation: `Start service ${n}` });
  expect(receipt.ok && (await receipt.verdict).status).toBe("admitted");
};

describe("a page on the mesh", () => {
  it("learns and teaches without a relay, with no exchange but the first, and dials again when its network is back", async () => {
    const { wire, announce } = await meshOverWire();
    await using _wire = wire;
    const listen = [`/ip4/127.0.0.1/tcp/${wire.to}/ws`];
    await using swarm = await createSwarm({ name: "mesh", relay: false, mesh: { listen, announce, exchangeEveryMs } });
    expect(swarm.relay).toBeUndefined();
    const direct = swarm.addresses.map((address) => address.replace(/tcp\/\d+/, `tcp/${wire.to}`));
    await using ada = await join(await swarm.invite({ addresses: direct }), {
      name: "ada",
      mesh: { listen: [], exchangeEveryMs },
    });
    await expect.poll(() => ada.stats().connections).toEqual({ mesh: "connected" });
    const page = await openPage(await swarm.invite(), false);
    await page.run("peer.synced()");
    expect(await page.run("peer.stats().then(({ connections }) => connections)")).toEqual({ mesh: "connected" });

    const receipt = await page.run<Written>(reportOf(problem(0), "Start service 0"));
    expect(receipt.ref.writer).toBe(page.id);
    await recalls(ada, 0);
    await page.until(learned(0));
    const before = await page.run<number>("mesh.counts.accepted");
    await report(ada, 1);
    await page.until(learned(1));
    await page.until(`mesh.counts.accepted > ${before}`);

    await wire.cut();
    await page.until(`(await peer.stats()).connection === "offline"`);
    await page.run(reportOf(problem(2), "Start service 2"));
    await report(ada, 3);
    expect(textsOf(await page.run<Known>(recallOf(problem(3))))).not.toContain("Start service 3");
    await wire.mend();
    await page.until(learned(3));
    await page.until(learned(2));
    await recalls(ada, 2);
    expect(await page.run<string[]>("heard.filter((news) => !news.startsWith('mesh '))")).toEqual([]);
    await page.close();
  });

  it("has relay and mesh at once: losing either is news of a connection, and nothing else changes", async () => {
    const { wire, announce } = await meshOverWire();
    await using _wire = wire;
    const listen = [`/ip4/127.0.0.1/tcp/${wire.to}/ws`];
    await using swarm = await createSwarm({ name: "both", mesh: { listen, announce, exchangeEveryMs } });
    const relay = swarm.addresses.find((address) => address.startsWith("ws")) as string;
    await using relayWire = await createWire(relay);
    const mesh = swarm.addresses.filter((address) => address.startsWith("/"));
    const page = await openPage(await swarm.invite({ addresses: [relayWire.url, ...mesh] }), true);
    const both = `(({ relay, mesh }) => relay === "connected" && mesh === "connected")((await peer.stats()).connections)`;
    await page.until(both);
    let n = 0;
    for (const [name, lost] of [
      ["mesh", wire],
      ["relay", relayWire],
    ] as const) {
      await page.run("void (heard.length = 0)");
      await lost.cut();
      await page.until(`heard.includes("${name} offline")`);
      await page.run(reportOf(problem(n), `Start service ${n}`));
      await page.until(learned(n));
      await report(swarm, n + 1);
      await page.until(learned(n + 1));
      expect(await page.run<string[]>(`heard.filter((news) => !news.startsWith("${name} "))`)).toEqual([]);
      n += 2;
      await lost.mend();
      await page.until(both);
    }
    await page.close();
  });
});
