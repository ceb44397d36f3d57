import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { smallDisk } from "./small-disk.js";

describe("small disk", () => {
  it("runs full, has room again, can be read-only, and leaves nothing; or says why there is none", () => {
    const made = smallDisk(1024 * 1024);
    if (!made.ok) {
      expect(made.reason).toMatch(/^mount: ./);
      return;
    }
    const { disk } = made;
    {
      using _ = disk;
      disk.fill(8192);
      expect(() => writeFileSync(join(disk.dir, "a"), new Uint8Array(20_000))).toThrow(/ENOSPC/);
      disk.free();
      writeFileSync(join(disk.dir, "a"), new Uint8Array(20_000));
      expect(statSync(join(disk.dir, "a")).size).toBe(20_000);
      disk.remount("ro");
      expect(() => writeFileSync(join(disk.dir, "b"), "")).toThrow(/EROFS/);
      disk.remount("rw");
      mkdirSync(join(disk.dir, "b"));
    }
    expect(existsSync(disk.dir)).toBe(false);
  });
});
