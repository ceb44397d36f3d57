/**
 * @herdmind/relay: a WebSocket server that stores and forwards the logs of one swarm. It verifies every block before it is
 * stored, and its clients verify again: it need not be trusted.
 */
export type { Destination } from "./admission.js";
export { RELAY_LIMITS, type RelayLimits } from "./limits.js";
export type { ListenFault, ListenResult } from "./listen.js";
export { createRelay, type Relay, type RelayEvent, type RelayOptions, type RelayStats } from "./relay.js";
