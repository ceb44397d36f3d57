import { cp, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storageContract } from "@herdmind/testing";
import { openLevelStorage } from "./index.js";

const temporary = () => mkdtemp(join(tmpdir(), "herdmind-level-"));

storageContract<string>("storage-level", {
  create: temporary,
  open: openLevelStorage,
  // What a kill leaves is what had been handed to the system: the files as they are now, put back after closing.
  crash: async (dir, storage) => {
    const files = await temporary();
    await cp(join(dir, "level"), join(files, "level"), { recursive: true });
    await storage.close();
    await rm(join(dir, "level"), { recursive: true });
    await rename(join(files, "level"), join(dir, "level"));
    await rm(files, { recursive: true });
  },
  copy: async (dir) => {
    const copy = await temporary();
    await cp(dir, copy, { recursive: true, preserveTimestamps: true });
    return copy;
  },
  exclusive: true,
  dispose: (dir) => rm(dir, { recursive: true, force: true }),
});
