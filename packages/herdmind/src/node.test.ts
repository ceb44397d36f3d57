import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createSwarm, isHerdmindError, join, openNode, type Peer } from "./index.js";

const dirs: string[] = [];
const newDir = async (): Promise<string> => {
  const dir = await mkdtemp(joinPath(tmpdir(), "herdmind-node-"));
  dirs.push(dir);
  return dir;
};
afterEach(async () => {
  await Promise.all(dirs.splice(0).map((dir) => rm(dir, { recursive: true, force: true })));
});

const refusalOf = async (promise: Promise<unknown>): Promise<{ rule: string; message: string }> => {
  try {
    await promise;
  } catch (error) {
    if (isHerdmindError(error)) return error.refusal;
    throw error;
  }
  throw new Error("it was not refused");
};

const reportOne = async (peer: Pick<Peer, "report">, message: string, mitigation = "restart it") => {
  const receipt = await peer.report({ problem: new Error(message), mitigation });
  if (!receipt.ok) throw new Error(receipt.refusal.message);
  return receipt;
};

const nextImmunization = (peer: Peer): Promise<unknown> => new Promise((resolve) => peer.on("immunized", resolve));

describe("a swarm on one node", () => {
  it("reports, admits, recalls, and counts outcomes of independent writers only (E1)", async () => {
    await using swarm = await createSwarm({ name: "one", relay: false });
    const receipt = await reportOne(swarm, "disk /dev/sda1 is full");
    expect(await receipt.verdict).toMatchObject({ status: "admitted", entry: receipt.id });
    const known = await swarm.recall({ error: new Error("disk /dev/sdb7 is full") });
    expect(known.entries).toMatchObject([{ id: receipt.id, match: "exact", evidence: { independent: 0 } }]);
    // Agents of one node count together, with the author: no outcome of theirs is evidence.
    const other = await swarm.as("other");
    const outcome = await other.outcome(receipt.id, { success: true });
    expect(outcome.ok && (await outcome.verdict).status).toBe("counted");
    expect((await swarm.recall({ error: new Error("disk /dev/sdb7 is full") })).entries[0]?.evidence.independent).toBe(
      0,
    );
    const again = await other.report({ problem: new Error("disk /dev/sdc3 is full"), mitigation: "restart it" });
    expect(again.ok && (await again.verdict)).toMatchObject({ status: "corroborates", entry: receipt.id });
    expect(swarm.stats()).toMatchObject({ signals: 2, outcomes: 1, immunizations: 1, pending: 0, localAgents: 2 });
  });

  it("L7 names 1,024 agents at most, over all restarts: the ones that it has go on", async () => {
    const dir = await newDir();
    const swarm = await createSwarm({ name: "many", dir, relay: false });
    const { id } = await swarm.as("known");
    await swarm.close();
    // As a thousand runs of a program that names itself anew each time leave them.
    const seed = await readFile(joinPath(dir, "keys", "agent-known.seed"), "utf8");
    const kept = (await readdir(joinPath(dir, "keys"))).filter((file) => file.startsWith("agent-")).length;
    for (let n = kept; n < 1023; n += 1) await writeFile(joinPath(dir, "keys", `agent-run%20${n}.seed`), seed);
    await using again = await openNode({ dir, relay: false });
    const last = await again.as("the last one");
    expect(await refusalOf(again.as("one too many"))).toMatchObject({
      rule: "L7",
      message: expect.stringMatching(/1024 agents.*Use a name again/),
    });
    expect((await again.as("known")).id).toBe(id);
    expect((await again.as("the last one")).id).toBe(last.id);
  });

  it("E2 the receipt lists what was replaced, and the secret is in no file of the node", async () => {
    const dir = await newDir();
    const swarm = await createSwarm({ name: "secret", dir, relay: false });
    const receipt = await swarm.report({
      problem: new Error("login at postgres://app:tr0ub4dor@db:5432/x failed"),
      mitigation: { text: "set the password", data: { DB_PASSWORD: "c0rrecthorse" } },
    });
    expect(receipt.ok && receipt.redactions.map(({ path }) => path)).toEqual(
      expect.arrayContaining(["problem.error.message", "mitigation.data.DB_PASSWORD"]),
    );
    await swarm.close();
    for (const file of await readdir(dir, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const bytes = await readFile(joinPath(file.parentPath, file.name));
      expect(bytes.includes("tr0ub4dor") || bytes.includes("c0rrecthorse")).toBe(false);
    }
  });

  it("comes back with everything after a restart, as swarm and as plain node", async () => {
    const dir = await newDir();
    const first = await createSwarm({ name: "again", dir, relay: false });
    const receipt = await reportOne(first, "cannot bind the socket");
    await receipt.verdict;
    const { swarm, id } = first;
    await first.close();
    await using second = await createSwarm({ name: "ignored", dir, relay: false });
    expect([second.swarm, second.id, second.swarmName]).toEqual([swarm, id, "again"]);
    expect((await second.recall({ error: new Error("cannot bind the socket") })).entries).toHaveLength(1);
    const later = await reportOne(second, "cannot bind the pipe");
    expect((await later.verdict).status).toBe("admitted");
    expect(second.logs.ofWriter(later.ref.writer)).toHaveLength(1);
  });

  it("R1 refuses what JSON cannot carry and what breaks a bound, and goes on", async () => {
    await using swarm = await createSwarm({ name: "bad", relay: false });
    const refusals: string[] = [];
    swarm.on("refused", ({ refusal }) => refusals.push(refusal.rule));
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    for (const context of [{ x: Number.NaN }, { x: 1n }, cyclic, { x: () => 1 }, { x: new Date() }]) {
      const receipt = await swarm.report({ problem: "p", mitigation: "m", context: context as never });
      expect(receipt.ok || receipt.refusal.rule).toBe("R1");
    }
    const long = await swarm.report({ problem: "p", mitigation: "m".repeat(100_000) });
    expect(long.ok || long.refusal.rule).toBe("L7");
    expect(long.ok || long.refusal.message).toMatch(/\d+ bytes/);
    expect(refusals).toEqual(["R1", "R1", "R1", "R1", "R1", "L7"]);
    expect(swarm.stats().refusals).toBe(6);
    expect((await (await reportOne(swarm, "a good one")).verdict).status).toBe("admitted");
  });

  it("custom signal types need a registration, which names their identity", async () => {
    await using swarm = await createSwarm({ name: "types", relay: false, signalTypes: { "ops/quota": ["service"] } });
    const custom = { problem: { fields: { service: "mail" } }, mitigation: "raise it" };
    const known = await swarm.report({ ...custom, type: "ops/quota" });
    expect(known.ok && (await known.verdict).status).toBe("admitted");
    const unknown = await swarm.report({ ...custom, type: "ops/other" });
    expect(unknown.ok && (await unknown.verdict)).toMatchObject({ status: "rejected", rule: "R1" });
  });

  it("R1 refuses a signal type that cannot be registered", async () => {
    const refusal = await refusalOf(createSwarm({ name: "bad", relay: false, signalTypes: { noslash: ["a"] } }));
    expect(refusal).toMatchObject({ rule: "R1" });
    expect(refusal.message).toContain("noslash");
  });

  it("an exception in a logger is isolated and counted like that of the handler it was told of", async () => {
    await using swarm = await createSwarm({
      name: "logger",
      relay: false,
      logger: () => {
        throw new Error("my logger broke");
      },
    });
    swarm.on("immunized", () => {
      throw new Error("my handler broke");
    });
    const next = nextImmunization(swarm);
    expect((await (await reportOne(swarm, "something else broke")).verdict).status).toBe("admitted");
    await next;
    expect(swarm.stats().handlerErrors).toBe(1);
  });

  it("an exception in a handler is isolated, logged and counted", async () => {
    const logged: string[] = [];
    await using swarm = await createSwarm({
      name: "handlers",
      relay: false,
      logger: ({ message }) => logged.push(message),
    });
    swarm.on("immunized", () => {
      throw new Error("my handler broke");
    });
    await (await reportOne(swarm, "something else broke")).verdict;
    expect(swarm.stats().handlerErrors).toBe(1);
    expect(logged.join()).toContain("my handler broke");
  });

  it("keeps keys and directory to its user", async () => {
    const dir = joinPath(await newDir(), "deep");
    await using swarm = await createSwarm({ name: "modes", dir, relay: false });
    expect(swarm.dir).toBe(dir);
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    for (const name of await readdir(joinPath(dir, "keys"))) {
      expect((await stat(joinPath(dir, "keys", name))).mode & 0o777).toBe(0o600);
    }
  });
});

describe("attempt", () => {
  it("passes errors of user code through unchanged", async () => {
    await using swarm = await createSwarm({ name: "errors", relay: false });
    const own = new RangeError("mine");
    const fail = (): never => {
      throw own;
    };
    await expect(swarm.attempt({}, fail)).rejects.toBe(own);
    const fromSolve = new TypeError("from solve");
    await expect(
      swarm.attempt({}, fail, {
        solve: () => {
          throw fromSolve;
        },
      }),
    ).rejects.toBe(fromSolve);
    await expect(swarm.attempt({}, fail, { solve: () => undefined })).rejects.toBe(own);
  });

  it("solves once, recalls afterwards, tells outcomes for and against, and tries the next best", async () => {
    await using swarm = await createSwarm({ name: "loop", relay: false });
    let cure = "";
    const run = (): string => {
      if (cure !== "right") throw new Error("the engine stalled");
      return "running";
    };
    const apply = (entry: { mitigation: { text: string } }): void => {
      cure = entry.mitigation.text;
    };
    const first = await swarm.attempt({}, run, {
      solve: () => {
        cure = "right";
        return { mitigation: "right" };
      },
    });
    expect(first).toBe("running");
    await expect.poll(() => swarm.stats().immunizations).toBe(1);
    const wrong = await swarm.report({ problem: new Error("the engine stalled"), mitigation: "wrong" });
    expect(wrong.ok && (await wrong.verdict).status).toBe("admitted");
    cure = "";
    let solved = 0;
    const solve = (): undefined => {
      solved += 1;
    };
    const again = await swarm.attempt({}, run, { apply, solve });
    expect([again, solved]).toEqual(["running", 0]);
    expect(swarm.stats().repeatsPrevented).toBe(1);
  });

  it("stops looking when the swarm learns the remedy meanwhile, and applies that", async () => {
    await using swarm = await createSwarm({ name: "learned", relay: false });
    let cured = false;
    const run = (): string => {
      if (!cured) throw new Error("the door is stuck");
      return "open";
    };
    const value = await swarm.attempt({}, run, {
      apply: (entry) => {
        cured = entry.mitigation.text === "push harder";
      },
      solve: (_error, { learned }) =>
        new Promise((resolve) => {
          learned.addEventListener("abort", () => resolve(undefined));
          void swarm
            .as("other")
            .then((other) => other.report({ problem: new Error("the door is stuck"), mitigation: "push harder" }));
        }),
    });
    expect(value).toBe("open");
  });
});

describe("joining", () => {
  it("one agent solves a problem, the other knows it, over a real socket; observers read only", async () => {
    await using swarm = await createSwarm({ name: "pair", dir: await newDir() });
    await using ada = await join(await swarm.invite(), { name: "ada", dir: await newDir() });
    await using watcher = await join(await swarm.invite({ role: "observer" }), { name: "watcher" });
    await Promise.all([ada.synced(), watcher.synced()]);
    const seen = nextImmunization(watcher);
    const receipt = await reportOne(ada, "no route to host 10.1.2.3");
    expect(await receipt.verdict).toMatchObject({ status: "admitted" });
    await seen;
    expect((await watcher.recall({ error: new Error("no route to host 10.9.9.9") })).entries).toHaveLength(1);
    expect(await refusalOf(watcher.report({ problem: "x", mitigation: "y" }))).toMatchObject({ rule: "A1" });
  });

  it("T1 tells what is wrong with a ticket: mangled, expired, of another swarm", async () => {
    await using swarm = await createSwarm({ name: "a", relay: false });
    await using other = await createSwarm({ name: "b", relay: false });
    const ticket = await swarm.invite();
    expect(await refusalOf(join(`${ticket.slice(0, 90)}x${ticket.slice(91)}`, { name: "m" }))).toMatchObject({
      rule: "T1",
    });
    expect(await refusalOf(join("hello", { name: "m" }))).toMatchObject({ rule: "T1" });
    const expired = await swarm.invite({ lifetimeMs: -600_000 });
    expect((await refusalOf(join(expired, { name: "m" }))).message).toContain("expired");
    const dir = await newDir();
    await (await join(ticket, { name: "m", dir })).close();
    const crossed = await refusalOf(join(await other.invite(), { name: "m", dir }));
    expect(crossed).toMatchObject({ rule: "T1" });
    expect(crossed.message).toMatch(/"b".*"a"/);
  });

  it("A3 a ticket that is used up is refused by canon, and the newcomer is told so", async () => {
    await using swarm = await createSwarm({ name: "uses" });
    const ticket = await swarm.invite({ uses: 1 });
    await using first = await join(ticket, { name: "first" });
    expect((await (await reportOne(first, "valve stuck")).verdict).status).toBe("admitted");
    const refusals: string[] = [];
    await using second = await join(ticket, { name: "second" });
    second.on("refused", ({ refusal }) => refusals.push(refusal.rule));
    // Said before it reports anything.
    await expect.poll(() => refusals).toEqual(["A3"]);
    expect(await (await reportOne(second, "pump stuck")).verdict).toMatchObject({ status: "rejected", rule: "A3" });
    expect(swarm.stats().immunizations).toBe(1);
  });

  it("A3 the newcomer that was refused is told so again after a restart", async () => {
    await using swarm = await createSwarm({ name: "uses" });
    const ticket = await swarm.invite({ uses: 1 });
    await using first = await join(ticket, { name: "first" });
    await (await reportOne(first, "valve stuck")).verdict;
    const dir = await newDir();
    const before = await join(ticket, { name: "second", dir });
    expect((await (await reportOne(before, "pump stuck")).verdict).status).toBe("rejected");
    await before.close();
    await using second = await openNode({ dir });
    expect(await (await reportOne(second, "pipe stuck")).verdict).toMatchObject({ status: "rejected", rule: "A3" });
  });

  it("A3 the newcomer that was refused is admitted with a new ticket, in the same directory", async () => {
    await using swarm = await createSwarm({ name: "uses" });
    const ticket = await swarm.invite({ uses: 1 });
    await using first = await join(ticket, { name: "first" });
    await (await reportOne(first, "valve stuck")).verdict;
    const dir = await newDir();
    const before = await join(ticket, { name: "second", dir });
    await before.as("helper");
    expect((await (await reportOne(before, "pump stuck")).verdict).status).toBe("rejected");
    await before.close();
    const after = await join(await swarm.invite({ uses: 1 }), { name: "second", dir });
    expect((await (await reportOne(after, "pipe stuck")).verdict).status).toBe("admitted");
    expect((await (await reportOne(await after.as("helper"), "tap stuck")).verdict).status).toBe("admitted");
    await after.close();
    await using again = await openNode({ dir });
    expect((await (await reportOne(again, "lid stuck")).verdict).status).toBe("admitted");
    expect(again.logs.ofWriter(again.id)).toHaveLength(2); // the new ticket was shown once
  });

  it("T1 an expired ticket never takes the place of the one that a directory holds", async () => {
    await using swarm = await createSwarm({ name: "late" });
    const dir = await newDir();
    const ticket = await swarm.invite({ lifetimeMs: 60_000 });
    await (await join(ticket, { name: "ada", dir, connect: false })).close();
    const expired = await swarm.invite({ lifetimeMs: -600_000 });
    expect((await refusalOf(join(expired, { name: "ada", dir, connect: false }))).message).toContain("expired");
    // The ticket with which this peer joined is no invitation any more, but its way back.
    const later = (): number => Date.now() + 3_600_000;
    await (await join(ticket, { name: "ada", dir, connect: false, now: later })).close();
    await using ada = await openNode({ dir });
    expect((await (await reportOne(ada, "the clock struck")).verdict).status).toBe("admitted");
  });

  it("A2 never makes a member of the directory that holds the orchestrator", async () => {
    const dir = await newDir();
    const first = await createSwarm({ name: "mine", dir, relay: false });
    const ticket = await first.invite({ addresses: ["ws://127.0.0.1:1"] });
    await first.close();
    const refusal = await refusalOf(join(ticket, { name: "ada", dir }));
    expect(refusal.rule).toBe("A2");
    expect(refusal.message).toContain(dir);
    await using again = await createSwarm({ name: "mine", dir, relay: false });
    expect(again.role).toBe("orchestrator");
  });

  it("leaves nothing running and nothing held when it cannot be opened", async () => {
    const dir = await newDir();
    const first = await createSwarm({ name: "whole", dir });
    const port = Number(new URL(first.addresses[0] ?? "").port);
    await first.close();
    const seed = joinPath(dir, "keys", "agent-whole.seed");
    const kept = await readFile(seed);
    await writeFile(seed, "garbage");
    await expect(createSwarm({ name: "whole", dir, relay: { port } })).rejects.toThrow(/is not a key/);
    await writeFile(seed, kept);
    // The port and the directory are free again.
    await using again = await createSwarm({ name: "whole", dir, relay: { port } });
    expect((await (await reportOne(again, "still here")).verdict).status).toBe("admitted");
  });

  it("synced rejects after close", async () => {
    await using swarm = await createSwarm({ name: "over" });
    const ada = await join(await swarm.invite(), { name: "ada" });
    await ada.close();
    await expect(ada.synced()).rejects.toThrow(/closed/);
  });

  it("everything local goes on while no relay can be reached, and arrives when one comes back", async () => {
    const dir = await newDir();
    let swarm = await createSwarm({ name: "away", dir });
    const port = Number(new URL(swarm.addresses[0] ?? "").port);
    await using ada = await join(await swarm.invite(), { name: "ada" });
    await ada.synced();
    await (await reportOne(ada, "before the outage")).verdict;
    await swarm.close();
    await expect.poll(() => ada.stats().connection).not.toBe("connected");
    const receipt = await reportOne(ada, "during the outage");
    expect(ada.pending).toBe(1);
    expect((await ada.recall({ error: new Error("before the outage") })).entries).toHaveLength(1);
    swarm = await createSwarm({ name: "away", dir, relay: { port } });
    expect((await receipt.verdict).status).toBe("admitted");
    await swarm.close();
  });

  it("waits again after a restart for verdicts on what was reported before it", async () => {
    const dir = await newDir();
    const swarmDir = await newDir();
    let swarm = await createSwarm({ name: "back", dir: swarmDir });
    const port = Number(new URL(swarm.addresses[0] ?? "").port);
    const ticket = await swarm.invite();
    await swarm.close();
    const before = await join(ticket, { name: "ada", dir });
    const receipt = await reportOne(before, "reported before the restart");
    await before.close();
    expect((await receipt.verdict).status).toBe("pending");
    await using after = await openNode({ dir });
    expect(after.pending).toBe(1);
    const verdicts: unknown[] = [];
    after.on("verdict", (verdict) => verdicts.push(verdict));
    swarm = await createSwarm({ name: "back", dir: swarmDir, relay: { port } });
    await expect.poll(() => verdicts).toMatchObject([{ status: "admitted", entry: receipt.id }]);
    expect(after.pending).toBe(0);
    await swarm.close();
  });

  it("R1 keeps the profile of a peer, and refuses what is none", async () => {
    await using swarm = await createSwarm({ name: "profile", relay: false });
    const ticket = await swarm.invite();
    const dir = await newDir();
    const profile = { domain: "payments", apis: ["stripe"] };
    await (await join(ticket, { name: "ada", dir, profile })).close();
    await (await join(ticket, { name: "ada", dir })).close();
    await using again = await openNode({ dir });
    expect(again.profile).toEqual(profile);
    const bad = { name: "bad", profile: { api: "stripe" } as object };
    expect(await refusalOf(join(ticket, bad))).toMatchObject({ rule: "R1", message: expect.stringContaining('"api"') });
  });

  it("A1 keeps the role that a directory has when a ticket gives less", async () => {
    await using swarm = await createSwarm({ name: "roles", relay: false });
    const dir = await newDir();
    await (await join(await swarm.invite(), { name: "ada", dir })).close();
    const weaker = await swarm.invite({ role: "observer" });
    expect(await refusalOf(join(weaker, { name: "ada", dir }))).toMatchObject({ rule: "A1" });
    await using again = await openNode({ dir });
    expect(again.role).toBe("agent");
  });

  it("R1 names what is missing in a call, and refuses names that no credential can carry", async () => {
    await using swarm = await createSwarm({ name: "args", relay: false });
    for (const call of [undefined, {}, { problem: "p" }, { mitigation: "m" }, { problem: null, mitigation: "m" }]) {
      const receipt = await swarm.report(call as never);
      expect(receipt.ok || receipt.refusal).toMatchObject({ rule: "R1" });
    }
    for (const entry of [undefined, null, {}, "no id"]) {
      const receipt = await swarm.outcome(entry as never, { success: true });
      expect(receipt.ok || receipt.refusal).toMatchObject({ rule: "R1" });
    }
    for (const name of ["", "x".repeat(300), "a\u0000b"])
      expect(await refusalOf(swarm.as(name))).toMatchObject({ rule: "R1" });
  });

  it("S1 S2 S3 says what is wrong with a directory", async () => {
    const dir = await newDir();
    expect(await refusalOf(openNode({ dir }))).toMatchObject({ rule: "S1" });
    await using swarm = await createSwarm({ name: "held", dir, relay: false });
    expect(await refusalOf(openNode({ dir }))).toMatchObject({ rule: "S2" });
    await swarm.close();
    const file = joinPath(dir, "peer.json");
    await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, "utf8")), format: 99 }));
    expect(await refusalOf(openNode({ dir }))).toMatchObject({ rule: "S3" });
    await writeFile(file, "{");
    expect(await refusalOf(openNode({ dir }))).toMatchObject({ rule: "S1" });
  });

  it("a port that is taken is named, and another is offered", async () => {
    await using swarm = await createSwarm({ name: "port" });
    const port = Number(new URL(swarm.addresses[0] ?? "").port);
    const refusal = await refusalOf(createSwarm({ name: "port2", relay: { port } }));
    expect(refusal.message).toContain(String(port));
    expect(refusal.message).toMatch(/Port \d+ is free/);
  });
});
