/** The mesh as one of a node's transports. */
import type { TransportContext } from "@herdmind/sync";
import { createMesh, type Mesh } from "./mesh.js";
import type { MeshOptions } from "./options.js";

/** Reaches the swarm through other peers. There is a mesh also where no address is a multiaddr: it may listen, or look around. */
export const viaMesh =
  (options: MeshOptions = {}) =>
  (context: TransportContext): Promise<Mesh> =>
    createMesh(context, options);
