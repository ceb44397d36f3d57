import { useEffect, useState } from "react";
import type { Graph, GraphEdge } from "../../api.js";
import type { Layout, LayoutInput } from "./graph-layout.js";

/** A remedy stands by its problem; who tried it stands further away. */
const LENGTHS: { readonly [kind in GraphEdge["kind"]]: number } = {
  solves: 110,
  alias: 130,
  wrote: 190,
  worked: 220,
  failed: 220,
  in: 150,
};

/** Half the width of a node: of a label of at most 3 lines. */
const RADIUS = 62;

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
      edges: graph.edges.map(({ from, to, kind }) => ({ from, to, length: LENGTHS[kind] ?? 150 })),
    };
    worker.postMessage(input);
    return () => worker.terminate();
  }, [graph]);
  return laidOut;
};
