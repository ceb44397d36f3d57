/** One node a machine: started on demand, once, whoever asks; it ends by itself, and says in its log why it could not start. */
import { execFile, fork, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { askNode, ensureNode, httpFile, socketPath, stopNode } from "@herdmind/local/client";
import { afterEach, describe, expect, test } from "vitest";

const run = promisify(execFile);
const client = resolve(import.meta.dirname, "local-client-process.ts");

const dirs: string[] = [];
const makeDir = (): string => {
  const dir = mkdtempSync(join(tmpdir(), "herdmind-local-"));
  dirs.push(dir);
  return dir;
};
afterEach(async () => {
  for (const dir of dirs.splice(0).reverse()) {
    await stopNode(dir);
    rmSync(dir, { recursive: true, force: true });
  }
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Processes of nodes of a directory, as the system lists them. */
const nodesOf = (dir: string): readonly string[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8");
      } catch {
        return "";
      }
    })
    .filter((command) => command.includes("node-process.js") && command.includes(dir));

const hasPython = spawnSync("python3", ["--version"]).status === 0;

describe("the node of a machine", () => {
  test("fifty client processes at once make one node, and each is a writer of its own", {
    timeout: 120_000,
  }, async () => {
    const dir = makeDir();
    const names = Array.from({ length: 50 }, (_, i) => `client-${i}`);
    const seen = await Promise.all(
      names.map(async (name) => JSON.parse((await run(process.execPath, [client, dir, name])).stdout)),
    );
    expect(new Set(seen.map(({ pid }) => pid)).size).toBe(1);
    expect(seen.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(seen.map(({ verdict }) => verdict)).toEqual(names.map(() => "admitted"));
    expect(new Set(seen.map(({ writer }) => writer)).size).toBe(50);
    // No other process of this directory was left behind.
    expect(nodesOf(dir)).toHaveLength(1);
    const status = await askNode(socketPath(dir), "status", {});
    expect(status).toMatchObject({ ok: true, value: { immunizations: 50, pending: 0, swarmName: "machine" } });

    expect(await stopNode(dir)).toBe("stopped");
    await expect.poll(() => isAlive(seen[0].pid)).toBe(false);
    expect(existsSync(socketPath(dir))).toBe(false);
    expect(await stopNode(dir)).toBe("none");
    expect(statSync(join(dir, "node.log")).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(dir, "node.log"), "utf8")).toContain(`"event":"node.ending","message":"SIGTERM"`);
  });

  test("ends by itself when nobody uses it, and is started again with everything it knew", async () => {
    const dir = makeDir();
    const first = await ensureNode({ dir, create: "machine", idleMs: 300 });
    if (!first.ok) throw new Error(first.refusal.message);
    await askNode(first.value.socket, "report", { error: "the cellar is flooded", mitigation: "pump", waitMs: 5000 });
    await expect.poll(() => isAlive(first.value.pid)).toBe(false);
    const second = await ensureNode({ dir });
    if (!second.ok) throw new Error(second.refusal.message);
    expect(second.value).toMatchObject({ isNew: true, swarmName: "machine" });
    const known = await askNode(second.value.socket, "recall", { error: "the cellar is flooded" });
    expect(known).toMatchObject({ ok: true, value: { entries: [{ mitigation: { text: "pump" } }] } });
  });

  test("is found in a directory that is named from here, behind a link, by a path that is too long for a socket", {
    timeout: 60_000,
  }, async () => {
    const place = makeDir();
    mkdirSync(join(place, "real"));
    symlinkSync(join(place, "real"), join(place, "link"));
    const dir = join(place, "link", "long".repeat(30));
    dirs.push(dir);
    const named = await ensureNode({ dir: relative(process.cwd(), dir), create: "herd" });
    expect(named).toMatchObject({ ok: true, value: { isNew: true, swarmName: "herd" } });
    const known = await ensureNode({ dir });
    expect(known).toMatchObject({ ok: true, value: { isNew: false } });
  });

  test("S1 S4 says why it did not start, and names the log", async () => {
    const dir = makeDir();
    const none = await ensureNode({ dir });
    expect(none).toMatchObject({ ok: false, refusal: { message: expect.stringContaining("holds no peer yet") } });
    expect(none.ok ? "" : none.refusal.message).toContain(join(dir, "node.log"));
    writeFileSync(join(dir, "peer.json"), "{");
    const broken = await ensureNode({ dir });
    expect(broken).toMatchObject({ ok: false, refusal: { message: expect.stringContaining("peer.json") } });
    expect(existsSync(join(dir, "node.starting"))).toBe(false);
  });

  test("a starter that was killed blocks nobody", async () => {
    const dir = makeDir();
    const killed = fork(resolve(import.meta.dirname, "local-client-process.ts"), [dir, "x"], { stdio: "ignore" });
    const pid = killed.pid as number;
    killed.kill("SIGKILL");
    await expect.poll(() => isAlive(pid)).toBe(false);
    writeFileSync(join(dir, "node.starting"), String(pid));
    expect(await ensureNode({ dir, create: "machine" })).toMatchObject({ ok: true });
  });

  test("S4 a node that hangs is not waited for longer than was asked", async () => {
    const dir = makeDir();
    const node = await ensureNode({ dir, create: "machine" });
    if (!node.ok) throw new Error(node.refusal.message);
    process.kill(node.value.pid, "SIGSTOP");
    try {
      const asked = await ensureNode({ dir, patienceMs: 300 });
      expect(asked).toMatchObject({ ok: false, refusal: { rule: "S4", message: expect.stringContaining("node.log") } });
      expect(await stopNode(dir, 300)).toBe("hung");
    } finally {
      process.kill(node.value.pid, "SIGCONT");
    }
  });

  test("a starter whose number another program got after it was killed blocks nobody", async () => {
    const dir = makeDir();
    // This very process lives, and starts nothing: its turn was over a second ago.
    writeFileSync(join(dir, "node.starting"), `${process.pid} ${Date.now() - 1000}`);
    expect(await ensureNode({ dir, create: "machine" })).toMatchObject({ ok: true });
  });

  test("E8 does not end while a client holds a claim", async () => {
    const dir = makeDir();
    const node = await ensureNode({ dir, create: "machine", idleMs: 200 });
    if (!node.ok) throw new Error(node.refusal.message);
    const ask = (input: object) =>
      askNode(node.value.socket, "claim", { as: "ada", error: "the kiln is cold", ...input });
    expect(await ask({})).toMatchObject({ ok: true, value: { status: "yours" } });
    // Another one, whose clients went away later, has ended meanwhile.
    const other = await ensureNode({ dir: makeDir(), create: "machine", idleMs: 200 });
    if (!other.ok) throw new Error(other.refusal.message);
    await expect.poll(() => isAlive(other.value.pid)).toBe(false);
    expect(isAlive(node.value.pid)).toBe(true);
    await ask({ release: true });
    await expect.poll(() => isAlive(node.value.pid)).toBe(false);
  });

  test("S2 waits for a program that holds the directory for a moment", async () => {
    const dir = makeDir();
    const { createSwarm } = await import("herdmind");
    const swarm = await createSwarm({ name: "held", dir, relay: false });
    const waiting = ensureNode({ dir });
    await expect.poll(() => existsSync(join(dir, "node.log"))).toBe(true);
    await swarm.close();
    expect(await waiting).toMatchObject({ ok: true, value: { swarmName: "held" } });
  });
});

describe("claims of clients", () => {
  test("E8 one client's claim holds while it searches elsewhere; its report tells the others", async () => {
    const dir = makeDir();
    const node = await ensureNode({ dir, create: "machine" });
    if (!node.ok) throw new Error(node.refusal.message);
    const ask = (as: string, input: object) => askNode(node.value.socket, "claim", { as, ...input });
    const error = "the bridge to the depot is up";
    expect(await ask("ada", { error })).toMatchObject({ ok: true, value: { status: "yours" } });
    expect(await ask("ada", { error })).toMatchObject({ ok: true, value: { status: "yours" } });
    expect(await ask("ben", { error })).toMatchObject({ ok: true, value: { status: "taken" } });
    const waiting = ask("ben", { error, waitMs: 20_000 });
    await askNode(node.value.socket, "report", { as: "ada", error, mitigation: "lower it", waitMs: 5000 });
    expect(await waiting).toMatchObject({
      value: { status: "known", entries: [{ mitigation: { text: "lower it" } }] },
    });
    const other = "the ferry is late";
    expect(await ask("ada", { error: other })).toMatchObject({ value: { status: "yours" } });
    expect(await ask("ada", { error: other, release: true })).toMatchObject({ value: { status: "released" } });
    await expect.poll(async () => (await ask("ben", { error: other }))?.ok, { timeout: 5000 }).toBe(true);
    expect(await ask("ben", { error: other })).toMatchObject({ value: { status: "yours" } });
    expect(await askNode(node.value.socket, "claim", {})).toMatchObject({ ok: false, rule: "R1" });
  });
});

describe("over TCP", () => {
  const open = async () => {
    const dir = makeDir();
    const node = await ensureNode({ dir, create: "machine", http: 0 });
    if (!node.ok) throw new Error(node.refusal.message);
    const { url, token } = JSON.parse(readFileSync(httpFile(dir), "utf8")) as { url: string; token: string };
    return { dir, url, token };
  };

  test("T2 asks for the token, a name of its own, and no page of others", async () => {
    const { dir, url, token } = await open();
    expect(statSync(httpFile(dir)).mode & 0o777).toBe(0o600);
    expect(new URL(url).hostname).toBe("127.0.0.1");
    const post = (headers: Record<string, string>): Promise<number> =>
      new Promise((resolve, reject) => {
        const call = request(`${url}/v1/status`, { method: "POST", headers }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        call.on("error", reject);
        call.end("{}");
      });
    const good = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    expect(await post(good)).toBe(200);
    expect(await post({})).toBe(401);
    expect(await post({ authorization: `Bearer ${token}x` })).toBe(401);
    expect(await post({ authorization: `Basic ${token}` })).toBe(401);
    expect(await post({ ...good, host: "evil.example" })).toBe(403);
    expect(await post({ ...good, host: "127.0.0.1.evil.example:80" })).toBe(403);
    expect(await post({ ...good, origin: "https://evil.example" })).toBe(403);
    expect(await post({ ...good, origin: "null" })).toBe(403);
    expect(await post({ ...good, origin: url })).toBe(200);
    expect(await post({ ...good, host: "localhost:1" })).toBe(200);
    const page = await askNode(socketPath(dir), "dashboard", {});
    if (page?.ok !== true || !("code" in page.value)) throw new Error("no code for a page");
    expect(await post({ ...good, cookie: `herdmind-${new URL(url).port}=${page.value.code}` })).toBe(200);
    expect(readFileSync(join(dir, "node.log"), "utf8")).not.toContain(page.value.code);
    const leak = await fetch(`${url}/v1/status?token=${token}`, { method: "POST", body: "{}" });
    expect(leak.status).toBe(401);
    expect(readFileSync(join(dir, "node.log"), "utf8")).not.toContain(token);
  });

  test("a node that is up serves it when somebody asks, at the same place as last", async () => {
    const dir = makeDir();
    const node = await ensureNode({ dir, create: "machine" });
    if (!node.ok) throw new Error(node.refusal.message);
    const urlOf = () => (JSON.parse(readFileSync(httpFile(dir), "utf8")) as { url?: string }).url;
    expect(existsSync(httpFile(dir))).toBe(false);
    const asked = await ensureNode({ dir, http: 0 });
    expect(asked).toMatchObject({ ok: true, value: { pid: node.value.pid, isNew: false } });
    const first = urlOf() ?? "none";
    expect((await fetch(`${first}/v1/status`, { method: "POST", body: "{}" })).status).toBe(401);
    await stopNode(dir);
    // Who may listen there now is to be sent no token.
    await expect.poll(urlOf).toBeUndefined();
    await ensureNode({ dir });
    const page = await askNode(socketPath(dir), "dashboard", {});
    expect(page).toMatchObject({ ok: true, value: { url: first } });
    expect(await askNode(socketPath(dir), "dashboard", { end: "serving" })).toMatchObject({ value: { stopped: true } });
    expect(urlOf()).toBeUndefined();
    await expect(fetch(first)).rejects.toThrow();
  });

  test.runIf(hasPython)("a program in Python, with its standard library alone", async () => {
    const { dir } = await open();
    const readme = readFileSync(resolve(import.meta.dirname, "../../../packages/local/README.md"), "utf8");
    const program = /```python\n(.*?)```/s.exec(readme)?.[1];
    if (program === undefined) throw new Error("the README has no sample in Python");
    const { stdout } = await run("python3", ["-c", program], { env: { ...process.env, HERDMIND_HOME: dir } });
    expect(stdout).toBe("admitted\nask for port 0\n");
  });
});
