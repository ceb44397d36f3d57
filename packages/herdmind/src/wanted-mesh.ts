/** The mesh as one of a node's transports, loaded only where it is wanted. */
import type { NodeMeshOptions } from "@herdmind/mesh/node";
import { refuse } from "@herdmind/protocol";
import type { TransportFactory } from "@herdmind/sync";
import { refusalError } from "./failure.js";

/**
 * Loading libp2p takes longer than loading everything else together, so that nobody pays for it unasked. By default the mesh is
 * wanted where the swarm has addresses on it.
 */
export const wantedMesh =
  (mesh?: boolean | NodeMeshOptions): TransportFactory =>
  async (context) => {
    const wanted = mesh ?? context.addresses.some((address) => address.startsWith("/"));
    if (wanted === false) return undefined;
    const { viaMesh } = await import("@herdmind/mesh/node");
    try {
      return await viaMesh(wanted === true ? {} : wanted)(context);
    } catch (error) {
      // All that can go wrong here is an address to listen on; the message says which, and what to do.
      throw refusalError(refuse("T3", "none", error instanceof Error ? error.message : String(error)));
    }
  };
