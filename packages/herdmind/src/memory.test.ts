import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as pathOf } from "node:path";
import { emptyView, fold } from "@herdmind/experience";
import {
  type AnyRecord,
  type BlockHash,
  type GenerationId,
  MAX_MEMORY_MEMBERS,
  type MemoryOp,
  type Result,
  record,
  type SwarmId,
  type WriterId,
} from "@herdmind/protocol";
import { afterEach, describe, expect, it } from "vitest";
import { createSwarm } from "./create-swarm.js";
import type { Memory, MemoryReceipt } from "./memory.js";
import { join } from "./node-platform.js";
import { openNode } from "./open-node.js";
import { createVerdicts } from "./verdicts.js";

const dirs: string[] = [];
afterEach(async () => {
  for (const dir of dirs.splice(0)) await rm(dir, { recursive: true, force: true });
});
const newDir = async (): Promise<string> => {
  const dir = await mkdtemp(pathOf(tmpdir(), "memory-"));
  dirs.push(dir);
  return dir;
};

const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
};
/** Writes and waits for canon. */
const judged = async (memory: Memory, ...ops: readonly MemoryOp[]): Promise<MemoryReceipt> =>
  must(await memory.write(ops, { waitMs: 30_000 }));
const put = (key: string, value: string | number, more: object = {}): MemoryOp => ({
  op: "put",
  key,
  value,
  ...more,
});
const keysOf = async (memory: Memory): Promise<readonly string[]> => (await memory.list()).map(({ key }) => key);

describe("E11 the memory of a peer", () => {
  it("E11 a write is read here at once and by others after its verdict; canon decides what counts", async () => {
    await using swarm = await createSwarm({ name: "memory" });
    await using other = await join(await swarm.invite(), { name: "other" });
    const [here, there] = [swarm.memory("plans"), other.memory("plans")];
    const receipt = must(await here.write([put("a", 1), { op: "add", key: "a", members: ["x", "y", "x"] }]));
    expect(receipt.verdict.status).toBe("pending");
    expect(await here.get("a")).toMatchObject({ key: "a", value: 1, members: ["x", "y"] });
    expect(await judged(there, put("b", 2))).toMatchObject({ verdict: { status: "admitted" } });
    expect(await judged(here, put("c", 3))).toMatchObject({ verdict: { status: "admitted" } });
    await expect.poll(() => keysOf(there)).toEqual(["a", "b", "c"]);
    expect(await there.get("a")).toEqual(await here.get("a"));
    expect(await swarm.memory("elsewhere").list()).toEqual([]);
    await judged(there, { op: "delete", key: "a" }, { op: "remove", key: "b", members: ["none"] });
    await expect.poll(() => keysOf(here)).toEqual(["b", "c"]);
    expect(await here.list({ prefix: "c" })).toHaveLength(1);
    expect(await here.list({ after: "b", limit: 5 })).toMatchObject([{ key: "c" }]);
    expect(await here.list({ limit: 1 })).toMatchObject([{ key: "b" }]);
  });

  it("E11 of writers that put one item at once the last in canon's order wins, and with ifAbsent the first", async () => {
    await using swarm = await createSwarm({ name: "race" });
    const ticket = await swarm.invite();
    await using one = await join(ticket, { name: "one" });
    await using two = await join(ticket, { name: "two" });
    const memories = [swarm, one, two].map((peer) => peer.memory("race"));
    await Promise.all(
      memories.map((memory, i) =>
        judged(memory, put("last", i), put("first", i, { ifAbsent: true, members: [`m${i}`] })),
      ),
    );
    await Promise.all(memories.map((memory, i) => judged(memory, put(`done ${i}`, i))));
    for (const memory of memories) await expect.poll(() => keysOf(memory)).toHaveLength(5);
    const [first, ...others] = await Promise.all(memories.map((memory) => memory.list()));
    for (const list of others) expect(list).toEqual(first);
    const item = await memories[0]?.get("first");
    expect(item?.members).toEqual([`m${item?.value}`]);
  });

  it("E11 a write that cannot count is refused with nothing written, or rejected by canon and gone", async () => {
    await using swarm = await createSwarm({ name: "refused" });
    await using other = await join(await swarm.invite(), { name: "other" });
    const [here, there] = [swarm.memory("m"), other.memory("m")];
    expect(await here.write([put("a", 1), { op: "add", key: "none", members: ["x"] }])).toMatchObject({
      ok: false,
      refusal: { rule: "E11", message: expect.stringContaining('"none"') },
    });
    expect(await here.list()).toEqual([]);
    const many = Array.from({ length: MAX_MEMORY_MEMBERS }, (_, i) => `m${i}`);
    await judged(here, put("full", 0, { members: many }));
    expect(await here.write([{ op: "add", key: "full", members: ["more"] }])).toMatchObject({
      refusal: { rule: "L7" },
    });
    for (const ops of [[], [put("", 1)], [put("k", "x".repeat(40_000))], [{ op: "steal", key: "k" } as never]])
      expect(await here.write(ops)).toMatchObject({ ok: false, refusal: { rule: "R1", fault: "none" } });
    // What one peer sees and another has deleted: the second's write is rejected as a whole.
    await judged(here, put("gone", 1));
    await expect.poll(() => keysOf(there)).toEqual(["full", "gone"]);
    const [, late] = await Promise.all([
      judged(here, { op: "delete", key: "gone" }),
      there.write([put("with it", 1), { op: "add", key: "gone", members: ["x"] }], { waitMs: 30_000 }),
    ]);
    // Which of the two came first is canon's word; what is shown agrees with it.
    const verdict = must(late).verdict;
    expect(["admitted", "rejected"]).toContain(verdict.status);
    if (verdict.status === "rejected") expect(verdict.rule).toBe("E11");
    expect((await there.get("with it")) !== undefined).toBe(verdict.status === "admitted");
    expect(await there.get("gone")).toBeUndefined();
  });

  it("E2 secrets do not enter the memory, and what is looked for finds what remains", async () => {
    await using swarm = await createSwarm({ name: "secrets" });
    const memory = swarm.memory("m");
    const password = "hunter2-hunter3";
    const url = `postgres://ada:${password}@db.example:5432/shop`;
    const { redactions } = await judged(
      memory,
      put("/home/ada/shop", url, { members: ["fine", url] }),
      put("DB_PASSWORD", password),
    );
    expect(redactions.length).toBeGreaterThanOrEqual(4);
    expect(JSON.stringify(await memory.list())).not.toMatch(new RegExp(`${password}|/ada/`));
    expect(await memory.get("/home/ada/shop")).toMatchObject({ members: ["fine", expect.any(String)] });
    expect((await judged(memory, { op: "delete", key: "/home/ada/shop" })).verdict.status).toBe("admitted");
    expect(await keysOf(memory)).toEqual(["DB_PASSWORD"]);
  });

  it("E2 an item is not made under a key that two could have", async () => {
    await using swarm = await createSwarm({ name: "keys" });
    const memory = swarm.memory("m");
    for (const key of ["ada@example.com", "bob@example.com", `by ghp_${"k3T9".repeat(9)}`]) {
      const refused = { ok: false, refusal: { rule: "E2", message: expect.stringContaining("ops[1].key") } };
      expect(await memory.write([put("fine", 1), put(key, 1, { ifAbsent: true })])).toMatchObject(refused);
    }
    expect(await memory.list()).toEqual([]);
    expect((await judged(memory, put("a", 1), { op: "delete", key: "ada@example.com" })).verdict.status).toBe(
      "admitted",
    );
  });

  it("E11 L8 what was written offline outlives a restart, and is judged when the orchestrator is back", async () => {
    const [dir, otherDir] = [await newDir(), await newDir()];
    const swarm = await createSwarm({ name: "offline", dir });
    const [address] = swarm.addresses;
    const other = await join(await swarm.invite(), { name: "other", dir: otherDir });
    await judged(other.memory("m"), put("before", 1));
    await other.synced();
    await swarm.close();
    const second = await other.as("second");
    for (let i = 0; i < 20; i++) must(await (i % 2 === 0 ? other : second).memory("m").write([put(`k${i}`, i)]));
    must(await other.memory("m").write([put("k0", "newer"), { op: "delete", key: "before" }]));
    const before = await other.memory("m").list();
    expect(before).toHaveLength(20);
    expect(await second.memory("m").list()).toEqual(before);
    await other.close();
    await using again = await openNode({ dir: otherDir });
    await again.as("second");
    expect(await again.memory("m").list()).toEqual(before);
    expect(again.pending).toBe(21);
    await using back = await createSwarm({
      name: "offline",
      dir,
      relay: { port: Number(new URL(address ?? "").port) },
    });
    await expect.poll(() => again.pending).toBe(0);
    await expect.poll(() => keysOf(back.memory("m"))).toHaveLength(20);
    expect(await again.memory("m").list()).toEqual(before);
  });
});

