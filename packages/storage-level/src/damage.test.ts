/** Damaged files: opening never throws, names what it repaired, and never passes a loss off as `created-here`. */
import { cp, mkdtemp, readdir, readFile, rm, stat, truncate, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LogId, logKey } from "@herdmind/protocol";
import { sampleBytes, sampleHash, sampleLog, unwrap } from "@herdmind/testing";
import { ClassicLevel } from "classic-level";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { type LevelStorage, openLevelStorage } from "./index.js";
import { blockKey, headKey, logPrefix } from "./keys.js";

const LOGS = [0, 1, 2].map((n) => sampleLog(60 + n));
const LENGTH = 120;
const block = (log: number, n: number) => sampleBytes(log * 1000 + n, 1500);

/** A directory with tables and a log file: half of each log was flushed by reopening. */
const fill = async (dir: string): Promise<void> => {
  for (const [from, to] of [
    [0, LENGTH / 2],
    [LENGTH / 2, LENGTH],
  ] as const) {
    const storage = unwrap(await openLevelStorage(dir));
    for (let n = from; n < to; n += 4) {
      const appends = LOGS.map((log, i) => ({
        log,
        from: n,
        blocks: [0, 1, 2, 3].map((k) => block(i, n + k)),
        hash: sampleHash(n + 4),
      }));
      unwrap(
        await storage.appendBatch({ appends, meta: [{ key: "n", value: Uint8Array.of(n) }], proofs: [block(9, n)] }),
      );
    }
    await storage.close();
  }
};

const filled = (async () => {
  const dir = await mkdtemp(join(tmpdir(), "herdmind-damage-"));
  await fill(dir);
  return dir;
})();

afterAll(async () => rm(await filled, { recursive: true }));

