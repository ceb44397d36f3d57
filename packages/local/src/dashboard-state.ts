/**
 * What is kept beside a peer for whoever looks at it: its entries in order, what happened since the node began, and one past view. All of
 * it follows from canon and from the peer's events, is bounded, and is made anew when canon is not what it was.
 */
import type { ViewEvent } from "@herdmind/experience";
import type { WriterId } from "@herdmind/protocol";
import type { Peer } from "herdmind";
import { type CanonTimeline, createCanonTimeline } from "./canon-timeline.js";
import { createEntryTable, type EntryTable } from "./entry-table.js";
import { createPastViews, type PastViews } from "./past-views.js";
import { createTraffic, type Traffic } from "./traffic.js";

export interface Refusing {
  readonly at: number;
  readonly rule: string;
  readonly message: string;
  readonly by: "us" | "peer" | "canon";
  readonly writer?: WriterId;
}

export interface DashboardState {
  table(): EntryTable;
  readonly past: PastViews;
  readonly timeline: CanonTimeline;
  readonly traffic: Traffic;
  /** Newest first. */
  refused(): readonly Refusing[];
  /** When an alarm was first heard, by its message. */
  alarmedAt(message: string): number | undefined;
}

/** Refusals and alarms that are kept: whoever causes them must not fill the memory. */
const MAX_REFUSED = 200;
const MAX_ALARMS = 200;
const MAX_MESSAGE_CHARS = 600;

const states = new WeakMap<Peer["canon"], DashboardState>();

/** The same for each call on one peer. It counts from the first one on. */
export const dashboardOf = (peer: Peer): DashboardState => {
  const known = states.get(peer.canon);
  if (known !== undefined) return known;
  const made = createDashboardState(peer);
  states.set(peer.canon, made);
  return made;
};

const createDashboardState = (peer: Peer): DashboardState => {
  const { canon } = peer;
  const past = createPastViews(peer);
  const timeline = createCanonTimeline(peer);
  const traffic = createTraffic();
  const refused: Refusing[] = [];
  const alarms = new Map<string, number>();
  let table: EntryTable | undefined;

  const refuse = (one: Refusing): void => {
    refused.push({ ...one, message: one.message.slice(0, MAX_MESSAGE_CHARS).toWellFormed() });
    if (refused.length > MAX_REFUSED) refused.shift();
  };
  const take = (event: ViewEvent): void => {
    const at = canon.view.clock?.at ?? Date.now();
    switch (event.type) {
      case "immunized":
        table?.add(event.entry);
        traffic.count(at, { signals: 1, entries: 1 });
        break;
      case "evidence":
        table?.touch();
        traffic.count(at, { signals: event.worked.length + event.failed.length, entries: 0 });
        break;
      case "verdict": {
        const { rule, reason, of } = event.verdict;
        refuse({ at, rule, message: reason, by: "canon", writer: of.writer });
        traffic.count(at, { signals: 1, entries: 0 });
        break;
      }
      case "status":
      case "member":
      case "revoked":
        table?.touch();
        break;
      default:
    }
  };
  canon.subscribe((event) => {
    if (event.type === "changed") take(event.event);
    else if (event.type === "rebuilt") {
      table = undefined;
      past.forget();
      timeline.forget();
    } else if (event.type === "alarm" && alarms.size < MAX_ALARMS) {
      if (!alarms.has(event.alarm.message)) alarms.set(event.alarm.message, Date.now());
    }
  });
  peer.on("refused", ({ refusal: { rule, message, log }, by }) =>
    refuse({ at: Date.now(), rule, message, by, ...(log === undefined ? {} : { writer: log.writer }) }),
  );
  return {
    table: () => (table ??= createEntryTable(canon.view)),
    past,
    timeline,
    traffic,
    refused: () => refused.toReversed(),
    alarmedAt: (message) => alarms.get(message),
  };
};
