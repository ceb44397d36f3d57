/** The drawing of the problem graph. Each node is a stop of the tab key; Enter chooses it. */
import { Background, Controls, type Edge, Handle, type Node, type NodeProps, Position, ReactFlow } from "@xyflow/react";
import "./graph-canvas.css";
import { memo, useMemo } from "react";
import type { GraphNode } from "../../api.js";
import { Foreign } from "../parts/foreign.js";
import { Icon } from "../parts/icon.js";
import { plainLine } from "../printable.js";
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

interface Props {
  readonly laidOut: LaidOut;
  readonly chosen: string | undefined;
  readonly onChoose: (id: string | undefined) => void;
}

const GraphCanvas = ({ laidOut: { graph, layout }, chosen, onChoose }: Props) => {
  const near = useMemo(
    () =>
      new Set(
        graph.edges.filter(({ from, to }) => from === chosen || to === chosen).flatMap(({ from, to }) => [from, to]),
      ),
    [graph, chosen],
  );
  const isChosenHere = graph.nodes.some(({ id }) => id === chosen);
  const nodes = useMemo(
    (): Drawn[] =>
      graph.nodes.map((node, i) => ({
        id: node.id,
        type: "ours",
        position: { ...(layout[i] ?? { x: 0, y: 0 }) },
        data: { node, isNear: near.has(node.id), isFaded: isChosenHere && !near.has(node.id) && node.id !== chosen },
        selected: node.id === chosen,
        ariaLabel: `${KIND_WORDS[node.kind].one}: ${plainLine(node.label)}${node.status === undefined ? "" : `, ${plainLine(node.status, 20)}`}`,
      })),
    [graph, layout, near, chosen, isChosenHere],
  );
  const edges = useMemo((): Edge[] => {
    const known = new Set(graph.nodes.map(({ id }) => id));
    return graph.edges
      .filter(({ from, to }) => known.has(from) && known.has(to))
      .map(({ from, to, kind }) => ({
        id: `${kind} ${from} ${to}`,
        source: from,
        target: to,
        type: "straight",
        focusable: false,
        className: `graph-edge is-${kind} ${!isChosenHere ? "" : from === chosen || to === chosen ? "is-near" : "is-faded"}`,
      }));
  }, [graph, chosen, isChosenHere]);
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
      fitView
      fitViewOptions={{ padding: 0.08 }}
      minZoom={0.1}
      maxZoom={2}
      onlyRenderVisibleElements={nodes.length > 200}
      proOptions={{ hideAttribution: false }}
    >
      <Background gap={28} size={1} />
      <Controls showInteractive={false} />
    </ReactFlow>
  );
};
export default GraphCanvas;