/** Damages a filled directory in place (the witness stays the same file) and hands it to the test. */
const onDamaged = async (
  damage: (level: string) => Promise<void>,
  test: (dir: string) => Promise<void>,
): Promise<void> => {
  const dir = await mkdtemp(join(tmpdir(), "herdmind-damage-"));
  try {
    const storage = unwrap(await openLevelStorage(dir));
    await storage.close();
    await rm(join(dir, "level"), { recursive: true });
    await cp(join(await filled, "level"), join(dir, "level"), { recursive: true });
    // The copy is made to be this directory's own: its record of origin is the one of the opening above.
    const level = new ClassicLevel<string, string>(join(dir, "level"));
    const record = JSON.parse((await level.get("o")) as string) as Record<string, unknown>;
    const witness = (await readdir(dir)).find((name) => name.startsWith("origin-")) as string;
    const { dev, ino, birthtimeNs } = await stat(join(dir, witness), { bigint: true });
    await level.put(
      "o",
      JSON.stringify({ ...record, witness, device: `${dev}`, inode: `${ino}`, born: `${birthtimeNs}` }),
    );
    await level.close();
    await damage(join(dir, "level"));
    await test(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
};

/** Reads everything; answers how many of the acknowledged blocks are there and right. Nothing may throw. */
const survey = async (storage: LevelStorage): Promise<number> => {
  let right = 0;
  const heads = unwrap(await storage.heads());
  for (const [i, log] of LOGS.entries()) {
    const held = heads.find((head) => logKey(head) === logKey(log));
    const answer = await storage.read(log, 0, 1e6);
    if (!answer.ok) {
      expect(answer.fault).toMatchObject({ kind: "io", message: expect.stringMatching(/damaged|failed/) });
      continue;
    }
    expect(answer.value.length).toBeLessThanOrEqual(held?.length ?? 0);
    for (const [n, bytes] of answer.value.entries()) if (Buffer.compare(bytes, block(i, n)) === 0) right += 1;
  }
  await storage.meta("n");
  await storage.proofs();
  return right;
};
const ALL = LOGS.length * LENGTH;

describe("damage", { timeout: 120_000 }, () => {
  it("finds everything when nothing is damaged", () =>
    onDamaged(
      async () => undefined,
      async (dir) => {
        const storage = unwrap(await openLevelStorage(dir));
        expect([await survey(storage), storage.origin, storage.repairs]).toEqual([ALL, "created-here", []]);
        await storage.close();
      },
    ));

  const kinds = ["log", "ldb", "MANIFEST", "CURRENT"];
  const changes = ["flip a byte", "flip 64 bytes", "cut", "empty", "delete", "append junk"];
  it("survives any damage to any file: it opens or says why, never throws, takes new logs, and keeps them", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...kinds),
        fc.constantFrom(...changes),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.nat(1000),
        async (kind, change, place, pick) => {
          const damage = async (level: string): Promise<void> => {
            const files = (await readdir(level)).filter((name) => name.includes(kind)).sort();
            const file = join(level, files[pick % files.length] as string);
            const bytes = await readFile(file);
            const at = Math.floor(place * bytes.length);
            if (change === "cut") await truncate(file, at);
            else if (change === "empty") await truncate(file, 0);
            else if (change === "delete") await unlink(file);
            else if (change === "append junk") await writeFile(file, Buffer.concat([bytes, sampleBytes(pick, 200)]));
            else {
              for (let i = at; i < Math.min(bytes.length, at + (change === "flip a byte" ? 1 : 64)); i++) {
                bytes[i] = (bytes[i] as number) ^ (1 + (pick % 255));
              }
              await writeFile(file, bytes);
            }
          };
          await onDamaged(damage, async (dir) => {
            const opened = await openLevelStorage(dir);
            if (!opened.ok) {
              expect(opened.fault).toMatchObject({ kind: "io", message: expect.stringContaining(dir) });
              throw new Error(`not opened: ${opened.fault.message}`);
            }
            const storage = opened.value;
            await survey(storage);
            const fresh = sampleLog(99);
            unwrap(
              await storage.appendBatch({
                appends: [{ log: fresh, from: 0, blocks: [block(5, 1)], hash: sampleHash(1) }],
              }),
            );
            if (storage.repairs.length > 0) expect(storage.origin).toBe("moved");
            await storage.close();
            const again = unwrap(await openLevelStorage(dir));
            expect(unwrap(await again.read(fresh, 0, 9)).map((bytes) => bytes.length)).toEqual([1500]);
            const held = new Set(unwrap(await again.heads()).map(logKey));
            expect(again.originOf(fresh)).toBe(again.repairs.length > 0 ? "moved" : "created-here");
            const repairs = [...storage.repairs, ...again.repairs];
            for (const log of LOGS)
              if (repairs.length > 0 && held.has(logKey(log))) expect(again.originOf(log)).toBe("moved");
            const last = await survey(again);
            await again.close();
            // What damage left unread for the time being was repaired by the reopening, or is gone for good.
            const once = unwrap(await openLevelStorage(dir));
            expect(await survey(once)).toBeGreaterThanOrEqual(last);
            await once.close();
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  it("L8 notices acknowledged records that LevelDB drops without a word from the middle of its log file", () =>
    onDamaged(
      async (level) => {
        // A log file of this size has several 32 KiB blocks; the flipped bytes are in the first.
        const storage = new ClassicLevel<string, string>(level);
        await storage.open();
        for (let n = 0; n < 200; n++) await storage.put(`m\u0000${n}`, "y".repeat(1000), { sync: true });
        await storage.close();
        const file = join(level, (await readdir(level)).find((name) => name.endsWith(".log")) as string);
        const bytes = await readFile(file);
        for (let i = 5000; i < 5010; i++) bytes[i] = (bytes[i] as number) ^ 0xff;
        await writeFile(file, bytes);
      },
      async (dir) => {
        const storage = unwrap(await openLevelStorage(dir));
        expect(storage.repairs.join()).toMatch(/LevelDB dropped damaged records: .*dropping \d+ bytes/);
        expect([storage.origin, storage.originOf(LOGS[0] as LogId)]).toEqual(["moved", "moved"]);
        await storage.close();
        const again = unwrap(await openLevelStorage(dir));
        expect([again.repairs, again.originOf(LOGS[0] as LogId)]).toEqual([[], "moved"]);
        await again.close();
      },
    ));

  it("reads what can be read around a damaged stretch of a table, and repairs at the next opening", () =>
    onDamaged(
      async (level) => {
        const file = join(level, (await readdir(level)).filter((name) => name.endsWith(".ldb")).sort()[0] as string);
        const bytes = await readFile(file);
        bytes[0] = (bytes[0] as number) ^ 1;
        await writeFile(file, bytes);
      },
      async (dir) => {
        const storage = unwrap(await openLevelStorage(dir));
        const found = await Promise.all(LOGS.map((log) => storage.read(log, 0, 1000)));
        expect(found.map((answer) => (answer.ok ? "ok" : answer.fault.kind))).toEqual(["ok", "ok", "ok"]);
        const lengths = found.map((answer) => unwrap(answer).length);
        expect(lengths.filter((length) => length === LENGTH).length).toBe(2);
        const hurt = LOGS[lengths.findIndex((length) => length < LENGTH)] as LogId;
        expect(unwrap(await storage.read(hurt, LENGTH / 2, 1000)).length).toBe(LENGTH / 2);
        await storage.close();
        const again = unwrap(await openLevelStorage(dir));
        expect(again.repairs.join()).toMatch(/met damage when it was open the last time/);
        expect(again.originOf(hurt)).toBe("moved");
        await again.close();
        const quiet = unwrap(await openLevelStorage(dir));
        expect([quiet.repairs, quiet.origin]).toEqual([[], "moved"]);
        await quiet.close();
      },
    ));

  it("repairs instead of starting anew where CURRENT is missing: LevelDB alone would delete every file", () =>
    onDamaged(
      (level) => unlink(join(level, "CURRENT")),
      async (dir) => {
        const storage = unwrap(await openLevelStorage(dir));
        expect(storage.repairs.join()).toMatch(/repaired/);
        expect([await survey(storage), storage.origin]).toEqual([ALL, "moved"]);
        await storage.close();
      },
    ));

  it("reads up to the first missing block, and to the head where more is there", () =>
    onDamaged(
      async (location) => {
        const level = new ClassicLevel<Uint8Array, Uint8Array>(location, {
          keyEncoding: "view",
          valueEncoding: "view",
        });
        await level.del(blockKey(logPrefix(LOGS[0] as LogId), 50));
        await level.put(blockKey(logPrefix(LOGS[1] as LogId), LENGTH), Uint8Array.of(1));
        await level.put(headKey(logPrefix(LOGS[2] as LogId)), Uint8Array.of(1, 2, 3));
        await level.close();
      },
      async (dir) => {
        const storage = unwrap(await openLevelStorage(dir));
        const [a, b, c] = LOGS as [LogId, LogId, LogId];
        const lengths = async (log: LogId, from: number) => unwrap(await storage.read(log, from, 1000)).length;
        expect([await lengths(a, 0), await lengths(a, 50), await lengths(a, 51)]).toEqual([50, 0, LENGTH - 51]);
        expect(await lengths(b, 0)).toBe(LENGTH);
        expect([await lengths(c, 0), storage.originOf(c)]).toEqual([0, "moved"]);
        expect(storage.repairs.join()).toMatch(new RegExp(`head of log ${logKey(c)} was unreadable`));
        expect(unwrap(await storage.heads()).length).toBe(2);
        unwrap(await storage.appendBatch({ cuts: [{ log: a, length: 50, hash: sampleHash(50) }] }));
        unwrap(
          await storage.appendBatch({ appends: [{ log: c, from: 0, blocks: [block(2, 0)], hash: sampleHash(1) }] }),
        );
        expect([await lengths(a, 0), await lengths(c, 0)]).toEqual([50, 1]);
        await storage.close();
      },
    ));
});
