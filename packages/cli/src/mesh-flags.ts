/** What the flags of `up` and `join` say of the mesh. */
import { isIP } from "node:net";
import type { JoinHereOptions } from "herdmind";

export type Mesh = JoinHereOptions["mesh"];

export interface MeshFlags {
  /** `--mesh`, `--no-mesh`; neither: where the ticket has addresses on it. */
  readonly mesh?: boolean;
  readonly listen?: readonly string[];
  readonly mdns?: boolean;
}

export const meshOf = ({ mesh, listen, mdns = false }: MeshFlags): Mesh => {
  if (mesh === false || (listen === undefined && !mdns)) return mesh;
  return { mdns, ...(listen === undefined ? {} : { listen }) };
};

/** Where the mesh of `up` listens: at the relay's host, TCP at `port` and WebSockets, for browsers, at the next one. */
export const listenAt = (host: string, port: number): readonly string[] | undefined => {
  const family = isIP(host);
  if (family === 0) return undefined;
  const place = `/ip${family}/${host}/tcp`;
  return [`${place}/${port}`, `${place}/${port === 0 ? 0 : port + 1}/ws`];
};
