/**
 * Where the relay of a directory's swarm listens, and its mesh if it has one. Tickets carry the address, so a restart uses it again, and an invitation made
 * while no relay runs names it. Kept in `up.json` of the data directory.
 */
import { randomBytes } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";

export const DEFAULT_PORT = 4870;
export const DEFAULT_MESH_PORT = 4880;
export const DEFAULT_HOST = "127.0.0.1";
/** Addresses a ticket may carry. */
export const MAX_ADDRESSES = 16;

export interface Address {
  readonly host: string;
  readonly port: number;
  /** Port of the mesh; `undefined` without one. */
  readonly meshPort: number | undefined;
  /** What tickets say. */
  readonly addresses: readonly string[];
}

const file = (dir: string): string => join(dir, "up.json");

/** `undefined` when it was never up, or the file is not readable: then the defaults hold. */
export const readAddress = async (dir: string): Promise<Address | undefined> => {
  try {
    const { host, port, meshPort, addresses } = JSON.parse(await readFile(file(dir), "utf8")) as {
      readonly [key: string]: unknown;
    };
    if (typeof host !== "string" || !isPort(port) || !Array.isArray(addresses)) return undefined;
    return {
      host,
      port,
      meshPort: isPort(meshPort) ? meshPort : undefined,
      addresses: addresses.filter((address): address is string => typeof address === "string"),
    };
  } catch {
    return undefined;
  }
};

export const saveAddress = async (dir: string, address: Address): Promise<void> => {
  const temporary = `${file(dir)}.${randomBytes(6).toString("hex")}`;
  await writeFile(temporary, `${JSON.stringify({ format: 1, ...address }, null, 2)}\n`, { mode: 0o600 });
  await rename(temporary, file(dir));
};

export const isPort = (port: unknown): port is number =>
  Number.isInteger(port) && (port as number) >= 0 && (port as number) <= 65_535;

const url = (host: string, port: number): string => `ws://${host.includes(":") ? `[${host}]` : host}:${port}`;

/** What others dial when a relay listens at `host`: for a wildcard, the addresses of this machine, nearest last. */
export const dialled = (host: string, port: number, interfaces = networkInterfaces()): readonly string[] => {
  if (host !== "0.0.0.0" && host !== "::") return [url(host, port)];
  const found = Object.values(interfaces).flatMap((list) => list ?? []);
  // Link-local addresses need a zone, which means nothing on another machine.
  const usable = found.filter(
    ({ family, address }) => (family === "IPv4" || host === "::") && !address.startsWith("fe80:"),
  );
  const sorted = [...usable.filter(({ internal }) => !internal), ...usable.filter(({ internal }) => internal)];
  return sorted.map(({ address }) => url(address, port)).slice(0, MAX_ADDRESSES);
};

/** Where the mesh of `up` listens: at the relay's host, TCP at `port` and WebSockets, for browsers, at the next one. */
export const listenAt = (host: string, port: number): readonly string[] | undefined => {
  const family = isIP(host);
  if (family === 0) return undefined;
  const place = `/ip${family}/${host}/tcp`;
  return [`${place}/${port}`, `${place}/${port === 0 ? 0 : port + 1}/ws`];
};
