/**
 * @herdmind/sync: two peers, one channel. A session exchanges signed heads, then blocks, receipts, refusals, fork proofs and
 * ephemeral messages over any framed duplex channel. It knows no network: the WebSocket endpoint, the rooms of a relay and the
 * streams of the mesh all run this one protocol.
 */
export {
  type CarriedCanon,
  type Carrying,
  type CarryingOptions,
  type CarryLimits,
  type CarryMode,
  type CarryStats,
  type CarryVerdict,
  createCarrying,
  HEARD_MS,
} from "./carrying.js";
export { type Channel, createChannelPair, type MemoryChannel } from "./channel.js";
export * from "./close-codes.js";
export type { SessionCounts, SessionEvent } from "./context.js";
export type { Ephemerals, HeldEphemeral } from "./ephemerals.js";
export type { Expiring } from "./expiring.js";
export {
  decodeFrame,
  encodeFrame,
  type Frame,
  MAX_CONTROL_FRAME_BYTES,
  MAX_FRAME_BYTES,
  MAX_ITEMS_PER_FRAME,
  MAX_WRITERS_IN_HELLO,
  type Need,
  SYNC_VERSION,
} from "./frames.js";
export { createHeartbeats, type Heartbeats, type HeartbeatsOptions, type HeldHeartbeat } from "./heartbeats.js";
export { covers, type Interest, isCanon } from "./interest.js";
export { SESSION_LIMITS, type SessionLimits } from "./limits.js";
export { createListeners, type Listeners } from "./listeners.js";
export { createPeerLogTotal, type PeerLogShare, type PeerLogTotal } from "./peer-log-total.js";
export {
  CONTROL_ROOM,
  createRoomChannel,
  decodeUpdateMessage,
  encodeFrameMessage,
  encodeUpdateMessage,
  FRAME_MESSAGE_TYPE,
  FRAMES_SUBPROTOCOL,
} from "./room-channel.js";
export type { Schedule } from "./schedule.js";
export { createSession, type Session, type SessionOptions } from "./session.js";
export {
  createSwarmEphemerals,
  EPHEMERAL_LIMITS,
  type EphemeralCounts,
  type EphemeralLimits,
  type HeldClaim,
  type HeldPresence,
  type SwarmEphemerals,
  type SwarmEphemeralsOptions,
} from "./swarm-ephemerals.js";
export type { Transport, TransportContext, TransportEvent, TransportFactory, TransportState } from "./transport.js";
