import { expect, it } from "vitest";
import { layOut } from "./graph-layout.js";

const nodes = Array.from({ length: 40 }, (_, i) => ({ id: `n${i}`, radius: 40 }));
const edges = nodes.slice(1).map(({ id }, i) => ({ from: id, to: `n${Math.floor(i / 3)}`, length: 90, pull: 0.5 }));

it("gives each node a place of its own, the same each time, whatever the order of the answer", () => {
  const first = layOut({ nodes, edges });
  expect(first).toHaveLength(40);
  expect(new Set(first.map(({ x, y }) => `${x} ${y}`)).size).toBe(40);
  expect(layOut({ nodes, edges })).toEqual(first);
});

it("leaves out edges to what a limit left out", () => {
  expect(layOut({ nodes: nodes.slice(0, 2), edges })).toHaveLength(2);
  expect(layOut({ nodes: [], edges: [] })).toEqual([]);
});
