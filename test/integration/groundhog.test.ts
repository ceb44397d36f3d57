/** The main job in small: real agent processes, real failing programs, its JSON, and a clean end on Ctrl-C. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("../../demo/groundhog/dist/main.js", import.meta.url));
const dirs: string[] = [];
const newDir = async (): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), "herdmind-groundhog-test-"));
  dirs.push(dir);
  return dir;
};
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL"); // of a test that failed in the middle
  await Promise.all(dirs.splice(0).map((dir) => rm(dir, { recursive: true, force: true })));
});

/** Each run has a TMPDIR of its own, so that what it leaves behind can be seen. */
const start = (tmp: string, args: readonly string[]): ChildProcess & { readonly output: () => string } => {
  const child = spawn(process.execPath, [program, ...args], { env: { ...process.env, TMPDIR: tmp } });
  children.push(child);
  let output = "";
  child.stdout.on("data", (part: Buffer) => {
    output += part.toString();
  });
  child.stderr.on("data", (part: Buffer) => {
    output += part.toString();
  });
  return Object.assign(child, { output: () => output });
};

describe("groundhog", () => {
  it("A2 L8 three agents share what they solve: nothing is lost, and no problem is solved twice", async () => {
    const dir = await newDir();
    const file = join(await newDir(), "result.json");
    const child = start(dir, ["--exit", "--json", file, "--seed", "7", "--agents", "3", "--tasks", "5"]);
    const [code] = (await once(child, "exit")) as [number | null];
    expect(child.output()).toContain("Sharing saved");
    expect(code).toBe(0);
    const result = JSON.parse(await readFile(file, "utf8")) as { readonly [key: string]: never };
    expect(result).toMatchObject({ seed: 7, agents: 3, tasks: 15, lost: 0 });
    const { swarm, isolated, acknowledged, canonical, problems } = result as unknown as {
      readonly swarm: {
        readonly attempts: number;
        readonly repeatedSolves: number;
        readonly immunizations: number;
        readonly propagationMs: object;
      };
      readonly isolated: { readonly attempts: number };
      readonly acknowledged: number;
      readonly canonical: number;
      readonly problems: number;
    };
    expect(canonical).toBe(acknowledged);
    expect(acknowledged).toBeGreaterThanOrEqual(15);
    // E8: agents that meet one problem at the same moment do not all search it.
    expect(swarm.repeatedSolves).toBe(0);
    expect(swarm.immunizations).toBe(problems);
    expect(swarm.attempts).toBeLessThan(isolated.attempts);
    expect(Object.keys(swarm.propagationMs)).toEqual(["p50", "p99", "max"]);
    expect(await readdir(dir)).toEqual([]);
  });

  it("L8 the relay is lost in the middle: the agents finish over the mesh, and nothing is lost", async () => {
    const file = join(await newDir(), "result.json");
    const args = [
      "--exit",
      "--json",
      file,
      "--seed",
      "7",
      "--agents",
      "3",
      "--tasks",
      "5",
      "--mesh",
      "--lose-relay",
      "4",
    ];
    const child = start(await newDir(), args);
    const [code] = (await once(child, "exit")) as [number | null];
    expect(child.output()).toContain("The relay is gone after 4 tasks");
    expect(code).toBe(0);
    const result = JSON.parse(await readFile(file, "utf8")) as {
      readonly [key: string]: number;
    } & { readonly swarm: { readonly repeatedSolves: number; readonly recallsThatWorked: number } };
    expect(result).toMatchObject({ tasks: 15, lost: 0 });
    expect(result.canonical).toBe(result.acknowledged);
    expect(result.swarm.repeatedSolves).toBe(0);
    expect(result.swarm.recallsThatWorked).toBeGreaterThan(0);
  });

  it("then stays up, with a dashboard that opens with the code on screen", async () => {
    const dir = await newDir();
    const child = start(dir, ["--seed", "7", "--agents", "1", "--tasks", "1"]);
    await expect.poll(() => child.output(), { timeout: 60_000 }).toContain("Join it with this ticket");
    const [, url = "", code = ""] = /dashboard +(\S+)\s+code +(\S+)/.exec(child.output()) ?? [];
    expect(await (await fetch(url)).text()).toContain("<title>Herdmind");
    const headers = { "content-type": "application/json", "herdmind-page": "k".repeat(43) };
    const signIn = { method: "POST", headers, body: JSON.stringify({ code }) };
    expect((await fetch(`${url}/session`, signIn)).status).toBe(204);
    expect((await fetch(`${url}/session`, signIn)).status).toBe(401); // it is good once
    child.kill("SIGINT");
    const [ended] = (await once(child, "exit")) as [number | null];
    expect(ended).toBe(0);
    expect(await readdir(dir)).toEqual([]);
  });

  it("ends cleanly on Ctrl-C: no process and no directory stays", async () => {
    const dir = await newDir();
    const child = start(dir, ["--seed", "7", "--agents", "2", "--tasks", "20"]);
    await expect.poll(() => child.output(), { timeout: 60_000 }).toContain("10/40 tasks solved");
    child.kill("SIGINT");
    const [code] = (await once(child, "exit")) as [number | null];
    expect(code).toBe(130);
    expect(child.output()).toContain("Stopped");
    expect(await readdir(dir)).toEqual([]);
  });

  it("says what is wrong with its arguments", async () => {
    for (const [args, said] of [
      [["--seed", "many"], "--seed takes a whole number"],
      [["--tasks", "30"], "--tasks takes at most 24"],
      [["--nonsense"], "--nonsense"],
    ] as const) {
      const child = start(await newDir(), args);
      const [code] = (await once(child, "exit")) as [number | null];
      expect(code).toBe(2);
      expect(child.output()).toContain(said);
    }
  });
});
