import { cp, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Storage } from "@herdmind/log";
import { sampleBytes, sampleHash, sampleLog, unwrap } from "@herdmind/testing";
import { ClassicLevel } from "classic-level";
import { describe, expect, it } from "vitest";
import { openLevelStorage } from "./index.js";
import { machineIdIn, machineName } from "./machine.js";

const A = sampleLog(1);
const B = sampleLog(2);
const append = async (storage: Storage, log = A, from = 0) =>
  unwrap(
    await storage.appendBatch({ appends: [{ log, from, blocks: [sampleBytes(from, 50)], hash: sampleHash(from) }] }),
  );

const onDirectory = async (test: (base: string, dir: string) => Promise<void>): Promise<void> => {
  const base = await mkdtemp(join(tmpdir(), "herdmind-origin-"));
  try {
    const storage = unwrap(await openLevelStorage(join(base, "data")));
    await append(storage);
    await storage.close();
    await test(base, join(base, "data"));
  } finally {
    await rm(base, { recursive: true });
  }
};
/** Opens, looks, closes. */
const origins = async (dir: string) => {
  const storage = unwrap(await openLevelStorage(dir));
  const seen = [storage.origin, storage.originOf(A), storage.originOf(B)];
  await storage.close();
  return seen;
};
const HERE = ["created-here", "created-here", "created-here"];
const MOVED = ["moved", "moved", "created-here"];
/** Changes stored values behind the storage's back. */
const edit = async (dir: string, change: (level: ClassicLevel<string, string>) => Promise<void>) => {
  const level = new ClassicLevel<string, string>(join(dir, "level"));
  await level.open();
  await change(level);
  await level.close();
};

describe("origin of a directory (L8)", () => {
  it("stays `created-here` over reopening and renaming, with one witness file", () =>
    onDirectory(async (base, dir) => {
      for (let n = 0; n < 3; n++) expect(await origins(dir)).toEqual(HERE);
      await rename(dir, join(base, "renamed"));
      expect(await origins(join(base, "renamed"))).toEqual(HERE);
      expect((await readdir(join(base, "renamed"))).filter((name) => name.startsWith("origin-")).length).toBe(1);
    }));

  it("is `moved` for a copy, and the original is not", () =>
    onDirectory(async (base, dir) => {
      await cp(dir, join(base, "copy"), { recursive: true, preserveTimestamps: true });
      expect(await origins(join(base, "copy"))).toEqual(MOVED);
      expect(await origins(dir)).toEqual(HERE);
    }));

  it("is `moved` for a backup restored in place of the directory, though it may get the same inode", () =>
    onDirectory(async (base, dir) => {
      await cp(dir, join(base, "backup"), { recursive: true, preserveTimestamps: true });
      const storage = unwrap(await openLevelStorage(dir));
      await append(storage, A, 1);
      await storage.close();
      await rm(dir, { recursive: true });
      await cp(join(base, "backup"), dir, { recursive: true, preserveTimestamps: true });
      expect(await origins(dir)).toEqual(MOVED);
    }));

  it("is `moved` for a backup restored into the same directory, with or without removing newer files", () =>
    onDirectory(async (base, dir) => {
      for (const remove of [true, false]) {
        await cp(dir, join(base, "backup"), { recursive: true, preserveTimestamps: true });
        const storage = unwrap(await openLevelStorage(dir));
        const newLog = sampleLog(remove ? 10 : 11);
        await append(storage, newLog);
        expect(storage.originOf(newLog)).toBe("created-here");
        await storage.close();
        await rm(join(dir, "level"), { recursive: true });
        if (remove) for (const name of await readdir(dir)) await rm(join(dir, name), { recursive: true });
        await cp(join(base, "backup"), dir, { recursive: true, preserveTimestamps: true });
        expect(await origins(dir)).toEqual(MOVED);
        await rm(join(base, "backup"), { recursive: true });
      }
    }));

  it("distrusts a log begun before a move for ever, and each log begun after it until the next", () =>
    onDirectory(async (base, dir) => {
      let from = dir;
      for (let n = 0; n < 3; n++) {
        const to = join(base, `copy-${n}`);
        await cp(from, to, { recursive: true });
        const storage = unwrap(await openLevelStorage(to));
        const logs = [0, 1, 2].map((i) => sampleLog(20 + i));
        await append(storage, logs[n]);
        await append(storage, A, n + 1);
        await storage.close();
        const again = unwrap(await openLevelStorage(to));
        expect(logs.slice(0, n + 1).map((log) => again.originOf(log))).toEqual([
          ...Array(n).fill("moved"),
          "created-here",
        ]);
        expect([again.origin, again.originOf(A)]).toEqual(["moved", "moved"]);
        await again.close();
        from = to;
      }
    }));

  it.each(["machine", "device", "inode", "born", "witness"])("is `moved` when the recorded %s is another", (field) =>
    onDirectory(async (_base, dir) => {
      await edit(dir, async (level) => {
        const record = JSON.parse((await level.get("o")) as string) as Record<string, unknown>;
        await level.put("o", JSON.stringify({ ...record, [field]: "other" }));
      });
      for (let n = 0; n < 2; n++) expect(await origins(dir)).toEqual(MOVED);
    }),
  );

  it.each(["", "{}", "null", '{"epoch":0}', "\u0000\u0001", undefined])(
    "is `moved` when the record of origin is %j",
    (text) =>
      onDirectory(async (_base, dir) => {
        await edit(dir, (level) => (text === undefined ? level.del("o") : level.put("o", text)));
        for (let n = 0; n < 2; n++) expect(await origins(dir)).toEqual(MOVED);
      }),
  );

  it("stays `created-here` when an opening died after making its witness", () =>
    onDirectory(async (_base, dir) => {
      await writeFile(join(dir, "origin-0123456789abcdef"), "");
      expect(await origins(dir)).toEqual(HERE);
      expect((await readdir(dir)).filter((name) => name.startsWith("origin-")).length).toBe(1);
    }));

  it("refuses a newer format and touches no record", () =>
    onDirectory(async (_base, dir) => {
      await edit(dir, (level) => level.put("v", "2"));
      const entries = async () => {
        let all: [string, string][] = [];
        await edit(dir, async (level) => {
          all = await level.iterator({ keyEncoding: "hex", valueEncoding: "hex" }).all();
        });
        return all;
      };
      const before = [await entries(), await readdir(dir)];
      const answer = await openLevelStorage(dir);
      expect(answer).toMatchObject({
        ok: false,
        fault: { kind: "newer", message: expect.stringMatching(/format 2, known here: 1/) },
      });
      expect([await entries(), await readdir(dir)]).toEqual(before);
      await edit(dir, (level) => level.put("v", "1"));
      expect(await origins(dir)).toEqual(HERE);
    }));

  it("reads the machine's id where a system has one, and stores only its hash", async () => {
    expect(machineIdIn('  "IOPlatformUUID" = "0A1B2C3D-0000-1111-2222-333344445555"\n')).toBe(
      "0a1b2c3d-0000-1111-2222-333344445555",
    );
    expect(machineIdIn("    MachineGuid    REG_SZ    0a1b2c3d-0000-1111-2222-333344445555\r\n")).toBe(
      "0a1b2c3d-0000-1111-2222-333344445555",
    );
    expect(machineIdIn("nothing of the kind")).toBe("");
    expect(await machineName()).toMatch(/^([A-Za-z0-9_-]{22}|unknown)$/);
  });
});
