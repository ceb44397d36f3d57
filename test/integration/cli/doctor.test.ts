import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Diagnosis } from "@herdmind/local/client";
import { describe, expect, test } from "vitest";
import { createMachine, documentOf, type Ended, startMember, startSwarm } from "./herdmind-command.ts";

const states = (ended: Ended): { readonly [name: string]: string } =>
  Object.fromEntries((JSON.parse(ended.stdout) as Diagnosis).checks.map(({ name, state }) => [name, state] as const));

describe("herdmind doctor", () => {
  test("names every link, and its canary crosses the swarm and comes back", async () => {
    using machine = createMachine();
    const [root, member] = [machine.dir("root"), machine.dir("member")];
    const { up } = await startSwarm(machine, root);
    await startMember(machine, member, up.ticket, "bob");
    const ended = await machine.run(["doctor", "--json", "--dir", member]);
    expect(ended.code).toBe(0);
    const found = documentOf<Diagnosis>(ended);
    expect(found).toMatchObject({ isWell: true, canaryMs: expect.any(Number) });
    expect(found.checks.map(({ name, state }) => `${name} ${state}`)).toEqual(
      [
        "version",
        "directory",
        "free space",
        "keys",
        "node",
        "disk",
        "connection",
        "canon",
        "membership",
        "orchestrator",
        "clock",
        "canary",
      ].map((name) => `${name} ok`),
    );
    // Canaries of everybody are one entry, and errors do not find it.
    expect((await machine.run(["doctor", "--dir", root])).stdout).toContain("Everything works.");
    const canon = await machine.run(["inspect", "canon", "--json", "--dir", root]);
    expect(JSON.parse(canon.stdout).entries).toHaveLength(1);
    expect((await machine.run(["recall", "a report does not cross the swarm", "--json", "--dir", member])).code).toBe(
      3,
    );
  });

  test("a node that hangs is a link that fails, and holds up no other command that needs its directory", async () => {
    using machine = createMachine();
    const root = machine.dir("root");
    const { up } = await startSwarm(machine, root);
    process.kill(up.pid, "SIGSTOP");
    try {
      const ended = await machine.run(["doctor", "--patience", "1", "--json", "--dir", root]);
      expect(JSON.parse(ended.stdout)).toMatchObject({ isWell: false, firstFailure: "node" });
      const again = await machine.run(["up", "--dir", root]);
      expect([again.code, again.stderr]).toEqual([4, expect.stringContaining("S2")]);
    } finally {
      process.kill(up.pid, "SIGCONT");
    }
  });

  test("the first link that fails: no peer, open keys, no connection, no keys", { timeout: 60_000 }, async () => {
    using machine = createMachine();
    const [root, member] = [machine.dir("root"), machine.dir("member")];
    const none = await machine.run(["doctor", "--json", "--dir", member]);
    expect(none.code).toBe(4);
    expect(documentOf<Diagnosis>({ ...none, code: 0 })).toMatchObject({ isWell: false, firstFailure: "directory" });

    const { node, up } = await startSwarm(machine, root);
    expect((await machine.run(["join", up.ticket, "--once", "--dir", member])).code).toBe(0);
    chmodSync(join(member, "keys", "peer.seed"), 0o644);
    const open = await machine.run(["doctor", "--json", "--dir", member]);
    expect(JSON.parse(open.stdout)).toMatchObject({ firstFailure: "keys" });
    chmodSync(join(member, "keys", "peer.seed"), 0o600);

    await node.interrupt();
    const alone = await machine.run(["doctor", "--patience", "1", "--json", "--dir", member]);
    expect(JSON.parse(alone.stdout)).toMatchObject({ isWell: false, firstFailure: "connection" });
    expect(states(alone)).toMatchObject({ disk: "ok", connection: "failed", canon: "skipped", canary: "skipped" });
    const said = await machine.run(["doctor", "--patience", "1", "--dir", member]);
    expect(said.stdout).toMatch(/The first link that fails: connection\. .*herdmind up/);
    expect(said.code).toBe(4);

    rmSync(join(member, "keys"), { recursive: true });
    mkdirSync(join(member, "keys"), { mode: 0o700 });
    const keyless = await machine.run(["doctor", "--json", "--dir", member]);
    expect(JSON.parse(keyless.stdout)).toMatchObject({ firstFailure: "keys" });
  });
});
