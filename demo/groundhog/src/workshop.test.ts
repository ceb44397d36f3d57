import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { remediesByName } from "./remedies.js";
import { runProgram } from "./run-program.js";
import { createWorkshop } from "./workshop.js";

const spec = (cause: string, seed = "s") => ({ id: "1.1", cause, seed });
const remedy = (name: string) => {
  const found = remediesByName.get(name);
  if (found === undefined) throw new Error(`no remedy ${name}`);
  return found;
};

test("a task is a function of its spec, whatever ran before", async () => {
  await using workshop = await createWorkshop({ dir: tmpdir() });
  const task = workshop.task(spec("json-trailing-comma"));
  const first = await task.run();
  const repaired = await task.run({ change: remedy("strip-trailing-commas").apply });
  const again = await workshop.task(spec("json-trailing-comma")).run();
  expect(repaired.ok).toBe(true);
  expect(first.ok || again.ok).toBe(false);
  if (!first.ok && !again.ok) expect(again.problem).toEqual(first.problem);
});

test("a name that was invented is none that the program has already", async () => {
  await using workshop = await createWorkshop({ dir: tmpdir() });
  // This seed invents `batch`.
  const result = await workshop.task(spec("long-argument", "x1")).run();
  expect(result.ok ? "no failure" : result.problem.error.message).toContain("E2BIG");
});

test("exit code 0 alone is no success: a program that is never run proves nothing", async () => {
  await using workshop = await createWorkshop({ dir: tmpdir() });
  const result = await workshop.task(spec("json-bom")).run({
    change: (plan) => {
      plan.command = ["true"];
    },
  });
  expect(result.ok).toBe(false);
});

test("nothing of the surrounding environment reaches a program", async () => {
  process.env.GROUNDHOG_PROBE = "seen";
  await using workshop = await createWorkshop({ dir: tmpdir() });
  const result = await workshop.task(spec("json-bom")).run({
    change: (plan) => {
      plan.command = ["sh", "-c", "echo [$GROUNDHOG_PROBE]; exit 1"];
    },
  });
  delete process.env.GROUNDHOG_PROBE;
  expect(result.ok).toBe(false);
  if (!result.ok) expect(result.failure.stdout).toBe("[]\n");
});

test("after a run its directory is gone and its server no longer listens", async () => {
  await using workshop = await createWorkshop({ dir: tmpdir() });
  let port = 0;
  await workshop.task(spec("port-in-use")).run({
    change: (plan) => {
      port = Number(plan.env.PORT);
    },
  });
  expect(await readdir(workshop.dir)).toEqual([]);
  const refused = await new Promise<string | undefined>((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket.destroy() && undefined));
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code));
  });
  expect(refused).toBe("ECONNREFUSED");
});

test("an abort ends the run with its reason and clears away", async () => {
  await using workshop = await createWorkshop({ dir: tmpdir() });
  const abort = new AbortController();
  const run = workshop
    .task(spec("slow-server"))
    .run({ signal: abort.signal, change: () => abort.abort(new Error("enough")) });
  await expect(run).rejects.toThrow("enough");
  expect(await readdir(workshop.dir)).toEqual([]);
});

test("disposing the workshop ends its runs and removes its folder", async () => {
  const workshop = await createWorkshop({ dir: tmpdir() });
  let started = (): void => undefined;
  const isRunning = new Promise<void>((resolve) => {
    started = resolve;
  });
  const run = workshop.task(spec("slow-server")).run({ change: () => started() });
  const rejected = expect(run).rejects.toThrow("the workshop is closed");
  await isRunning;
  await workshop[Symbol.asyncDispose]();
  await rejected;
  expect(existsSync(workshop.dir)).toBe(false);
});

// `close` comes when nobody holds the pipes any more, so a grandchild that lived on would keep this from ending.
test("an abort kills what the program has started, too", async () => {
  const abort = new AbortController();
  const command = ["sh", "-c", "sleep 60 & wait"];
  const run = runProgram({ dir: "/", command, cwd: "/", env: { PATH: "/usr/bin:/bin" } }, abort.signal);
  setImmediate(() => abort.abort(new Error("enough")));
  await expect(run).rejects.toThrow("enough");
});

test("endless output is bounded, and control characters are made visible", async () => {
  const plan = { dir: "/", cwd: "/", env: { PATH: "/usr/bin:/bin" } };
  const long = await runProgram({ ...plan, command: ["sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x; echo end"] });
  expect(long.stdout.length).toBeLessThan(17_000);
  expect(long.stdout).toMatch(/^x+\n\[\d+ bytes left out\]\nx+end\n$/);
  const control = await runProgram({ ...plan, command: ["printf", "\\033[31mred\\001"] });
  expect(control.stdout).toBe("\\x1b[31mred\\x01");
});

test("a program that cannot be started is a failure, not an exception", async () => {
  const end = await runProgram({ dir: "/", cwd: "/", env: {}, command: ["/no/such/program"] });
  expect(end.exitCode).toBe(null);
  expect(end.startError).toContain("ENOENT");
});
