/**
 * A list of up to millions of entries of which only those in sight are drawn, and only their pages are asked for. One stop of the tab
 * key; arrows, Page Up and Down, Home and End move in it.
 */
import { useQueries, useQueryClient } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, memo, useEffect, useRef, useState } from "react";
import type { EntriesQuery, EntryRow } from "../../api.js";
import { verbQuery } from "../asking.js";
import { Ago } from "../parts/ago.js";
import { Confidence } from "../parts/confidence.js";
import { plural } from "../parts/figures.js";
import { Foreign } from "../parts/foreign.js";
import { Answered, Empty } from "../parts/notice.js";
import { Status } from "../parts/status.js";
import { hrefOf, type Parameters } from "../route.js";

/** Rows of one question: a few screens, so that scrolling by the wheel waits for nothing. */
const PAGE_ROWS = 100;
const ROW_PX = 78;
/** Browsers end an element at some 16 million pixels (Firefox) or 33 (Chromium); beyond this the list says so. */
const MAX_ROWS = 200_000;

export const firstPage = (query: EntriesQuery): EntriesQuery => ({ ...query, offset: 0, limit: PAGE_ROWS });

interface RowProps {
  readonly row: EntryRow;
  readonly href: string;
  readonly isChosen: boolean;
  /** The one row that the tab key reaches. */
  readonly isStop: boolean;
}

const Row = memo(({ row, href, isChosen, isStop }: RowProps) => (
  <a href={href} className="row" aria-current={isChosen ? "true" : undefined} tabIndex={isStop ? 0 : -1}>
    <span className="row-words">
      <span className="row-title">
        <Foreign text={row.title} max={160} />
      </span>
      <span className="row-remedy">
        <Foreign text={row.remedy} max={200} />
      </span>
    </span>
    <span className="row-side">
      <Status status={row.status} />
      <Confidence mean={row.confidence} worked={row.worked} failed={row.failed} />
    </span>
    <span className="row-meta muted">
      {row.domain === undefined ? null : (
        <span className="row-domain">
          <Foreign text={row.domain} max={24} />
        </span>
      )}
      <Foreign text={row.authorName ?? row.author} max={24} />
      <Ago at={row.at} />
    </span>
  </a>
));

interface Props {
  readonly query: EntriesQuery;
  readonly chosen: string | undefined;
  readonly hrefParameters: Parameters;
}

export const EntryList = ({ query, chosen, hrefParameters }: Props) => {
  const scroller = useRef<HTMLDivElement>(null);
  const client = useQueryClient();
  const [total, setTotal] = useState(
    () => client.getQueryData(verbQuery("entries", firstPage(query)).queryKey)?.total ?? 0,
  );
  const [focused, setFocused] = useState(0);
  const isMoving = useRef(false);
  const count = Math.min(total, MAX_ROWS);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 6,
  });
  const items = virtual.getVirtualItems();
  const first = Math.floor((items[0]?.index ?? 0) / PAGE_ROWS);
  const last = Math.floor((items.at(-1)?.index ?? 0) / PAGE_ROWS);
  const pages = useQueries({
    queries: Array.from({ length: last - first + 1 }, (_, i) => ({
      ...verbQuery("entries", { ...query, offset: (first + i) * PAGE_ROWS, limit: PAGE_ROWS }),
    })),
  });
  const answered = pages.find(({ data }) => data !== undefined)?.data;
  useEffect(() => {
    if (answered !== undefined) setTotal(answered.total);
  }, [answered]);
  const rowAt = (index: number): EntryRow | undefined => {
    const data = pages[Math.floor(index / PAGE_ROWS) - first]?.data;
    return data === undefined || data.offset !== Math.floor(index / PAGE_ROWS) * PAGE_ROWS
      ? undefined
      : data.rows[index % PAGE_ROWS];
  };

  // The row to go to may not be drawn yet: it gets the focus as soon as it is.
  useEffect(() => {
    if (!isMoving.current) return;
    const link = scroller.current?.querySelector<HTMLElement>(`[data-index="${focused}"] a`);
    if (link === null || link === undefined) return;
    link.focus({ preventScroll: true });
    isMoving.current = false;
  });
  const move = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? ROW_PX) / ROW_PX) - 1);
    const steps: { readonly [key: string]: number } = {
      ArrowDown: focused + 1,
      ArrowUp: focused - 1,
      PageDown: focused + page,
      PageUp: focused - page,
      Home: 0,
      End: count - 1,
    };
    const next = steps[event.key];
    if (next === undefined || count === 0) return;
    event.preventDefault();
    const bounded = Math.max(0, Math.min(count - 1, next));
    isMoving.current = true;
    setFocused(bounded);
    virtual.scrollToIndex(bounded);
  };

  // When the row that had the focus is scrolled away, the first one in sight is reached instead.
  const stop = items.some(({ index }) => index === focused) ? focused : items[0]?.index;
  const newest = pages[0];
  if (newest === undefined || answered === undefined)
    return newest === undefined ? null : (
      <Answered of={newest} what="the entries">
        {() => null}
      </Answered>
    );
  return (
    <>
      <p className="list-count" role="status">
        {plural(answered.total, "entry", "entries")}
        {total > MAX_ROWS ? `; the first ${plural(MAX_ROWS, "row")} can be scrolled to: filter for the others` : ""}
      </p>
      {answered.total === 0 ? (
        <Empty>No entry fits. Take a filter away, or wait for the first report.</Empty>
      ) : (
        // biome-ignore lint/a11y/noStaticElementInteractions: the keys move between the links in it
        <div className="list card" ref={scroller} onKeyDown={move}>
          <ol style={{ height: virtual.getTotalSize() }} aria-label="Entries">
            {items.map(({ index, key, start }) => {
              const row = rowAt(index);
              return (
                <li
                  key={key}
                  data-index={index}
                  aria-posinset={index + 1}
                  aria-setsize={count}
                  style={{ transform: `translateY(${start}px)`, height: ROW_PX }}
                  onFocus={() => setFocused(index)}
                >
                  {row === undefined ? (
                    <span className="row is-coming" />
                  ) : (
                    <Row
                      row={row}
                      href={hrefOf("entries", { ...hrefParameters, id: row.id })}
                      isChosen={row.id === chosen}
                      isStop={index === stop}
                    />
                  )}
                </li>
              );
            })}
          </ol>
        </div>
      )}
    </>
  );
};
