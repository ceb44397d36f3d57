/**
 * @herdmind/mesh: the libp2p gossipsub network between peers. New blocks travel by gossip; what gossip does not bring comes over
 * `/herdmind/sync/1`. This entry runs anywhere; `@herdmind/mesh/node` adds TCP, listening and multicast DNS.
 */
export type { MeshBackoff } from "./dialling.js";
export { SYNC_PROTOCOL } from "./exchanges.js";
export { libp2pIdentity } from "./identity.js";
export { MESH_LIMITS, type MeshLimits } from "./limits.js";
export { createMesh, type Mesh, type MeshCounts } from "./mesh.js";
export {
  decodeAddresses,
  decodeIntroduction,
  encodeAddresses,
  encodeIntroduction,
  type Introduction,
  MESH_VERSION,
} from "./mesh-frames.js";
export type { MeshOptions } from "./options.js";
export { deriveSecrets, type MeshSecrets, type Plane } from "./secrets.js";
export { viaMesh } from "./via-mesh.js";
