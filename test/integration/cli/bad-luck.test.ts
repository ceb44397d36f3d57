import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, request } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { createGenesis, createTicket, generateKey } from "@herdmind/protocol";
import { smallDisk } from "@herdmind/testing/small-disk";
import { createSwarm } from "herdmind";
import { describe, expect, test } from "vitest";
import { createMachine, documentOf, failureOf, startMember, startSwarm } from "./herdmind-command.ts";

describe("tickets", () => {
  test("T1 mangled: refused, exit 1, and no peer is made", async () => {
    using machine = createMachine();
    const { up } = await startSwarm(machine, machine.dir("root"));
    const at = up.ticket.length >> 1;
    const flipped = up.ticket.slice(0, at) + (up.ticket[at] === "A" ? "B" : "A") + up.ticket.slice(at + 1);
    for (const ticket of [flipped, up.ticket.slice(0, -9), "herdmind1.", "hello", `${up.ticket}ä`]) {
      const ended = await machine.run(["join", ticket, "--once", "--json", "--dir", machine.dir("m")]);
      expect([ticket, ended.code]).toEqual([ticket, 1]);
      expect(failureOf(ended)).toMatchObject({
        ok: false,
        rule: "T1",
        message: expect.stringContaining("ask for a new"),
      });
    }
    expect((await machine.run(["stats", "--dir", machine.dir("m")])).code).toBe(4);
  });

  test("T1 expired: said at once, with both times", async () => {
    using machine = createMachine();
    const root = await generateKey();
    const genesis = createGenesis("old", root.publicKey, new Uint8Array(16));
    const expiresAtMs = Date.now() - 3_600_000;
    const ticket = await createTicket(genesis, root, [], {
      role: "agent",
      addresses: [],
      nowMs: expiresAtMs - 1000,
      expiresAtMs,
    });
    const ended = await machine.run(["join", ticket, "--json", "--dir", machine.dir("m")]);
    expect(ended.code).toBe(1);
    expect(failureOf(ended)).toMatchObject({ rule: "T1", message: expect.stringMatching(/expired at .*clock says/) });
  });

  test("T1 of another swarm: the directory keeps the swarm it has", async () => {
    using machine = createMachine();
    const member = machine.dir("m");
    const [one, two] = [
      await startSwarm(machine, machine.dir("one"), "--name", "one"),
      await startSwarm(machine, machine.dir("two"), "--name", "two"),
    ];
    expect((await machine.run(["join", one.up.ticket, "--once", "--dir", member])).code).toBe(0);
    const ended = await machine.run(["join", two.up.ticket, "--once", "--json", "--dir", member]);
    expect(ended.code).toBe(1);
    expect(failureOf(ended).message).toMatch(/for swarm "two".*belongs to "one"/);
  });

  test("A3 used up: canon refuses the second newcomer, who is told so", async () => {
    using machine = createMachine();
    const root = machine.dir("root");
    await startSwarm(machine, root);
    const { ticket } = documentOf<{ ticket: string }>(
      await machine.run(["invite", "--uses", "1", "--json", "--dir", root]),
    );
    const join = (name: string) =>
      machine.run(["join", ticket, "--once", "--name", name, "--json", "--dir", machine.dir(name)]);
    expect((await join("first")).code).toBe(0);
    const late = await join("second");
    expect([late.code, failureOf(late)]).toMatchObject([1, { rule: "A3", message: expect.stringContaining("1 use") }]);
    const report = (name: string) =>
      machine.run([
        "report",
        "--text",
        `what ${name} met`,
        "--mitigation",
        "try again",
        "--json",
        "--dir",
        machine.dir(name),
      ]);
    expect(documentOf(await report("first"))).toMatchObject({ verdict: { status: "admitted" } });
    const second = await report("second");
    expect(second.code).toBe(1);
    expect(documentOf(second)).toMatchObject({
      verdict: { status: "rejected", rule: "A3", reason: expect.stringContaining("1 use") },
    });
    const again = await machine.run(["join", "--once", "--json", "--dir", machine.dir("second")]);
    expect([again.code, failureOf(again).rule]).toEqual([1, "A3"]);
    // As the message says: a new ticket, in the same directory.
    const fresh = documentOf<{ ticket: string }>(await machine.run(["invite", "--json", "--dir", root]));
    const joined = await machine.run(["join", fresh.ticket, "--once", "--json", "--dir", machine.dir("second")]);
    expect([joined.code, joined.stderr]).toEqual([0, ""]);
    expect(documentOf(await report("second"))).toMatchObject({ verdict: { status: "admitted" } });
  });
});

