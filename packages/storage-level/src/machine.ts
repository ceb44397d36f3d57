/** Which machine this is: a hash of the system's own machine id, so that the id itself is never stored. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Finds the id in the output of macOS' ioreg or Windows' reg. */
export const machineIdIn = (text: string): string =>
  /(?:"IOPlatformUUID" = "|MachineGuid\s+REG_SZ\s+)([0-9A-Fa-f-]{32,36})/.exec(text)?.[1]?.toLowerCase() ?? "";

/** 5 s: both tools answer in a few milliseconds; a hanging one must not hang the opening. */
const output = async (command: string, args: readonly string[]): Promise<string> =>
  machineIdIn((await run(command, [...args], { timeout: 5000, windowsHide: true })).stdout);

const readId = async (): Promise<string> => {
  if (process.platform === "darwin") return output("/usr/sbin/ioreg", ["-rd1", "-c", "IOPlatformExpertDevice"]);
  if (process.platform === "win32")
    return output("reg", ["query", "HKLM\\SOFTWARE\\Microsoft\\Cryptography", "/v", "MachineGuid"]);
  for (const path of ["/etc/machine-id", "/var/lib/dbus/machine-id", "/etc/hostid"]) {
    const id = (await readFile(path, "utf8").catch(() => "")).trim();
    if (id !== "") return id;
  }
  return "";
};

/**
 * 22 characters, or `unknown` where the system has no id (small containers). The host's name is no substitute: it changes
 * with every container while the directory stays, and device, inode and time of birth tell copies apart without it.
 */
export const machineName = async (): Promise<string> => {
  const id = await readId().catch(() => "");
  return id === ""
    ? "unknown"
    : createHash("sha256").update(`herdmind/storage-level/origin/${id}`).digest("base64url").slice(0, 22);
};
