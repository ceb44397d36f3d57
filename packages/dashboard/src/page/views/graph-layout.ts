/**
 * Where the nodes of the problem graph stand: forces of d3, started from a circle in the order of the ids, so that one graph looks the
 * same on each visit. Runs in a worker, and ends after a fixed number of steps: at most 500 nodes, some 0.3 s.
 */
import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type SimulationLinkDatum,
  type SimulationNodeDatum,
} from "d3-force";

export interface LayoutInput {
  readonly nodes: readonly { readonly id: string; readonly radius: number }[];
  /** `pull`: 0 to 1, how much this edge decides. */
  readonly edges: readonly {
    readonly from: string;
    readonly to: string;
    readonly length: number;
    readonly pull: number;
  }[];
}

/** By node, in the order of the input. */
export type Layout = readonly { readonly x: number; readonly y: number }[];

interface Body extends SimulationNodeDatum {
  readonly id: string;
  readonly radius: number;
}

const STEPS = 280;

export const layOut = ({ nodes, edges }: LayoutInput): Layout => {
  const around = Math.sqrt(nodes.length) * 60;
  const order = new Map(
    [...nodes.keys()]
      .sort((a, b) => ((nodes[a]?.id ?? "") < (nodes[b]?.id ?? "") ? -1 : 1))
      .map((node, place) => [node, place]),
  );
  const bodies: Body[] = nodes.map(({ id, radius }, i) => {
    const angle = ((order.get(i) ?? 0) / nodes.length) * 2 * Math.PI;
    return { id, radius, x: Math.cos(angle) * around, y: Math.sin(angle) * around };
  });
  const known = new Set(bodies.map(({ id }) => id));
  const links: (SimulationLinkDatum<Body> & { readonly length: number; readonly pull: number })[] = edges
    .filter(({ from, to }) => known.has(from) && known.has(to))
    .map(({ from, to, length, pull }) => ({ source: from, target: to, length, pull }));
  const simulation = forceSimulation(bodies)
    .force(
      "link",
      forceLink<Body, (typeof links)[number]>(links)
        .id(({ id }) => id)
        .distance(({ length }) => length)
        .strength(({ pull }) => pull),
    )
    .force("charge", forceManyBody().strength(-900).distanceMax(900))
    .force("collide", forceCollide<Body>(({ radius }) => radius).strength(0.6))
    .force("x", forceX().strength(0.045))
    .force("y", forceY().strength(0.085))
    .stop();
  simulation.tick(STEPS);
  return bodies.map(({ x = 0, y = 0 }) => ({ x: Math.round(x), y: Math.round(y) }));
};
