/** Herdmind in Node: a data directory on disk, relays over the sockets of `ws`, which are faster than the global ones. */
import type { NodeMeshOptions } from "@herdmind/mesh/node";
import { viaRelay } from "@herdmind/websocket";
import { WebSocket } from "ws";
import { type JoinOptions, joinOn } from "./join.js";
import { openDirectory } from "./open-directory.js";
import type { Peer } from "./peer.js";
import type { Platform } from "./platform.js";
import { wantedMesh } from "./wanted-mesh.js";

export const platformWith = (mesh?: boolean | NodeMeshOptions): Platform => ({
  open: openDirectory,
  transports: [viaRelay({ WebSocket }), wantedMesh(mesh)],
  carry: "swarm",
});

/** How a peer on this machine takes part. */
export interface JoinHereOptions extends JoinOptions {
  /** Whether and how the mesh is used beside relays; default: where the ticket has addresses on it. */
  readonly mesh?: boolean | NodeMeshOptions;
}

/** Joins the swarm of a ticket. Works offline: the key is made here and countersigned here. Throws a `HerdmindError`. */
export const join = (ticket: string, { mesh, ...options }: JoinHereOptions): Promise<Peer> =>
  joinOn(platformWith(mesh), ticket, options);
