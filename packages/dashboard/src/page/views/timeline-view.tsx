/** Canon over its blocks, and the way back to any moment of it. */
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useDeferredValue, useEffect, useState } from "react";
import type { Timeline } from "../../api.js";
import { useVerb, verbQuery } from "../asking.js";
import { figure, momentText, plural } from "../parts/figures.js";
import { Icon } from "../parts/icon.js";
import { Answered, Empty, Loading } from "../parts/notice.js";
import { StatusBar } from "../parts/status-bar.js";
import { go, hrefOf, momentOf, useRoute } from "../route.js";

const BlocksChart = lazy(() => import("./blocks-chart.js"));

/** A replay takes as many steps, whatever the length of canon, one each: slow enough to follow. */
const REPLAY_STEPS = 60;
const REPLAY_STEP_MS = 350;

const atOf = ({ buckets }: Timeline, blocks: number): number | undefined =>
  buckets.find(({ toBlocks }) => blocks <= toBlocks)?.at;

const ThenPanel = ({ blocks }: { readonly blocks: number }) => {
  const asked = useDeferredValue(blocks);
  const moment = useVerb("moment", { blocks: asked });
  return (
    <section className="card then" aria-labelledby="then">
      <h2 id="then">Canon after {plural(blocks, "block")}</h2>
      <Answered of={moment} what="that moment">
        {(then) => (
          <>
            <p className="muted" role="status">
              {then.at === undefined ? "These blocks carry no time" : momentText(then.at)}:{" "}
              {plural(then.entries.total, "entry", "entries")}, {plural(then.members, "member")},{" "}
              {plural(then.aliases, "merged problem")}.
            </p>
            <StatusBar byStatus={then.entries.byStatus} />
          </>
        )}
      </Answered>
      <p className="then-links">
        <a className="button" href={hrefOf("overview", { at: blocks })}>
          Overview then
        </a>
        <a className="button" href={hrefOf("entries", { at: blocks })}>
          Entries then
        </a>
      </p>
    </section>
  );
};

const Player = ({ timeline, at }: { readonly timeline: Timeline; readonly at: number | undefined }) => {
  const { from, to } = timeline;
  const blocks = Math.max(from, Math.min(to, at ?? to));
  const [isPlaying, setPlaying] = useState(false);
  const client = useQueryClient();
  const show = useCallback(
    (next: number): void => go("timeline", { at: next >= to ? undefined : Math.max(from, next) }, "replace"),
    [from, to],
  );
  const step = Math.max(1, Math.ceil((to - from) / REPLAY_STEPS));
  useEffect(() => {
    if (!isPlaying) return;
    // Asked for ahead, so that the picture keeps the pace.
    void client.prefetchQuery(verbQuery("moment", { blocks: Math.min(to, blocks + step) }));
    const timer = setTimeout(() => {
      if (blocks + step >= to) setPlaying(false);
      show(blocks + step);
    }, REPLAY_STEP_MS);
    return () => clearTimeout(timer);
  });
  const play = (): void => {
    if (!isPlaying && blocks >= to) show(from);
    setPlaying(!isPlaying);
  };
  // The chart follows a hand on the slider as fast as it can, and does not hold it up.
  const drawn = useDeferredValue(blocks);
  const time = atOf(timeline, blocks);
  const spoken = `after ${plural(blocks, "block")} of ${figure(to)}${time === undefined ? "" : `, ${momentText(time)}`}${at === undefined ? ", now" : ""}`;
  return (
    <>
      <section className="card" aria-labelledby="blocks">
        <h2 id="blocks">Records of canon, block by block</h2>
        <Suspense fallback={<Loading what="the chart" />}>
          <BlocksChart timeline={timeline} blocks={drawn} onChoose={show} />
        </Suspense>
        <div className="player">
          <button type="button" className="button is-primary" onClick={play}>
            <Icon name={isPlaying ? "pause" : "play"} />
            {isPlaying ? "Pause" : "Replay"}
          </button>
          <button type="button" className="button" onClick={() => show(blocks - 1)}>
            −1<span className="visually-hidden"> block</span>
          </button>
          <label className="grows">
            <span className="visually-hidden">Moment</span>
            <input
              type="range"
              min={from}
              max={to}
              value={blocks}
              aria-valuetext={spoken}
              onChange={({ target }) => {
                setPlaying(false);
                show(Number(target.value));
              }}
            />
          </label>
          <button type="button" className="button" onClick={() => show(blocks + 1)}>
            +1<span className="visually-hidden"> block</span>
          </button>
          <output className="player-where">{spoken}</output>
        </div>
      </section>
      <ThenPanel blocks={blocks} />
    </>
  );
};

const TimelineView = () => {
  const at = momentOf(useRoute());
  const timeline = useVerb("timeline", {});
  return (
    <Answered of={timeline} what="the timeline">
      {(answer) =>
        answer.to <= answer.from ? (
          <Empty>Canon has no blocks here yet. They come with the first connection to the swarm.</Empty>
        ) : (
          <Player timeline={answer} at={at} />
        )
      }
    </Answered>
  );
};
export default TimelineView;
