/** What happens, as it happens: the newest thousand events of this node. */
import { useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { type FeedEvent, MAX_EVENTS } from "../feed.js";
import { useFeedState } from "../feed-context.js";
import { figure, plural } from "../parts/figures.js";
import { Icon } from "../parts/icon.js";
import { Empty } from "../parts/notice.js";
import { plainLine } from "../printable.js";
import { EventLine } from "./event-line.js";
import { EVENT_NAMES, plainEvent } from "./event-words.js";

/** Elements that are drawn at once; further ones on request. */
const PAGE = 150;
/** A screen reader is told at most once in so many ms, and then of the newest and how many more. */
const SPOKEN_EVERY_MS = 3000;

/** The newest event as a sentence, no more often than it can be listened to. */
const useSpoken = (events: readonly FeedEvent[], isPaused: boolean): string => {
  const [spoken, setSpoken] = useState("");
  const told = useRef(0);
  const newest = useRef(events);
  newest.current = events;
  useEffect(() => {
    if (isPaused) return;
    told.current = newest.current[0]?.number ?? 0;
    const timer = setInterval(() => {
      const [first] = newest.current;
      if (first === undefined || first.number === told.current) return;
      const others = newest.current.filter(({ number }) => number > told.current).length - 1;
      told.current = first.number;
      setSpoken(`${plainLine(plainEvent(first), 160)}${others > 0 ? `, and ${plural(others, "other event")}` : ""}`);
    }, SPOKEN_EVERY_MS);
    return () => clearInterval(timer);
  }, [isPaused]);
  return spoken;
};

const FeedView = () => {
  const live = useFeedState((state) => state.events);
  const count = useFeedState((state) => state.count);
  const [paused, setPaused] = useState<readonly FeedEvent[]>();
  const [kind, setKind] = useState("");
  const [words, setWords] = useState("");
  const [pages, setPages] = useState(1);
  const events = useDeferredValue(paused ?? live);
  const kinds = useMemo(() => [...new Set(events.map(({ event }) => event))].sort(), [events]);
  const wanted = useDeferredValue(words.trim().toLowerCase());
  const shown = useMemo(
    () =>
      events.filter(
        (event) =>
          (kind === "" || event.event === kind) && (wanted === "" || plainEvent(event).toLowerCase().includes(wanted)),
      ),
    [events, kind, wanted],
  );
  const spoken = useSpoken(live, paused !== undefined);
  const missing = paused === undefined ? 0 : (live[0]?.number ?? 0) - (paused[0]?.number ?? 0);

  return (
    <>
      <search className="tools" aria-label="Filter of the feed">
        <button
          type="button"
          className="button is-primary"
          aria-pressed={paused !== undefined}
          onClick={() => setPaused(paused === undefined ? live : undefined)}
        >
          <Icon name={paused === undefined ? "pause" : "play"} />
          {paused === undefined ? "Pause" : "Go on"}
        </button>
        <label>
          Kind
          <select value={kind} onChange={({ target }) => setKind(target.value)}>
            <option value="">All</option>
            {[...new Set([...Object.keys(EVENT_NAMES), ...kinds])].map((name) => (
              <option key={name} value={name}>
                {EVENT_NAMES[name] ?? plainLine(name, 30)}
              </option>
            ))}
          </select>
        </label>
        <label className="grows">
          Words
          <input type="search" value={words} onChange={({ target }) => setWords(target.value)} />
        </label>
        <p className="tools-note">
          {paused === undefined ? null : `Paused, ${plural(missing, "newer event")}. `}
          {count > MAX_EVENTS
            ? `The newest ${figure(MAX_EVENTS)} of ${figure(count)}.`
            : `${plural(count, "event")} since this page was opened.`}
        </p>
      </search>
      <p className="visually-hidden" role="status" aria-live="polite">
        {spoken}
      </p>
      {shown.length === 0 ? (
        <Empty>
          {events.length === 0
            ? "Nothing has happened since this page was opened. Reports, outcomes and verdicts stand here as they come."
            : "No event fits this filter."}
        </Empty>
      ) : (
        <ol className="events card" aria-label="Events, newest first" reversed>
          {shown.slice(0, pages * PAGE).map((event) => (
            <EventLine key={event.number} event={event} />
          ))}
        </ol>
      )}
      {shown.length > pages * PAGE ? (
        <button type="button" className="button" onClick={() => setPages(pages + 1)}>
          Show {figure(Math.min(PAGE, shown.length - pages * PAGE))} more
        </button>
      ) : null}
    </>
  );
};
export default FeedView;
