/**
 * @herdmind/bus: local publish and subscribe for the extensions of one process. Synchronous, in the order of subscription, and no
 * subscriber can stop another. A bridge passes chosen events to the swarm and back.
 */
export { type Bridge, type BridgeChannel, type BridgeOptions, bridge } from "./bridge.js";
export { type Bus, type BusOptions, bus, createBus, type Events, type Failure, type Handler } from "./bus.js";
export type { Matched, MatchedEvent } from "./pattern.js";
