/** A disk that really runs full or read-only: a small tmpfs where that may be mounted, else a limit on file sizes. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Storage } from "@herdmind/log";
import { sampleBytes, sampleHash, sampleLog, unwrap } from "@herdmind/testing";
import { type SmallDisk, smallDisk } from "@herdmind/testing/small-disk";
import { describe, expect, it } from "vitest";
import { openLevelStorage } from "./index.js";

const MIB = 1024 * 1024;
const log = sampleLog(1);
const block = (n: number) => sampleBytes(n, 3000);
const append = (storage: Storage, n: number) =>
  storage.appendBatch({
    appends: [{ log, from: n, blocks: [block(n)], hash: sampleHash(n + 1) }],
    meta: [{ key: "length", value: new TextEncoder().encode(`${n + 1}`) }],
  });
const expectLength = async (storage: Storage, length: number) => {
  expect(unwrap(await storage.heads())).toEqual([{ ...log, length, hash: sampleHash(length) }]);
  expect(new TextDecoder().decode(unwrap(await storage.meta("length")))).toBe(`${length}`);
  const blocks = unwrap(await storage.read(log, 0, length + 9));
  expect(blocks.length).toBe(length);
  for (const [n, held] of blocks.entries()) expect(Buffer.compare(held, block(n))).toBe(0);
};

const mounts = ((): boolean => {
  const tried = smallDisk(MIB);
  if (!tried.ok) {
    console.info(
      `no small disk can be mounted here (${tried.reason}): a limit on file sizes and injected faults stand in`,
    );
    return false;
  }
  tried.disk[Symbol.dispose]();
  return true;
})();
const limits = spawnSync("prlimit", ["--version"]).status === 0;
if (!limits) console.info("prlimit is missing here: only the small disk and injected faults show a full disk");

const withDisk = async (bytes: number, test: (disk: SmallDisk) => Promise<void>): Promise<void> => {
  const made = smallDisk(bytes);
  if (!made.ok) throw new Error(made.reason);
  using disk = made.disk;
  await test(disk);
};

describe("full disk", { timeout: 60_000 }, () => {
  if (mounts) {
    // The write fails in the log file (a few pages left), or in a table when the write buffer is flushed (4 MiB and more).
    it.each([20_000, 60_000, 300_000, 1_500_000, 4.5 * MIB, 6 * MIB, 7.5 * MIB])(
      "L8 answers `full` with %d bytes left, keeps what was acknowledged, and goes on when there is room",
      (leave) =>
        withDisk(24 * MIB, async (disk) => {
          const dir = join(disk.dir, "data");
          const storage = unwrap(await openLevelStorage(dir));
          let length = 0;
          while (length < 20) unwrap(await append(storage, length++));
          for (let round = 0; round < 2; round++) {
            disk.fill(leave);
            for (let full = false; !full; ) {
              const answer = await append(storage, length);
              if (answer.ok) length += 1;
              else {
                expect(answer.fault).toMatchObject({ kind: "full", message: expect.stringContaining(dir) });
                full = true;
              }
            }
            for (let tries = 0; tries < 3; tries++) {
              const answer = await append(storage, length);
              expect(answer.ok ? "ok" : answer.fault.kind).toBe("full");
              await expectLength(storage, length);
            }
            disk.free();
            for (let more = 0; more < 30; more++) unwrap(await append(storage, length++));
            await expectLength(storage, length);
          }
          await storage.close();
          const reopened = unwrap(await openLevelStorage(dir));
          expect([reopened.origin, reopened.repairs]).toEqual(["created-here", []]);
          await expectLength(reopened, length);
          await reopened.close();
        }),
    );

    it("answers calls that waited behind the failed one with `full` too, and takes them again later", () =>
      withDisk(8 * MIB, async (disk) => {
        const storage = unwrap(await openLevelStorage(join(disk.dir, "data")));
        unwrap(await append(storage, 0));
        disk.fill(30_000);
        const calls = Array.from({ length: 60 }, (_, i) => append(storage, i + 1));
        const answers = await Promise.all(calls);
        const kept = 1 + answers.filter((answer) => answer.ok).length;
        expect(answers.slice(kept - 1).every((answer) => !answer.ok && answer.fault.kind === "full")).toBe(true);
        expect(kept).toBeLessThan(61);
        await expectLength(storage, kept);
        // Now the first of them fails alone, while the others wait: they continue it, and are no bugs.
        const behind = await Promise.all(Array.from({ length: 5 }, (_, i) => append(storage, kept + i)));
        expect(behind.map((answer) => (answer.ok ? "ok" : answer.fault.kind))).toEqual(Array(5).fill("full"));
        await expectLength(storage, kept);
        disk.free();
        for (let n = kept; n < 61; n++) unwrap(await append(storage, n));
        await expectLength(storage, 61);
        await storage.close();
      }));

    it("answers `full` when it is opened on a full disk, and opens when there is room", () =>
      withDisk(8 * MIB, async (disk) => {
        const dir = join(disk.dir, "data");
        disk.fill();
        const fresh = await openLevelStorage(dir);
        expect(fresh.ok ? "ok" : fresh.fault.kind).toBe("full");
        disk.free();
        const storage = unwrap(await openLevelStorage(dir));
        unwrap(await append(storage, 0));
        await storage.close();
        disk.fill();
        const again = await openLevelStorage(dir);
        expect(again.ok ? "ok" : again.fault.kind).toBe("full");
        disk.free();
        const reopened = unwrap(await openLevelStorage(dir));
        await expectLength(reopened, 1);
        expect(reopened.originOf(log)).toBe("created-here");
        await reopened.close();
      }));

    it("answers `read-only` on a medium that is, and opens when it is not", () =>
      withDisk(8 * MIB, async (disk) => {
        const dir = join(disk.dir, "data");
        const storage = unwrap(await openLevelStorage(dir));
        unwrap(await append(storage, 0));
        await storage.close();
        disk.remount("ro");
        for (const path of [dir, join(disk.dir, "other")]) {
          const answer = await openLevelStorage(path);
          expect(answer.ok ? "ok" : answer.fault).toMatchObject({
            kind: "read-only",
            message: expect.stringContaining(path),
          });
        }
        disk.remount("rw");
        const reopened = unwrap(await openLevelStorage(dir));
        expect(reopened.origin).toBe("created-here");
        await expectLength(reopened, 1);
        await reopened.close();
      }));
  }

  if (limits) {
    it("L8 answers `full` at a limit on file sizes, and goes on when it is lifted", async () => {
      const dir = await mkdtemp(join(tmpdir(), "herdmind-limit-"));
      const script = join(import.meta.dirname, "appending-process.mjs");
      const said: unknown = JSON.parse(execFileSync(process.execPath, [script, "limit", dir], { encoding: "utf8" }));
      if (said === "unlimited") {
        console.info("prlimit is refused here: only the small disk and injected faults show a full disk");
      } else {
        const { full, again, acknowledged, readable } = said as Record<string, unknown>;
        expect([full, again]).toMatchObject([{ kind: "full" }, { kind: "full" }]);
        expect(acknowledged).toBeGreaterThan(50);
        expect(readable).toBe(acknowledged);
        const storage = unwrap(await openLevelStorage(dir));
        expect(unwrap(await storage.read(log, 0, 1e6)).length).toBe((acknowledged as number) + 30);
        await storage.close();
      }
      await rm(dir, { recursive: true });
    });
  }
});
