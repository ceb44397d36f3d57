/** A real Chromium with two tabs of one peer, and a Node peer beside it; all of them meet at the relay of the swarm process. */
import { resolve } from "node:path";
import { join } from "herdmind";
import { type Served, servePages } from "../../browser/pages.ts";
import { openTab, type PeerTab } from "../../browser/peer-tabs.ts";
import { createProfile, type Profile } from "../../browser/profile.ts";
import { serve } from "../frame/serve.ts";

interface Passed {
  /** Milliseconds from the call of `report` in the first tab until the entry was recalled there. */
  readonly tab: number;
  readonly node: number;
}

let pages: Served | undefined;
let profile: Profile | undefined;

/** Milliseconds since 1970, with fractions: comparable between processes of one machine. */
const wallNow = (): number => performance.timeOrigin + performance.now();

/** Problem n in words: digits would be masked. */
const messageOf = (n: number): string =>
  `service ${[...String(n)].map((digit) => "abcdefghij"[Number(digit)]).join("")} refuses connections`;

/** What a page runs: `seen(message)` resolves with the moment at which the problem could be recalled there. */
const WATCH = `(() => {
  const times = new Map();
  const waiting = new Map();
  peer.on("immunized", async ({ title }) => {
    const message = title.replace(/^Error: /, "");
    const known = await peer.recall({ error: new Error(message) });
    if (known.entries.length === 0) return;
    const at = performance.timeOrigin + performance.now();
    times.set(message, at);
    waiting.get(message)?.(at);
  });
  globalThis.seen = (message) => times.get(message) ?? new Promise((resolve) => waiting.set(message, resolve));
})()`;

const reportIn = (tab: PeerTab, message: string): Promise<number> =>
  tab.run<number>(`(async () => {
    const at = performance.timeOrigin + performance.now();
    const receipt = await peer.report({ problem: new Error(${JSON.stringify(message)}), mitigation: "start it" });
    if (!receipt.ok) throw new Error(receipt.refusal.message);
    return at;
  })()`);

serve({
  measure: async (ticket: string, dir: string, warm: number, count: number) => {
    pages = await servePages({ peer: resolve(import.meta.dirname, "../../browser/pages/peer.ts") });
    profile = await createProfile();
    const visitor = await profile.open();
    const first = await openTab(visitor, pages.url);
    await first.start("bench", ticket);
    const other = await openTab(visitor, pages.url);
    await other.start("bench");
    await other.run(WATCH);
    await using node = await join(ticket, { name: "node", dir });
    await node.synced(AbortSignal.timeout(30_000));
    const waiting = new Map<string, (at: number) => void>();
    node.on("immunized", async ({ title }) => {
      const message = title.replace(/^Error: /, "");
      const known = await node.recall({ error: new Error(message) });
      if (known.entries.length > 0) waiting.get(message)?.(wallNow());
    });
    const passed: Passed[] = [];
    for (let n = 0; n < warm + count; n++) {
      const message = messageOf(n);
      const inNode = new Promise<number>((settle) => waiting.set(message, settle));
      const at = await reportIn(first, message);
      const inTab = await other.run<number>(`seen(${JSON.stringify(message)})`);
      passed.push({ tab: inTab - at, node: (await inNode) - at });
    }
    const heap = await first.run<number>("performance.memory.usedJSHeapSize");
    return { passed: passed.slice(warm), heap };
  },
  close: async () => {
    await profile?.[Symbol.asyncDispose]();
    await pages?.[Symbol.asyncDispose]();
  },
});
