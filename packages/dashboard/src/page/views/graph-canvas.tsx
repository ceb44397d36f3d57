/** The drawing of the problem graph. Each node is a stop of the tab key; Enter chooses it. */
import {
  Background,
  Controls,
  type Edge,
  Handle,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  type ReactFlowInstance,
  type Rect,
} from "@xyflow/react";
import "./graph-canvas.css";
import { memo, useEffect, useMemo, useState } from "react";
import type { GraphNode } from "../../api.js";
import { Foreign } from "../parts/foreign.js";
import { Icon } from "../parts/icon.js";
import { plainLine } from "../printable.js";
import type { Layout } from "./graph-layout.js";
import { KIND_WORDS } from "./graph-words.js";
import type { LaidOut } from "./use-layout.js";

type Drawn = Node<{ readonly node: GraphNode; readonly isNear: boolean; readonly isFaded: boolean }, "ours">;

const sizeOf = (weight: number): string => (weight >= 8 ? "is-large" : weight >= 3 ? "is-middle" : "is-small");

const OurNode = memo(({ data: { node, isNear, isFaded }, selected }: NodeProps<Drawn>) => (
  <div
    className={`graph-node is-${node.kind} ${sizeOf(node.weight)} ${selected ? "is-chosen" : ""} ${isNear ? "is-near" : ""} ${isFaded ? "is-faded" : ""} ${node.status === undefined ? "" : `has-status-${node.status}`}`}
  >
    <Handle type="target" position={Position.Top} isConnectable={false} />
    <span className="graph-node-mark">
      <Icon name={KIND_WORDS[node.kind].icon} />
    </span>
    <span className="graph-node-label">
      <Foreign text={node.label} max={56} />
    </span>
    <Handle type="source" position={Position.Bottom} isConnectable={false} />
  </div>
));

const nodeTypes = { ours: OurNode };

/** Milliseconds until the drawing has heard of its new size. */
const SETTLE_MS = 60;

interface Props {
  readonly laidOut: LaidOut;
  readonly chosen: string | undefined;
  readonly onChoose: (id: string | undefined) => void;
}

/** Known beforehand, so that nothing has to be measured: edges end in the middle of the mark, where the node stands. */
const SIZE = {
  initialWidth: 118,
  initialHeight: 84,
  handles: (["source", "target"] as const).map((type) => ({
    type,
    position: Position.Top,
    x: 0,
    y: 0,
    width: 1,
    height: 1,
  })),
};

/** Nodes that are put in at once: five hundred in one go would hold the page for longer than a blink. */
const SLICE = 30;

/** How many of so many are there yet: a slice more with each frame. */
const useSlices = (total: number): number => {
  const [count, setCount] = useState(SLICE);
  useEffect(() => {
    if (count >= total) return;
    const frame = requestAnimationFrame(() => setCount(count + SLICE));
    return () => cancelAnimationFrame(frame);
  }, [count, total]);
  return Math.min(count, total);
};

/** What nodes at these places take up, also those that are not drawn yet. */
const boundsOf = (layout: Layout): Rect => {
  const xs = layout.map(({ x }) => x);
  const ys = layout.map(({ y }) => y);
  const [left, top] = [Math.min(...xs) - 70, Math.min(...ys) - 40];
  return { x: left, y: top, width: Math.max(...xs) + 70 - left, height: Math.max(...ys) + 90 - top };
};

const GraphCanvas = ({ laidOut: { graph, layout }, chosen, onChoose }: Props) => {
  const near = useMemo(
    () =>
      new Set(
        graph.edges.filter(({ from, to }) => from === chosen || to === chosen).flatMap(({ from, to }) => [from, to]),
      ),
    [graph, chosen],
  );
  const count = useSlices(graph.nodes.length);
  const isChosenHere = graph.nodes.some(({ id }) => id === chosen);
  const [flow, setFlow] = useState<ReactFlowInstance<Drawn, Edge>>();
  useEffect(() => {
    if (flow === undefined || !isChosenHere || chosen === undefined) return;
    // What is chosen comes near with all around it; the panel beside it has taken its room by then.
    const places = layout.filter((_, i) => {
      const id = graph.nodes[i]?.id;
      return id === chosen || (id !== undefined && near.has(id));
    });
    const timer = setTimeout(() => void flow.fitBounds(boundsOf(places), { padding: 0.05 }), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [flow, graph, layout, chosen, near, isChosenHere]);
  const all = useMemo(
    (): Drawn[] =>
      graph.nodes.map((node, i) => ({
        id: node.id,
        type: "ours",
        position: { ...(layout[i] ?? { x: 0, y: 0 }) },
        ...SIZE,
        data: { node, isNear: near.has(node.id), isFaded: isChosenHere && !near.has(node.id) && node.id !== chosen },
        selected: node.id === chosen,
        ariaLabel: `${KIND_WORDS[node.kind].one}: ${plainLine(node.label)}${node.status === undefined ? "" : `, ${plainLine(node.status, 20)}`}`,
      })),
    [graph, layout, near, chosen, isChosenHere],
  );
  const allEdges = useMemo(
    (): Edge[] =>
      graph.edges.map(({ from, to, kind }) => ({
        id: `${kind} ${from} ${to}`,
        source: from,
        target: to,
        type: "straight",
        focusable: false,
        className: `graph-edge is-${kind} ${!isChosenHere ? "" : from === chosen || to === chosen ? "is-near" : "is-faded"}`,
      })),
    [graph, chosen, isChosenHere],
  );
  const nodes = useMemo(() => all.slice(0, count), [all, count]);
  const edges = useMemo(() => {
    const known = new Set(nodes.map(({ id }) => id));
    return allEdges.filter(({ source, target }) => known.has(source) && known.has(target));
  }, [allEdges, nodes]);
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      onNodeClick={(_, { id }) => onChoose(id)}
      onNodesChange={(changes) => {
        for (const change of changes) if (change.type === "select" && change.selected) onChoose(change.id);
      }}
      onPaneClick={() => onChoose(undefined)}
      nodesDraggable={false}
      nodesConnectable={false}
      edgesFocusable={false}
      onInit={(made) => {
        setFlow(made);
        void made.fitBounds(boundsOf(layout), { padding: 0.02 });
      }}
      minZoom={0.1}
      maxZoom={1.6}
      proOptions={{ hideAttribution: false }}
    >
      <Background gap={28} size={1} />
      <Controls showInteractive={false} />
    </ReactFlow>
  );
};
export default GraphCanvas;
