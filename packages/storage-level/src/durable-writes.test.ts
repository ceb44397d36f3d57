/**
 * The cases that no disk here produces on demand, with a real database whose calls are told to fail: a write that reached
 * the file although its answer was an error (a failed fsync), and another process taking the directory meanwhile.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unwrap } from "@herdmind/testing";
import { ClassicLevel } from "classic-level";
import { describe, expect, it } from "vitest";
import { type DurableWrites, durableWrites, type Operation } from "./durable-writes.js";
import { ORIGIN_KEY } from "./keys.js";
import type { Level } from "./open-database.js";

const bytes = (text: string) => new TextEncoder().encode(text);
const put = (key: string, value: string): Operation => ({ type: "put", key: bytes(key), value: bytes(value) });
const del = (key: string): Operation => ({ type: "del", key: bytes(key) });

interface Broken {
  writes: DurableWrites;
  /** Options of every batch so far. */
  options: unknown[];
  /** The next write fails, and lands all the same when the database is closed, as a buffered one does. */
  failNextWrite(): void;
  /** Runs while the database is closed for reopening. */
  whileClosed(call: (location: string) => Promise<void>): void;
}

const onBroken = async (test: (broken: Broken) => Promise<void>): Promise<void> => {
  const dir = await mkdtemp(join(tmpdir(), "herdmind-writes-"));
  const real: Level = new ClassicLevel(join(dir, "level"), { keyEncoding: "view", valueEncoding: "view" });
  await real.open();
  await real.put(ORIGIN_KEY, bytes("me"));
  let failing = false;
  let landing: (() => Promise<void>) | undefined;
  let atClose: ((location: string) => Promise<void>) | undefined;
  const options: unknown[] = [];
  const batch = async (...args: Parameters<Level["batch"]>) => {
    options.push(args.at(1));
    if (!failing) {
      await real.batch(...args);
      return;
    }
    failing = false;
    landing = async () => {
      await real.batch(...args);
    };
    throw new Error("IO error: 000005.log: Input/output error");
  };
  const close = async () => {
    await landing?.();
    landing = undefined;
    await real.close();
    await atClose?.(real.location);
    atClose = undefined;
  };
  const level = new Proxy(real, {
    get: (target, name) => {
      if (name === "batch") return batch;
      if (name === "close") return close;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const writes = durableWrites(level, dir, bytes("me"));
  await test({
    writes,
    options,
    failNextWrite: () => {
      failing = true;
    },
    whileClosed: (call) => {
      atClose = call;
    },
  });
  await writes.close();
  await rm(dir, { recursive: true });
};
const texts = async (writes: DurableWrites, keys: readonly string[]) =>
  unwrap(await writes.read((level) => level.getMany(keys.map(bytes)))).map((v) => v && new TextDecoder().decode(v));

describe("durable writes", () => {
  it("L8 asks for a sync with every write: no kill of a process could show that one was missing, only a power cut", () =>
    onBroken(async ({ writes, options, failNextWrite }) => {
      unwrap(await writes.write([put("a", "1")]));
      failNextWrite();
      expect((await writes.write([put("a", "2")])).ok).toBe(false);
      unwrap(await writes.write([put("b", "1")]));
      // The first, the failed one, what takes it back, the last.
      expect(options).toEqual(Array(4).fill({ sync: true }));
    }));

  it("takes back a write that failed but had reached the file, before the next one", () =>
    onBroken(async ({ writes, failNextWrite }) => {
      unwrap(await writes.write([put("a", "1"), put("b", "1")]));
      failNextWrite();
      const answer = await writes.write([put("a", "2"), del("b"), put("c", "2")]);
      expect(answer.ok ? "ok" : answer.fault.kind).toBe("io");
      expect(await texts(writes, ["a", "b", "c"])).toEqual(["1", "1", undefined]);
      unwrap(await writes.write([put("d", "3")]));
      expect(await texts(writes, ["a", "b", "c", "d"])).toEqual(["1", "1", undefined, "3"]);
    }));

  it("says so when another process had the directory while it was reopened", () =>
    onBroken(async ({ writes, failNextWrite, whileClosed }) => {
      unwrap(await writes.write([put("a", "1")]));
      failNextWrite();
      expect((await writes.write([put("a", "2")])).ok).toBe(false);
      whileClosed(async (location) => {
        const other: Level = new ClassicLevel(location, { keyEncoding: "view", valueEncoding: "view" });
        await other.put(ORIGIN_KEY, bytes("other"));
        await other.close();
      });
      for (let n = 0; n < 2; n++) {
        const answer = await writes.write([put("a", "3")]);
        expect(answer).toMatchObject({
          ok: false,
          fault: { kind: "io", message: expect.stringMatching(/another process opened/) },
        });
      }
      const read = await writes.read((level) => level.get(bytes("a")));
      expect(read.ok).toBe(false);
    }));

  it("answers `held` while another process has it, and goes on when that one did not write", () =>
    onBroken(async ({ writes, failNextWrite, whileClosed }) => {
      failNextWrite();
      expect((await writes.write([put("a", "1")])).ok).toBe(false);
      let other: Level | undefined;
      whileClosed(async (location) => {
        other = new ClassicLevel(location, { keyEncoding: "view", valueEncoding: "view" });
        await other.open();
      });
      const held = await writes.write([put("a", "2")]);
      expect(held.ok ? "ok" : held.fault.kind).toBe("held");
      const read = await writes.read((level) => level.get(bytes("a")));
      expect(read.ok ? "ok" : read.fault.kind).toBe("held");
      await other?.close();
      unwrap(await writes.write([put("b", "3")]));
      expect((await texts(writes, ["b"]))[0]).toBe("3");
    }));

  it("lets reads that have begun finish before it reopens", () =>
    onBroken(async ({ writes, failNextWrite }) => {
      unwrap(await writes.write(Array.from({ length: 2000 }, (_, n) => put(`k${n}`, "x".repeat(100)))));
      failNextWrite();
      expect((await writes.write([put("a", "1")])).ok).toBe(false);
      const reads = Array.from({ length: 20 }, () => writes.read((level) => level.values().all()));
      const next = writes.write([put("z", "1")]);
      const late = writes.read((level) => level.get(bytes("z")));
      for (const read of reads) expect(unwrap(await read).length).toBeGreaterThanOrEqual(2001);
      unwrap(await next);
      unwrap(await late);
    }));
});
