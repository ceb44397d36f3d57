// A browser that removes a site's databases after a kill (see storage-indexeddb's README): the peer is still itself.
import { resolve } from "node:path";
import { createSwarm, type Verdict } from "herdmind";
import { expect, it } from "vitest";
import { halveManifest, isHalved } from "./chromium-manifest.ts";
import { servePages } from "./pages.ts";
import { openTab, type PeerTab, recallOf, reportOf } from "./peer-tabs.ts";
import { createProfile } from "./profile.ts";

const admitted = async (tab: PeerTab, message: string): Promise<Verdict> =>
  tab.run(`(async () => {
    const receipt = await ${reportOf(message, `remedy of ${message}`)};
    return receipt.verdict;
  })()`);

it("L8 a peer whose databases the browser removed is the same member, gets back what it sent, and goes on", async () => {
  await using pages = await servePages({ peer: resolve(import.meta.dirname, "pages/peer.ts") });
  await using profile = await createProfile();
  await using swarm = await createSwarm({ name: "pages" });

  const first = await openTab(await profile.open(), pages.url);
  const id = await first.start("tab", await swarm.invite());
  expect(await admitted(first, "ENOSPC: before")).toMatchObject({ status: "admitted" });
  await profile.kill();
  halveManifest(profile.folder);

  // Goes on behind the half record. What it reports is acknowledged, so a new log file is named there.
  const second = await openTab(await profile.open(), pages.url);
  expect(await second.start("tab")).toBe(id);
  expect(await admitted(second, "ENOSPC: between")).toMatchObject({ status: "admitted" });
  await profile.kill();

  const third = await openTab(await profile.open(), pages.url);
  expect(await third.start("tab")).toBe(id);
  // Whether Chromium removes them is its own affair; that it did is told.
  const gone = isHalved(profile.folder) ? [] : [expect.stringContaining("herdmind/tab/logs was here and is gone")];
  const told = await third.run<string[]>(
    `heard.filter(({ name }) => name === "log").map(({ event }) => event.message)`,
  );
  expect(told.filter((message) => message.includes("was here"))).toEqual(gone);
  await third.run("peer.synced()");
  expect(await admitted(third, "ENOSPC: after")).toMatchObject({ status: "admitted" });
  for (const message of ["ENOSPC: before", "ENOSPC: between", "ENOSPC: after"]) {
    const known = await third.run<{ readonly entries: readonly { readonly author: string }[] }>(recallOf(message));
    expect(known.entries[0]?.author).toBe(id);
  }
});