describe("the directory and the port", () => {
  test("T3 port taken: the error names it and offers a free one that works", async () => {
    using machine = createMachine();
    const taken = createServer();
    const port = await new Promise<number>((done) => {
      taken.listen(0, "127.0.0.1", () => done((taken.address() as { port: number }).port));
    });
    try {
      const ended = await machine.run(["up", "--port", String(port), "--json", "--dir", machine.dir("root")]);
      expect(ended.code).toBe(4);
      const { rule, message } = failureOf(ended);
      expect([rule, message]).toEqual(["T3", expect.stringContaining(`Port ${port} on 127.0.0.1 is taken`)]);
      const free = /Port (\d+) is free/.exec(message)?.[1] ?? "none";
      const node = machine.start(["up", "--port", free, "--json", "--dir", machine.dir("root")]);
      expect(JSON.parse(await node.line(/^\{/))).toMatchObject({ addresses: [`ws://127.0.0.1:${free}`] });
    } finally {
      taken.close();
    }
  });

  test("S2 up already: the node is named, and how to work with it", async () => {
    using machine = createMachine();
    const root = machine.dir("root");
    const { up } = await startSwarm(machine, root, "--name", "farm");
    const ended = await machine.run(["up", "--port", "0", "--json", "--dir", root]);
    expect(ended.code).toBe(4);
    expect(failureOf(ended)).toMatchObject({
      rule: "S2",
      message: expect.stringMatching(new RegExp(`"farm" is up already.*process ${up.pid}`)),
    });
  });

  test("S2 held by a program without a socket: the pid is named", async () => {
    using machine = createMachine();
    const dir = machine.dir("root");
    await using _ = await createSwarm({ name: "held", dir, relay: false });
    const ended = await machine.run(["stats", "--json", "--dir", dir]);
    expect(ended.code).toBe(4);
    expect(failureOf(ended)).toMatchObject({
      rule: "S2",
      message: expect.stringMatching(new RegExp(`process ${process.pid}.*socket`)),
    });
  });

  test("a socket file that a killed node left is no node", async () => {
    using machine = createMachine();
    const root = machine.dir("root");
    const { node } = await startSwarm(machine, root);
    node.signal("SIGKILL");
    await node.ended;
    expect((await machine.run(["stats", "--dir", root])).code).toBe(0);
    const again = await startSwarm(machine, root);
    expect((await again.node.interrupt()).code).toBe(0);
  });

  test("S3 a newer version: exit 4, nothing changed", async () => {
    using machine = createMachine();
    const root = machine.dir("root");
    const { node } = await startSwarm(machine, root);
    await node.interrupt();
    const file = join(root, "peer.json");
    const newer = JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), format: 99 });
    writeFileSync(file, newer);
    for (const command of [["stats"], ["up", "--port", "0"], ["join", "--once"]]) {
      const ended = await machine.run([...command, "--json", "--dir", root]);
      expect([command, ended.code, failureOf(ended).rule]).toEqual([command, 4, "S3"]);
    }
    expect(readFileSync(file, "utf8")).toBe(newer);
  });

  test("S4 read-only: exit 4, and what to do", async () => {
    using machine = createMachine();
    const small = smallDisk(64 * 1024 * 1024);
    if (small.ok) {
      using disk = small.disk;
      const root = join(disk.dir, "root");
      const { node } = await startSwarm(machine, root);
      await node.interrupt();
      disk.remount("ro");
      for (const command of [["stats"], ["up", "--port", "0"]]) {
        const ended = await machine.run([...command, "--json", "--dir", root]);
        expect([command, ended.code, failureOf(ended).rule]).toEqual([command, 4, "S4"]);
      }
      disk.remount("rw");
    } else if (process.getuid?.() !== 0) {
      const folder = machine.dir("closed");
      mkdirSync(folder);
      chmodSync(folder, 0o500);
      const ended = await machine.run(["up", "--port", "0", "--json", "--dir", join(folder, "root")]);
      expect([ended.code, failureOf(ended).rule]).toEqual([4, "S4"]);
    }
    // A parent that is no directory, which stops root as well.
    writeFileSync(machine.dir("file"), "");
    const ended = await machine.run(["up", "--port", "0", "--json", "--dir", join(machine.dir("file"), "root")]);
    expect([ended.code, failureOf(ended).rule]).toEqual([4, "S4"]);
  });
});

