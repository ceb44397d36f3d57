import type { UseQueryResult } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import type { Overview } from "../../api.js";
import { useVerb } from "../asking.js";
import { useFeedState } from "../feed-context.js";
import type { Failure } from "../node.js";
import { duration, percent, plural, shortFigure } from "../parts/figures.js";
import { Foreign } from "../parts/foreign.js";
import { Icon } from "../parts/icon.js";
import { Answered, Empty, Loading } from "../parts/notice.js";
import { StatusBar } from "../parts/status-bar.js";
import { hrefOf } from "../route.js";
import { BriefEntries } from "./brief-entries.js";
import { EventLine } from "./event-line.js";

const TrafficChart = lazy(() => import("./traffic-chart.js"));

const Tile = ({
  name,
  value,
  note,
  href,
}: {
  readonly name: string;
  readonly value: string;
  readonly note: string;
  readonly href?: string;
}) => (
  <div className="tile">
    <dt>{href === undefined ? name : <a href={href}>{name}</a>}</dt>
    <dd>
      <span className="tile-value">{value}</span>
      <span className="tile-note">{note}</span>
    </dd>
  </div>
);

/** Older than this, and something holds canon back: three heartbeats. */
const FRESH_MS = 6000;

const freshness = ({
  blocks,
  known,
  ageMs,
  alarms,
}: Overview["canon"]): { readonly words: string; readonly isBad: boolean } => {
  if (alarms.length > 0) return { words: "not to be relied on further, see the alarm", isBad: true };
  if (ageMs === undefined) return { words: "no heartbeat of an orchestrator heard yet", isBad: true };
  if (known !== undefined && known > blocks)
    return { words: `catching up: ${plural(known - blocks, "block")} to go`, isBad: false };
  return ageMs <= FRESH_MS
    ? { words: `up to date, heard ${duration(ageMs)} ago`, isBad: false }
    : { words: `the orchestrator was last heard ${duration(ageMs)} ago`, isBad: true };
};

const Saved = ({ overview }: { readonly overview: Overview }) => {
  const { repeatsPrevented, recalls } = overview;
  const share = recalls === 0 ? 0 : repeatsPrevented / recalls;
  return (
    <section className="card saved" aria-labelledby="saved">
      <h2 id="saved">What sharing saved here</h2>
      <p className="saved-figure">
        <strong>{shortFigure(repeatsPrevented)}</strong>
        <span>{repeatsPrevented === 1 ? "search" : "searches"} that nobody had to repeat</span>
      </p>
      <p className="muted">
        {recalls === 0
          ? "No agent of this node has asked yet."
          : `${percent(share)} of ${plural(recalls, "recall")} by agents of this node spared somebody a search.`}
      </p>
    </section>
  );
};

const Known = ({ overview }: { readonly overview: Overview }) => {
  const fresh = freshness(overview.canon);
  return (
    <section className="card known" aria-labelledby="known">
      <h2 id="known">What is known</h2>
      <p className="known-figure">
        <strong>{shortFigure(overview.entries.total)}</strong> <span>entries of canon</span>
      </p>
      <StatusBar byStatus={overview.entries.byStatus} />
      <p className={fresh.isBad ? "fresh is-bad" : "fresh"}>
        <span className="dot" aria-hidden="true" />
        <span>
          Canon: {plural(overview.canon.blocks, "block")}
          {overview.canon.term === undefined ? "" : `, term ${overview.canon.term}`}; {fresh.words}.
        </span>
      </p>
    </section>
  );
};

const Tiles = ({ overview }: { readonly overview: Overview }) => (
  <dl className="tiles">
    <Tile
      name="Here now"
      value={shortFigure(overview.present)}
      note={`of ${plural(overview.members, "member")}`}
      href={hrefOf("members")}
    />
    <Tile
      name="Signals"
      value={shortFigure(overview.signals)}
      note={`and ${plural(overview.outcomes, "outcome")}, from this node`}
    />
    <Tile name="Waiting" value={shortFigure(overview.pending)} note="not judged by canon yet" />
    <Tile name="Secrets removed" value={shortFigure(overview.redactions)} note="before anything was signed" />
    <Tile
      name="Refusals"
      value={shortFigure(overview.refusals)}
      note={overview.refusals === 0 ? "nothing broke a rule" : "by rule: see what to do"}
      href={hrefOf("alarms")}
    />
  </dl>
);

const Newest = () => {
  const newest = useVerb("entries", { sort: "newest", limit: 5 });
  return (
    <section className="card" aria-labelledby="newest">
      <h2 id="newest">Newest entries</h2>
      <Answered of={newest} what="the newest entries">
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty>Nothing yet. The first remedy that an agent reports stands here.</Empty>
          ) : (
            <BriefEntries rows={rows} />
          )
        }
      </Answered>
    </section>
  );
};

const Happening = () => {
  const events = useFeedState((state) => state.events);
  return (
    <section className="card" aria-labelledby="happening">
      <h2 id="happening">
        <a href={hrefOf("feed")}>Happening now</a>
      </h2>
      {events.length === 0 ? (
        <Empty>Quiet. What happens from now on stands here.</Empty>
      ) : (
        <ol className="events is-brief">
          {events.slice(0, 8).map((event) => (
            <EventLine key={event.number} event={event} isBrief />
          ))}
        </ol>
      )}
    </section>
  );
};

/** An orchestrator with a relay of its own has nothing to connect to. */
const isWell = ({ connection, node }: Overview): boolean =>
  connection === "online" || (connection === "none" && node.role === "orchestrator");

const Connections = ({ overview }: { readonly overview: Overview }) => (
  <p className="standing">
    This is <Foreign text={overview.node.name} max={60} />, {overview.node.role} of the swarm{" "}
    <Foreign text={overview.swarmName} max={60} />.{" "}
    <span className={isWell(overview) ? "connection" : "connection is-bad"}>
      <span className="dot" aria-hidden="true" />
      {overview.connection === "none" ? "the others come to it" : overview.connection}
      {Object.entries(overview.connections).length === 0
        ? ""
        : `: ${Object.entries(overview.connections)
            .map(([transport, state]) => `${transport} ${state}`)
            .join(", ")}`}
    </span>
  </p>
);

export const OverviewNow = ({ of }: { readonly of: UseQueryResult<Overview, Failure> }) => (
  <Answered of={of} what="the overview">
    {(overview) => (
      <div className="overview">
        {overview.canon.alarms.map((message) => (
          <p key={message} role="alert" className="alarm-banner">
            <Icon name="alarm" />
            <span>
              <b>Red alarm:</b> <Foreign text={message} max={400} />{" "}
              <a href={hrefOf("alarms")}>What this means, and what to do</a>
            </span>
          </p>
        ))}
        <Connections overview={overview} />
        <div className="overview-top">
          <Saved overview={overview} />
          <Known overview={overview} />
        </div>
        <Tiles overview={overview} />
        <section className="card" aria-labelledby="traffic">
          <h2 id="traffic">Traffic</h2>
          <Suspense fallback={<Loading what="the chart" />}>
            <TrafficChart traffic={overview.traffic} />
          </Suspense>
        </section>
        <div className="overview-bottom">
          <Newest />
          <Happening />
        </div>
      </div>
    )}
  </Answered>
);
