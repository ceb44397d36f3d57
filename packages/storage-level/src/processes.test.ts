/** What only several processes show: a kill in the middle of appending, and who holds the directory. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { sampleBytes, sampleHash, sampleLog, unwrap } from "@herdmind/testing";
import { describe, expect, it } from "vitest";
import { openLevelStorage } from "./index.js";

const LOGS = [sampleLog(1), sampleLog(2), sampleLog(3)];

const start = (mode: string, dir: string): { readonly child: ChildProcess; readonly lines: AsyncIterable<string> } => {
  const script = join(import.meta.dirname, "appending-process.mjs");
  const child = spawn(process.execPath, [script, mode, dir], { stdio: ["pipe", "pipe", "inherit"] });
  return { child, lines: createInterface({ input: child.stdout as NodeJS.ReadableStream }) };
};
const exit = (child: ChildProcess): Promise<unknown> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once("exit", resolve));

const onDirectory = async (test: (dir: string) => Promise<void>): Promise<void> => {
  const dir = await mkdtemp(join(tmpdir(), "herdmind-process-"));
  try {
    await test(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
};

describe("processes", { timeout: 60_000 }, () => {
  it("L8 has everything acknowledged after kill -9 while appending, and heads agree with blocks", () =>
    onDirectory(async (dir) => {
      const acknowledged = [0, 0, 0];
      for (let round = 0; round < 8; round++) {
        const { child, lines } = start("append", dir);
        let left = 20 + round * 37;
        // Lines that were said before the kill are still read after it.
        for await (const line of lines) {
          const [log, length] = JSON.parse(line) as [number, number];
          acknowledged[log] = length;
          left -= 1;
          if (left === 0) child.kill("SIGKILL");
        }
        await exit(child);
        expect(child.signalCode).toBe("SIGKILL");
        const storage = unwrap(await openLevelStorage(dir));
        expect([storage.origin, storage.repairs]).toEqual(["created-here", []]);
        const heads = unwrap(await storage.heads());
        expect(heads.length).toBe(3);
        for (const [i, log] of LOGS.entries()) {
          const head = heads.find(({ writer }) => writer === log.writer);
          const length = head?.length ?? 0;
          expect(length).toBeGreaterThanOrEqual(acknowledged[i] as number);
          expect(head?.hash).toBe(sampleHash(length));
          const blocks = unwrap(await storage.read(log, 0, length + 10));
          expect(blocks.length).toBe(length);
          for (const [n, block] of blocks.entries()) {
            expect(Buffer.compare(block, sampleBytes(i * 1_000_003 + n, 100 + (n % 900)))).toBe(0);
          }
        }
        await storage.close();
      }
    }));

  it("L8 names the process that holds the directory, and opens when it is gone", () =>
    onDirectory(async (dir) => {
      const { child, lines } = start("hold", dir);
      for await (const line of lines) {
        expect(line).toBe('"held"');
        break;
      }
      const answer = await openLevelStorage(dir);
      expect(answer).toMatchObject({ ok: false, fault: { kind: "held", pid: child.pid } });
      if (!answer.ok)
        expect(answer.fault.message).toMatch(new RegExp(`${dir} is held by process ${child.pid}: stop it`));
      child.kill("SIGKILL");
      await exit(child);
      expect((await readFile(join(dir, "holder"), "utf8")).split("\n")[0]).toBe(`${child.pid}`);
      const storage = unwrap(await openLevelStorage(dir));
      expect((await readFile(join(dir, "holder"), "utf8")).split("\n")[0]).toBe(`${process.pid}`);
      await storage.close();
      await expect(stat(join(dir, "holder"))).rejects.toThrow(/ENOENT/);
    }));

  it("does not name a dead process, nor believe a mangled holder file", () =>
    onDirectory(async (dir) => {
      const { child, lines } = start("hold", dir);
      for await (const _ of lines) break;
      child.kill("SIGKILL");
      await exit(child);
      const storage = unwrap(await openLevelStorage(dir));
      for (const text of [`${child.pid}\n${hostname()}\n`, "", "-1\n", "12 34\n", "\u0000"]) {
        await writeFile(join(dir, "holder"), text);
        const answer = await openLevelStorage(dir);
        expect(answer).toMatchObject({ ok: false, fault: { kind: "held" } });
        expect(answer.ok ? "" : answer.fault).not.toHaveProperty("pid");
      }
      await writeFile(join(dir, "holder"), "77\nelsewhere\n");
      const answer = await openLevelStorage(dir);
      expect(answer.ok ? "" : answer.fault.message).toMatch(/held by process 77 on elsewhere/);
      await storage.close();
    }));

  it("keeps the database to its user (0700), also in a directory that is not", () =>
    onDirectory(async (dir) => {
      const storage = unwrap(await openLevelStorage(join(dir, "deep", "data")));
      for (const path of ["deep", "deep/data", "deep/data/level"]) {
        expect((await stat(join(dir, path))).mode & 0o777).toBe(0o700);
      }
      expect((await stat(join(dir, "deep/data/holder"))).mode & 0o777).toBe(0o600);
      await storage.close();
    }));
});
