/**
 * Contract suites that prove an adapter, with fault injection. An adapter's own test file calls the suite; the adapters of
 * this project are merely its first callers. The suites register vitest tests, so this is imported from a test file.
 *
 * `@herdmind/testing/small-disk` (Node only) makes a disk that really runs full; `@herdmind/testing/proxy` (Node only) a network
 * that can be cut, held and counted.
 */
export * from "./crash-points.js";
export * from "./embedder-contract.js";
export * from "./faults.js";
export * from "./memory-network.js";
export * from "./sample-ids.js";
export * from "./sample-swarm.js";
export * from "./storage-contract.js";
export * from "./storage-harness.js";
export * from "./transport-contract.js";
export * from "./transport-swarm.js";
