import type { Memory, MemoryItem, Peer } from "herdmind";
import { expect, it } from "vitest";
import { readMemory } from "./memory-verbs.js";

it("L7 an answer by keys ends where a page does, and has at least one item", async () => {
  const item = (key: string): MemoryItem => ({
    key,
    value: null,
    members: ["m".repeat(600_000)],
    createdAt: 1,
    updatedAt: 1,
  });
  const memory = { get: async (key: string) => (key === "none" ? undefined : item(key)) } as unknown as Memory;
  const peer = { memory: () => memory } as unknown as Peer;
  const keysOf = async (keys: readonly string[]) => {
    const said = await readMemory(peer, { space: "s", keys: [...keys] });
    if (!said.ok) throw new Error(said.message);
    return said.value.items.map((one) => one?.key ?? null);
  };
  expect(await keysOf(["none", "a"])).toEqual([null, "a"]);
  expect(await keysOf(["a", "none", "b", "c"])).toEqual(["a", null]);
});
