/**
 * @herdmind/websocket: clients of a relay. `createMuxClient` carries every log on one socket; `createRoomClient` opens one
 * y-websocket room per log, for browsers. Both are a `Transport`, and know nothing of Node and nothing of the DOM but the
 * WebSocket interface.
 */
export type { Transport, TransportEvent, TransportState } from "@herdmind/sync";
export type { Backoff } from "./keep-connected.js";
export { createMuxClient, type MuxClientOptions } from "./mux-client.js";
export { createRoomClient, type RoomClientOptions } from "./room-client.js";
export type { Socket, SocketConstructor } from "./socket.js";
export { type ViaRelayOptions, viaRelay } from "./via-relay.js";
