import { useEffect, useState } from "react";
import type { Graph, GraphEdge } from "../../api.js";
import type { Layout, LayoutInput } from "./graph-layout.js";

/**
 * A remedy stands by its problem, and problems by their domain. Who wrote and tried it decides little: an agent has hundreds of such
 * edges, and would draw everything into one heap.
 */
const EDGES: { readonly [kind in GraphEdge["kind"]]: { readonly length: number; readonly pull: number } } = {
  solves: { length: 105, pull: 0.9 },
  alias: { length: 130, pull: 0.8 },
  in: { length: 165, pull: 0.35 },
  wrote: { length: 260, pull: 0.03 },
  worked: { length: 300, pull: 0.01 },
  failed: { length: 300, pull: 0.01 },
};

/** Half the width of a node: of a label of at most 3 lines. */
const RADIUS = 58;

export interface LaidOut {
  readonly graph: Graph;
  readonly layout: Layout;
}

/** A graph with the places of its nodes, once they are found; the one before stays until then. */
export const useLayout = (graph: Graph | undefined): LaidOut | undefined => {
  const [laidOut, setLaidOut] = useState<LaidOut>();
  useEffect(() => {
    if (graph === undefined) return;
    const worker = new Worker(new URL("./layout-worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<Layout>) => {
      setLaidOut({ graph, layout: data });
      worker.terminate();
    };
    const input: LayoutInput = {
      nodes: graph.nodes.map(({ id }) => ({ id, radius: RADIUS })),
      edges: graph.edges.map(({ from, to, kind }) => ({ from, to, ...(EDGES[kind] ?? { length: 150, pull: 0.1 }) })),
    };
    worker.postMessage(input);
    return () => worker.terminate();
  }, [graph]);
  return laidOut;
};
