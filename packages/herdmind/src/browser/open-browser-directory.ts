/**
 * Opens what a browser keeps under a name: logs first, then keys and identity. The caller holds the Web Lock of that name.
 *
 *     herdmind/<dir>/logs   the logs (@herdmind/storage-indexeddb)
 *     herdmind/<dir>/keys   keys and identity (key-vault.ts)
 */
import { type Result, refuse } from "@herdmind/protocol";
import { openIndexeddbStorage } from "@herdmind/storage-indexeddb";
import { directoryRefusal } from "../directory-refusal.js";
import type { Logger } from "../peer.js";
import type { OpenedDirectory } from "../vault.js";
import { openKeyVault } from "./key-vault.js";

export interface BrowserDirectory extends OpenedDirectory {
  closeKeys(): void;
}

export const openBrowserDirectory = async (dir: string, logger: Logger): Promise<Result<BrowserDirectory>> => {
  const storage = await openIndexeddbStorage(`herdmind/${dir}/logs`);
  if (!storage.ok) return directoryRefusal(storage.fault);
  for (const message of storage.value.repairs) logger({ level: "warn", event: "storage.damaged", message });
  try {
    const vault = await openKeyVault(dir);
    return { ok: true, value: { storage: storage.value, vault, closeKeys: vault.close } };
  } catch (error) {
    await storage.value.close();
    const why = error instanceof Error ? error.message : String(error);
    return refuse("S4", "none", `The keys of "${dir}" cannot be opened in this browser: ${why}`);
  }
};
