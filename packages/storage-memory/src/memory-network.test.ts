import { createMemoryNetwork, transportContract } from "@herdmind/testing";
import { createMemoryStorage } from "./memory-storage.js";

transportContract("in memory", {
  openStorage: () => createMemoryStorage(),
  createNetwork: async (hub) => createMemoryNetwork(hub),
});