describe("the verdict on a write", () => {
  const writer = "A".repeat(43) as WriterId;
  const generation = "A".repeat(22) as GenerationId;
  const ref = { writer, generation, sequence: 1, index: 0 };
  const body = { space: "s", ops: [put("k", 1)], at: 1 };
  const hash = "B".repeat(43) as BlockHash;
  const scene = () => {
    const view = emptyView();
    const verdicts = createVerdicts(
      "C".repeat(43) as SwarmId,
      () => view,
      () => undefined,
    );
    const say = (...records: readonly AnyRecord[]) => {
      for (const one of records) for (const event of fold(view, one, ref)) verdicts.take(event);
    };
    say(record("member", { writer, role: "agent", group: writer, status: "admitted", at: 1 }));
    return { verdicts, say, told: verdicts.await({ type: "memory", body, ref }) };
  };
  const passed = record("watermark", { writer, generation, length: 2, hash });

  it("E11 is admitted once canon carries it", async () => {
    const { say, told } = scene();
    say(record("memory-step", { of: ref, ...body }), passed);
    expect(await told).toMatchObject({ status: "admitted", ref });
  });

  it("E5 is ignored, with what to do, where an orchestrator passes it that does not know the memory", async () => {
    const { say, told } = scene();
    say(passed);
    expect(await told).toMatchObject({ status: "ignored", rule: "E5", reason: expect.stringContaining("Update it") });
  });

  it("E11 is admitted by default where canon was replaced meanwhile, says that this is no certainty, and a rejection that was heard stands", async () => {
    const replaced = scene();
    replaced.verdicts.doubt();
    replaced.say(passed);
    expect(await replaced.told).toMatchObject({
      status: "admitted",
      reason: expect.stringContaining("Read the memory"),
    });
    const rejected = scene();
    rejected.say(record("verdict", { of: ref, verdict: "rejected", rule: "L7", reason: "full" }), passed);
    expect(await rejected.told).toMatchObject({ status: "rejected", rule: "L7", reason: "full" });
  });
});