describe("the swarm is away", () => {
  test("everything local goes on; verdicts come when it is back", async () => {
    using machine = createMachine();
    const [root, member] = [machine.dir("root"), machine.dir("member")];
    const { node, up } = await startSwarm(machine, root);
    await startMember(machine, member, up.ticket, "bob");
    const watching = machine.start(["watch", "--json", "--dir", member]);
    await watching.line(/"watching"/);
    await machine.run([
      "report",
      "--text",
      "seen while it was up",
      "--mitigation",
      "turn it on",
      "--wait",
      "--dir",
      member,
    ]);
    expect((await node.interrupt()).code).toBe(0);
    await watching.line(/"state":"offline"/);
    const reported = documentOf(
      await machine.run([
        "report",
        "--text",
        "met in between",
        "--mitigation",
        "wait for it",
        "--json",
        "--dir",
        member,
      ]),
    );
    expect(reported).toMatchObject({ verdict: { status: "pending" } });
    expect((await machine.run(["recall", "--text", "seen while it was up", "--dir", member])).code).toBe(0);
    const { id } = reported as { id: string };
    const again = machine.start(["up", "--json", "--dir", root]);
    await again.line(/^\{/);
    expect(JSON.parse(await watching.line(new RegExp(`"verdict".*${id}`)))).toMatchObject({
      verdict: { status: "admitted", entry: id },
    });
  });

  test.each(["SIGINT", "SIGKILL"] as const)(
    "the node ends under a watcher by %s: exit 4, not silence",
    async (signal) => {
      using machine = createMachine();
      const root = machine.dir("root");
      const { node } = await startSwarm(machine, root);
      const watching = machine.start(["watch", "--dir", root]);
      await watching.line(/watching/);
      node.signal(signal);
      await node.ended;
      expect(await watching.ended).toMatchObject({ code: 4, stderr: expect.stringContaining("The node ended") });
    },
  );
});

describe("Ctrl-C", () => {
  test("a command that waits for its node ends with 130, and writes nothing", async () => {
    using machine = createMachine();
    const dir = machine.dir("root");
    mkdirSync(dir);
    // A node that takes the question and never answers: when it has it, the command is waiting.
    const silent = createHttpServer();
    const asked = once(silent, "request");
    silent.listen(join(dir, "node.sock"));
    try {
      await once(silent, "listening");
      const stuck = machine.start(["stats", "--json", "--dir", dir]);
      await asked;
      expect(await stuck.interrupt()).toEqual({ code: 130, stdout: "", stderr: "" });
    } finally {
      silent.close();
      silent.closeAllConnections();
    }
  });

  test("the second one forces the end, and the socket is gone even then", async () => {
    using machine = createMachine();
    const root = machine.dir("root");
    const node = machine.start(["up", "--port", "0", "--dir", root]);
    await node.line(/^Ctrl-C/);
    // A request that never ends holds the clean end up.
    const held = request({
      socketPath: join(root, "node.sock"),
      path: "/v1/stats",
      method: "POST",
      headers: { "content-length": 10 },
    });
    held.on("error", () => undefined);
    await new Promise<void>((sent) => held.write("{", () => sent()));
    node.signal("SIGINT");
    await node.line(/^ending/);
    expect((await node.interrupt()).code).toBe(130);
    expect(() => readFileSync(join(root, "node.sock"))).toThrow(/ENOENT/);
  });
});
