/** Opens what a browser keeps under a name: logs first, then keys and identity. The caller holds the Web Lock of that name. */
import { type Result, refuse } from "@herdmind/protocol";
import { createMemoryStorage } from "@herdmind/storage-memory";
import type { OpenedDirectory } from "../vault.js";
import { openKeyVault } from "./key-vault.js";

export interface BrowserDirectory extends OpenedDirectory {
  closeKeys(): void;
}

export const openBrowserDirectory = async (dir: string): Promise<Result<BrowserDirectory>> => {
  const storage = createMemoryStorage();
  try {
    const vault = await openKeyVault(dir);
    return { ok: true, value: { storage, vault, closeKeys: vault.close } };
  } catch (error) {
    await storage.close();
    const why = error instanceof Error ? error.message : String(error);
    return refuse("S4", "none", `The keys of "${dir}" cannot be opened in this browser: ${why}`);
  }
};
