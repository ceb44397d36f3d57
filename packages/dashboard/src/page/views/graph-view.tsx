/** Problems, what cures them, who found and tried it, and where they belong: drawn, and as a table that says the same. */
import { useDeferredValue, useMemo, useState } from "react";
import type { Graph, GraphNode } from "../../api.js";
import { useVerb } from "../asking.js";
import { DataTable } from "../parts/data-table.js";
import { figure, plural } from "../parts/figures.js";
import { Foreign } from "../parts/foreign.js";
import { Icon } from "../parts/icon.js";
import { Answered, Empty, Loading } from "../parts/notice.js";
import { isKnownStatus, Status } from "../parts/status.js";
import { plainLine } from "../printable.js";
import { go, hrefOf, useRoute } from "../route.js";
import GraphCanvas from "./graph-canvas.js";
import { EDGE_WORDS, KIND_WORDS, KINDS } from "./graph-words.js";
import { useLayout } from "./use-layout.js";

const LIMITS = [60, 150, 300, 500] as const;

interface Neighbour {
  readonly words: string;
  readonly node: GraphNode;
}

const neighboursIn = (graph: Graph): ReadonlyMap<string, readonly Neighbour[]> => {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const neighbours = new Map<string, Neighbour[]>(graph.nodes.map(({ id }) => [id, []]));
  for (const { from, to, kind } of graph.edges) {
    const [source, target] = [nodes.get(from), nodes.get(to)];
    const [out, into] = EDGE_WORDS[kind] ?? ["is connected with", "is connected with"];
    if (source === undefined || target === undefined) continue;
    neighbours.get(from)?.push({ words: out, node: target });
    neighbours.get(to)?.push({ words: into, node: source });
  }
  return neighbours;
};

const entryOf = ({ id, kind }: GraphNode): string | undefined =>
  kind === "remedy" ? id.slice("remedy:".length) : undefined;

const linkOf = (node: GraphNode): string | undefined => {
  const entry = entryOf(node);
  if (entry !== undefined) return hrefOf("entries", { id: entry });
  const rest = node.id.slice(node.kind.length + 1);
  if (node.kind === "problem") return hrefOf("entries", { text: rest });
  return node.kind === "agent" ? hrefOf("entries", { author: rest }) : hrefOf("entries", { domain: rest });
};

const Chosen = ({
  node,
  neighbours,
  onChoose,
}: {
  readonly node: GraphNode;
  readonly neighbours: readonly Neighbour[];
  readonly onChoose: (id: string | undefined) => void;
}) => (
  <aside className="panel card graph-panel" aria-label="Chosen node">
    <div className="panel-head">
      <h2>
        <Icon name={KIND_WORDS[node.kind].icon} /> {KIND_WORDS[node.kind].one}
      </h2>
      <button type="button" className="button is-small" onClick={() => onChoose(undefined)}>
        <Icon name="cross" />
        Close
      </button>
    </div>
    <p className="graph-panel-label">
      <Foreign text={node.label} max={300} />
    </p>
    {node.status !== undefined && isKnownStatus(node.status) ? (
      <p>
        <Status status={node.status} />
      </p>
    ) : null}
    <p className="graph-panel-links">
      <a className="button" href={linkOf(node)}>
        {node.kind === "remedy" ? "Show the entry" : "Its entries"}
      </a>
      <button type="button" className="button" onClick={() => go("graph", { around: node.id })}>
        Draw what is around it
      </button>
    </p>
    <h3>{plural(neighbours.length, "connection")}</h3>
    <ul className="neighbours">
      {neighbours.slice(0, 100).map(({ words, node: other }) => (
        <li key={`${words} ${other.id}`}>
          {words}{" "}
          <button type="button" className="as-link" onClick={() => onChoose(other.id)}>
            <Icon name={KIND_WORDS[other.kind].icon} />
            <Foreign text={other.label} max={70} />
          </button>
        </li>
      ))}
    </ul>
  </aside>
);

