/**
 * @herdmind/websocket: clients of a relay. `createMuxClient` carries every log on one socket. Both know nothing of Node
 * and nothing of the DOM but the WebSocket interface.
 */

export type { Backoff } from "./keep-connected.js";
export { createMuxClient, type MuxClientOptions } from "./mux-client.js";
export type { Socket, SocketConstructor } from "./socket.js";
