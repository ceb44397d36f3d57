// Two pages that talk over WebRTC: a peer in Node brings them together, and then goes away.
import { join } from "node:path";
import { relayingHandshakes } from "@herdmind/mesh-webrtc/relay";
import { createSwarm } from "herdmind";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Served, servePages } from "./pages.ts";
import { createProfile, type Profile } from "./profile.ts";

let pages: Served;
let profile: Profile;
beforeAll(async () => {
  pages = await servePages({ webrtc: join(import.meta.dirname, "pages/webrtc.ts") });
  profile = await createProfile();
});
afterAll(async () => {
  await profile[Symbol.asyncDispose]();
  await pages[Symbol.asyncDispose]();
});

interface Tab {
  readonly id: string;
  run<T>(expression: string): Promise<T>;
  until(expression: string): Promise<void>;
}

const openTab = async (ticket: string): Promise<Tab> => {
  const page = await (await profile.visitor()).newPage();
  await page.goto(`${pages.url}/webrtc.html`);
  await page.waitForFunction("globalThis.start !== undefined");
  const run = <T>(expression: string) => page.evaluate(expression) as Promise<T>;
  return {
    id: await run<string>(`start(${JSON.stringify(ticket)})`),
    run,
    until: async (expression) => {
      while (!(await run<boolean>(`Boolean(${expression})`))) await page.waitForTimeout(20);
    },
  };
};

/** What a page says of its connection to a writer that has shown its chain. */
const to = (writer: string): string => `mesh.neighbours.find((each) => each.writer === ${JSON.stringify(writer)})`;

describe("two pages", () => {
  it("T5 show each other their chains over WebRTC, and gossip on when the peer that brought them together is gone", async () => {
    const swarm = await createSwarm({
      name: "direct",
      relay: false,
      mesh: { ...relayingHandshakes(), exchangeEveryMs: { min: 300, max: 600 } },
    });
    const ended = { swarm: false };
    try {
      const first = await openTab(await swarm.invite());
      const second = await openTab(await swarm.invite());
      await first.until(to(second.id));
      await second.until(to(first.id));
      // Whatever leads to the other page and is not a handshake is WebRTC.
      for (const [tab, other] of [
        [first, second],
        [second, first],
      ] as const) {
        expect(await tab.run<string>(`${to(other.id)}.address`)).toMatch(/\/webrtc\/p2p\//);
      }
      await swarm.close();
      ended.swarm = true;
      await first.until(`mesh.neighbours.length === 1`);
      await second.until(`mesh.neighbours.length === 1`);
      const before = await second.run<number>("mesh.counts.accepted");
      await first.run(`peer.report({ problem: "ENOSPC: no space left", mitigation: "Remove old images" })`);
      const length = await first.run<number>(
        "peer.node.logs.list().find(({ writer }) => writer === peer.id)?.length ?? 0",
      );
      expect(length).toBeGreaterThan(0);
      await second.until(
        `peer.node.logs.list().some(({ writer, length }) => writer === ${JSON.stringify(first.id)} && length >= ${length})`,
      );
      await second.until(`mesh.counts.accepted > ${before}`);
      expect(await second.run<string[]>("mesh.neighbours.map(({ address }) => address)")).toEqual([
        expect.stringMatching(/\/webrtc\/p2p\//),
      ]);
    } finally {
      if (!ended.swarm) await swarm.close();
    }
  });
});