const Table = ({
  graph,
  neighbours,
}: {
  readonly graph: Graph;
  readonly neighbours: ReadonlyMap<string, readonly Neighbour[]>;
}) => (
  <DataTable
    caption="Nodes of the problem graph with what they are connected with"
    rows={graph.nodes}
    keyOf={({ id }) => id}
    columns={[
      { name: "Kind", cell: ({ kind }) => KIND_WORDS[kind].one },
      {
        name: "Name",
        cell: (node) => (
          <a href={linkOf(node)}>
            <Foreign text={node.label} max={160} />
          </a>
        ),
      },
      {
        name: "Status",
        cell: ({ status }) => (status === undefined || !isKnownStatus(status) ? "" : <Status status={status} />),
      },
      {
        name: "Connections",
        cell: ({ id }) => {
          const all = neighbours.get(id) ?? [];
          return (
            <>
              {all.slice(0, 6).map(({ words, node }) => (
                <span key={`${words} ${node.id}`} className="connection-line">
                  {words} <Foreign text={node.label} max={60} />
                </span>
              ))}
              {all.length > 6 ? <span className="muted">and {figure(all.length - 6)} more</span> : null}
            </>
          );
        },
      },
    ]}
  />
);

const GraphView = () => {
  const { parameters } = useRoute();
  const { around, domain = "", limit = "150" } = parameters;
  const [chosen, setChosen] = useState(around);
  const [asTable, setAsTable] = useState(false);
  const set = (changed: { readonly [name: string]: string | undefined }): void =>
    go("graph", { ...parameters, ...changed });
  const answer = useVerb("graph", {
    ...(around === undefined ? {} : { around }),
    ...(domain === "" ? {} : { domain }),
    limit: Math.min(500, Math.max(1, Number(limit) || 150)),
  });
  const { data: lists } = useVerb("entries", { limit: 1 });
  const laidOut = useDeferredValue(useLayout(answer.data));
  const neighbours = useMemo(() => (answer.data === undefined ? new Map() : neighboursIn(answer.data)), [answer.data]);
  const node = answer.data?.nodes.find(({ id }) => id === chosen);

  return (
    <div className="graph">
      <search className="tools" aria-label="Part of the graph">
        <label>
          Domain
          <select value={domain} onChange={({ target }) => set({ domain: target.value, around: undefined })}>
            <option value="">All</option>
            {(lists?.domains ?? []).map((name) => (
              <option key={name} value={name}>
                {plainLine(name, 40)}
              </option>
            ))}
          </select>
        </label>
        <label>
          Nodes
          <select value={limit} onChange={({ target }) => set({ limit: target.value })}>
            {LIMITS.map((count) => (
              <option key={count} value={count}>
                at most {count}
              </option>
            ))}
          </select>
        </label>
        {around === undefined ? null : (
          <button type="button" className="button" onClick={() => set({ around: undefined })}>
            <Icon name="back" />
            The whole graph
          </button>
        )}
        <button type="button" className="button" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          <Icon name="entries" />
          As a table
        </button>
        <ul className="graph-legend" aria-label="Signs">
          {KINDS.map((kind) => (
            <li key={kind} className={`is-${kind}`}>
              <Icon name={KIND_WORDS[kind].icon} />
              {KIND_WORDS[kind].many}
            </li>
          ))}
          <li className="is-worked">worked</li>
          <li className="is-failed">failed</li>
        </ul>
      </search>
      <Answered of={answer} what="the graph">
        {(graph) =>
          graph.nodes.length === 0 ? (
            <Empty>No problem is known yet, or none of this domain.</Empty>
          ) : (
            <>
              <p className="list-count" role="status">
                {plural(graph.nodes.length, "node")}, {plural(graph.edges.length, "connection")}
                {graph.leftOut > 0 ? `; ${figure(graph.leftOut)} with less behind them are left out` : ""}
              </p>
              {asTable ? (
                <Table graph={graph} neighbours={neighbours} />
              ) : (
                <div className="graph-area">
                  <section className="graph-canvas card" aria-label="Problem graph; the same stands in the table">
                    {laidOut === undefined ? (
                      <Loading what="the drawing" />
                    ) : (
                      <GraphCanvas key={around} laidOut={laidOut} chosen={chosen} onChoose={setChosen} />
                    )}
                  </section>
                  {node === undefined ? null : (
                    <Chosen node={node} neighbours={neighbours.get(node.id) ?? []} onChoose={setChosen} />
                  )}
                </div>
              )}
            </>
          )
        }
      </Answered>
    </div>
  );
};
export default GraphView;
