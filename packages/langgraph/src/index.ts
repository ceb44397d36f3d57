/** @herdmind/langgraph: LangGraph.js on a swarm. A store that every agent shares, and nodes that know what others have solved. */
export { createSwarmStore, type SwarmStoreOptions } from "./store.js";
export { type Failed, type Learned, type Node, type NodeOptions, withExperience } from "./with-experience.js";
