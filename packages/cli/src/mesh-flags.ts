/** What the flags of `up` and `join` say of the mesh. */
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
