import type { FeedEvent } from "../feed.js";
import { clockText } from "../parts/figures.js";
import { Foreign } from "../parts/foreign.js";
import { hrefOf } from "../route.js";
import { tellEvent } from "./event-words.js";

/** One event on one line. */
export const EventLine = ({ event, isBrief = false }: { readonly event: FeedEvent; readonly isBrief?: boolean }) => {
  const { name, tone, parts, entry } = tellEvent(event);
  return (
    <li className={`event is-${tone}`} data-event={event.event}>
      <time dateTime={event.at}>{clockText(Date.parse(event.at))}</time>
      <span className="event-name">
        <Foreign text={name} max={20} />
      </span>
      <span className="event-words">
        {parts.map((part, place) =>
          typeof part === "string" ? (
            part
          ) : (
            // Parts are words in a fixed order.
            // biome-ignore lint/suspicious/noArrayIndexKey: see above
            <Foreign key={place} text={part.foreign} max={isBrief ? 60 : 300} />
          ),
        )}
        {entry === undefined || isBrief ? null : (
          <>
            {" "}
            <a href={hrefOf("entries", { id: entry })}>
              Show<span className="visually-hidden"> this entry</span>
            </a>
          </>
        )}
      </span>
    </li>
  );
};
