/** Opens a data directory, or memory where none is given: the storage's lock first, then what stands beside it. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { checkEd25519, type Result, refuse } from "@herdmind/protocol";
import { openLevelStorage } from "@herdmind/storage-level";
import { createMemoryStorage } from "@herdmind/storage-memory";
import { openVault } from "./directory.js";
import { directoryRefusal } from "./directory-refusal.js";
import { createMemoryVault, type OpenedDirectory } from "./vault.js";

export const openDirectory = async (dir: string | undefined): Promise<Result<OpenedDirectory>> => {
  // Before anything is made on disk: without keys nothing else makes sense.
  const ed25519 = await checkEd25519();
  if (!ed25519.ok) return ed25519;
  if (dir === undefined) return { ok: true, value: { storage: createMemoryStorage(), vault: createMemoryVault() } };
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    return refuse(
      "S4",
      "none",
      `The data directory ${dir} cannot be made: ${error instanceof Error ? error.message : String(error)}. Choose another with HERDMIND_HOME or --dir.`,
    );
  }
  const storage = await openLevelStorage(join(dir, "db"));
  if (!storage.ok) return directoryRefusal(storage.fault);
  try {
    return { ok: true, value: { storage: storage.value, vault: await openVault(dir) } };
  } catch (error) {
    await storage.value.close();
    return refuse(
      "S4",
      "none",
      `The keys in ${dir} cannot be opened: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
};
