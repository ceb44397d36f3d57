/**
 * Old and new peers in one swarm (E5): processes with a disk of their own, in a row. The one in the middle is of before the second
 * version of any record; all that the two ends say to each other passes through it.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freePort, type PeerProcess, startPeer, until } from "./peer-processes.ts";
import type { Held, Reach } from "./processes/messages.ts";

let dir = "";
const running: PeerProcess[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "herdmind-versions-"));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.kill()));
  await rm(dir, { recursive: true, force: true });
});

/** Each knows the address of the one before it and of nobody else. */
const startRow = async (row: readonly { readonly name: string; readonly old: boolean }[]) => {
  let ticket = "";
  let before: number | undefined;
  for (const { name, old } of row) {
    const port = await freePort();
    const reach: Reach = {
      old,
      addresses: before === undefined ? [] : [`/ip4/127.0.0.1/tcp/${before}`],
      mesh: { listen: [`/ip4/127.0.0.1/tcp/${port}`], announce: [], limits: { addresses: 0 } },
    };
    const place = join(dir, name);
    const json = JSON.stringify(reach);
    const peer = await startPeer(
      name,
      before === undefined ? ["orchestrator", place, "none", json] : ["agent", place, name, ticket, json],
    );
    ticket = peer.ticket ?? ticket;
    before = port;
    running.push(peer);
  }
  return running as readonly PeerProcess[];
};

const report = async (peer: PeerProcess, label: string, count: number, tags?: readonly string[]): Promise<void> => {
  const done = peer.said("done");
  peer.tell({ type: "report", count, parallel: 1, label, ...(tags === undefined ? {} : { tags }) });
  await done;
};
const remember = async (peer: PeerProcess, count: number): Promise<void> => {
  const done = peer.said("done");
  peer.tell({ type: "remember", count });
  await done;
};
const isCalm = ({ refusals, alarms, proofs }: Held): boolean =>
  Object.keys(refusals).length === 0 && alarms === 0 && proofs === 0;

describe("E5 record versions, between processes", { timeout: 120_000 }, () => {
  it("E5 an old peer forwards what it does not know, counts it, and the new ones beyond it are of one mind", async () => {
    const [office, grace, ada] = (await startRow([
      { name: "orchestrator", old: false },
      { name: "grace", old: true },
      { name: "ada", old: false },
    ])) as [PeerProcess, PeerProcess, PeerProcess];
    await report(ada, "plain", 3);
    await report(ada, "tagged", 4, ["gpu"]);
    await report(grace, "old", 2);
    await remember(ada, 2);
    office.tell({ type: "rule", name: "gpu-for-gpu" });
    const all = await until(
      () => Promise.all([office.held(), grace.held(), ada.held()]),
      ([first, middle, last]) =>
        first?.immunizations === 9 &&
        last?.viewHash === first.viewHash &&
        middle?.canonLength === first.canonLength &&
        middle.unknown["relevance/1"] === 1 &&
        middle.unknown["memory-step/1"] === 2,
      "the ends agree",
    );
    const [first, middle] = all as [Held, Held, Held];
    // All of version 1 is understood, what only version 2 can say is counted.
    expect(middle.immunizations).toBe(5);
    expect(middle.unknown).toEqual({ "immunization/2": 4, "relevance/1": 1, "memory-step/1": 2 });
    expect(first.unknown).toEqual({});
    expect(middle.viewHash).not.toBe(first.viewHash);
    expect(all.every(isCalm)).toBe(true);
    expect(ada.verdicts).toEqual(new Map([["admitted", 9]]));
    expect(grace.verdicts).toEqual(new Map([["admitted", 2]]));
  });

  it("E5 an old orchestrator says that it cannot judge a newer proposal; the plain ones are admitted", async () => {
    const [office, ada] = (await startRow([
      { name: "orchestrator", old: true },
      { name: "ada", old: false },
    ])) as [PeerProcess, PeerProcess];
    await report(ada, "tagged", 2, ["gpu"]);
    await report(ada, "plain", 3);
    await remember(ada, 2);
    await until(
      async () => ada.verdicts,
      (verdicts) => verdicts.get("admitted") === 3 && verdicts.get("ignored") === 4,
      "verdicts",
    );
    expect((await office.held()).viewHash).toBe((await ada.held()).viewHash);
  });
});
