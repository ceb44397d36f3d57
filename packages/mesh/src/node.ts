/**
 * @herdmind/mesh/node: the mesh with what only Node has. TCP beside WebSockets, listening on a free port of this machine, and
 * multicast DNS for those who ask for it.
 */
import type { TransportContext } from "@herdmind/sync";
import { mdns } from "@libp2p/mdns";
import { tcp } from "@libp2p/tcp";
import { webSockets } from "@libp2p/websockets";
import { createMesh as createPlainMesh, type Mesh } from "./mesh.js";
import type { MeshOptions } from "./options.js";

export interface NodeMeshOptions extends MeshOptions {
  /**
   * Finds peers of this swarm on the local network, and is found: default false. Everybody on that network can see a tag
   * that is the swarm's alone, this peer's id and its addresses. Listen on an address of that network, too.
   */
  readonly mdns?: boolean;
}

const LISTEN = ["/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/tcp/0/ws"];
/** Milliseconds between questions to the local network. */
const MDNS_EVERY_MS = 10_000;

/** Starts a mesh in Node. A network that is away is a state; an address that cannot be listened on throws. */
export const createMesh = (
  context: TransportContext,
  { mdns: wantsMdns = false, discovery = [], ...options }: NodeMeshOptions = {},
): Promise<Mesh> =>
  createPlainMesh(context, {
    listen: LISTEN,
    transports: [tcp(), webSockets()],
    ...options,
    discovery: wantsMdns ? [...discovery, (serviceTag) => mdns({ serviceTag, interval: MDNS_EVERY_MS })] : discovery,
  });

/** Reaches the swarm through other peers, over TCP and WebSockets. */
export const viaMesh =
  (options: NodeMeshOptions = {}) =>
  (context: TransportContext): Promise<Mesh> =>
    createMesh(context, options);
