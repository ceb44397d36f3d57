/** Bad luck that a node must survive: full disks, clocks that go back, a runtime that cannot sign, an agent gone wild. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { smallDisk } from "@herdmind/testing/small-disk";
import { createSwarm, isHerdmindError, join, openNode, type Peer } from "herdmind";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";

const dirs: string[] = [];
const newDir = async (): Promise<string> => {
  const dir = await mkdtemp(joinPath(tmpdir(), "herdmind-luck-"));
  dirs.push(dir);
  return dir;
};
afterEach(async () => {
  await Promise.all(dirs.splice(0).map((dir) => rm(dir, { recursive: true, force: true })));
});

const report = (peer: Pick<Peer, "report">, message: string) =>
  peer.report({ problem: new Error(message), mitigation: "turn it off and on" });

/** Numbers in letters: digits are masked by the fingerprint, so they would make one problem of all. */
const word = (number: number): string => [...String(number)].map((digit) => "abcdefghij"[Number(digit)]).join("");

describe("full disk", () => {
  it("L8 an append on a full disk is not acknowledged, the node lives, and goes on when there is room", async ({
    skip,
  }) => {
    const made = smallDisk(24 * 1024 * 1024);
    // Without the right to mount, storage-level's own suite proves the same with a limit on file sizes.
    if (!made.ok) return skip(made.reason);
    const { disk } = made;
    const dir = joinPath(disk.dir, "node");
    const swarm = await createSwarm({ name: "full", dir, relay: false });
    onTestFinished(async () => {
      await swarm.close();
      disk[Symbol.dispose]();
    });
    const before = await report(swarm, "before the disk was full");
    expect(before.ok && (await before.verdict).status).toBe("admitted");
    disk.fill();
    let refused = 0;
    let acknowledged = 1;
    for (let i = 0; refused === 0 && i < 2000; i++) {
      const receipt = await swarm.report({
        problem: new Error(`while it filled ${word(i)}`),
        mitigation: "x".repeat(20_000),
      });
      if (receipt.ok) acknowledged += 1;
      else {
        refused += 1;
        expect(receipt.refusal).toMatchObject({ rule: "L8", fault: "none" });
        expect(receipt.refusal.message).toMatch(/space|full/i);
      }
    }
    expect(refused).toBe(1);
    expect((await swarm.recall({ error: new Error("before the disk was full") })).entries).toHaveLength(1);
    disk.free();
    await expect.poll(async () => (await report(swarm, "after there was room")).ok).toBe(true);
    await expect.poll(() => swarm.pending).toBe(0);
    await swarm.close();
    const reopened = await openNode({ dir });
    const records = (
      await Promise.all(
        reopened.logs.list().map(async (log) => {
          let signals = 0;
          for await (const block of reopened.logs.read(log))
            signals += block.records.filter((record) => record.type === "signal").length;
          return signals;
        }),
      )
    ).reduce((sum, signals) => sum + signals, 0);
    await reopened.close();
    // Every acknowledged report, and the one or more that were written after there was room.
    expect(records).toBeGreaterThanOrEqual(acknowledged + 1);
  });
});

describe("clocks", () => {
  it("A3 E6 an orchestrator whose clock is set back goes on: order comes from sequences, not from clocks", async () => {
    const dir = await newDir();
    let clock = Date.now();
    const first = await createSwarm({ name: "clock", dir, now: () => clock, relay: false });
    const one = await report(first, "before the clock went back");
    expect(one.ok && (await one.verdict).status).toBe("admitted");
    await first.close();
    clock -= 365 * 86_400_000;
    await using second = await createSwarm({ name: "clock", dir, now: () => clock, relay: false });
    const two = await report(second, "after the clock went back");
    expect(two.ok && (await two.verdict).status).toBe("admitted");
    expect(second.stats()).toMatchObject({ immunizations: 2, refusals: 0 });
    expect(second.canon.alarms()).toEqual([]);
  });

  it("A3 an expired ticket does not become valid by setting the orchestrator's clock back", async () => {
    let clock = Date.now();
    const dir = await newDir();
    const first = await createSwarm({ name: "expired", dir, now: () => clock });
    const port = Number(new URL(first.addresses[0] ?? "").port);
    const ticket = await first.invite({ lifetimeMs: 60_000 });
    clock += 120_000;
    const admitted = await join(await first.invite(), { name: "on-time", now: () => clock });
    const good = await report(admitted, "a good member");
    expect(good.ok && (await good.verdict).status).toBe("admitted");
    await admitted.close();
    await first.close();
    clock -= 110_000;
    await using second = await createSwarm({ name: "expired", dir, now: () => clock, relay: { port } });
    await using late = await join(ticket, { name: "late", now: () => clock });
    const receipt = await report(late, "too late");
    expect(receipt.ok && (await receipt.verdict)).toMatchObject({ status: "rejected", rule: "A3" });
    expect(second.stats().immunizations).toBe(1);
  });

  it("T2 a member whose clock is far off is told so by the relay, and works locally", async () => {
    await using swarm = await createSwarm({ name: "skew" });
    const refusals: string[] = [];
    await using ada = await join(await swarm.invite(), { name: "ada", now: () => Date.now() - 86_400_000 });
    ada.on("refused", ({ refusal }) => refusals.push(`${refusal.rule}: ${refusal.message}`));
    await expect.poll(() => refusals.join()).toMatch(/T2.*clock/);
    const receipt = await report(ada, "kept for later");
    expect(receipt.ok).toBe(true);
    expect(ada.pending).toBe(1);
  });
});

describe("a runtime that cannot sign", () => {
  it("L5 says at the start what is missing and what to use instead", async () => {
    const { subtle } = crypto;
    const without = new Proxy(subtle, {
      get: (target, name) => {
        if (name === "generateKey")
          return () => Promise.reject(new DOMException("Unrecognized algorithm name", "NotSupportedError"));
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    Object.defineProperty(crypto, "subtle", { value: without, configurable: true });
    onTestFinished(() => {
      Object.defineProperty(crypto, "subtle", { value: subtle, configurable: true });
    });
    const failed = await createSwarm({ name: "old", relay: false }).catch((error: unknown) => error);
    expect(isHerdmindError(failed) && failed.refusal.rule).toBe("L5");
    expect((failed as Error).message).toMatch(/Ed25519.*Node 22/s);
  });
});

describe("an agent gone wild", () => {
  it("A2 10,000 reports in a loop are deferred, not rejected, and others are not delayed by them", async () => {
    await using swarm = await createSwarm({ name: "wild", dir: await newDir() });
    await using wild = await join(await swarm.invite(), { name: "wild", dir: await newDir() });
    await using calm = await join(await swarm.invite(), { name: "calm", dir: await newDir() });
    await Promise.all([wild.synced(), calm.synced()]);
    const statuses = new Map<string, number>();
    wild.on("verdict", ({ status }) => statuses.set(status, (statuses.get(status) ?? 0) + 1));
    const reports = Array.from({ length: 10_000 }, (_, i) => report(wild, `loop ${word(i % 500)}`));
    const first = await reports[0];
    expect(first?.ok).toBe(true);
    await Promise.all(reports);
    const pendingThen = wild.pending;
    const mine = await report(calm, "a calm problem");
    expect(mine.ok && (await mine.verdict).status).toBe("admitted");
    // The calm agent has its verdict while the wild one still waits for most of its own.
    expect(pendingThen).toBeGreaterThan(0);
    await expect.poll(() => wild.pending, { timeout: 60_000 }).toBe(0);
    expect(statuses).toEqual(
      new Map([
        ["admitted", 500],
        ["corroborates", 9500],
      ]),
    );
  });
});
