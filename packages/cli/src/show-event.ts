/** One event of a feed as one line. */
import type { FeedEvent } from "./feed.js";
import type { Paint } from "./output.js";
import { oneLine } from "./printable.js";

const text = (value: unknown, max = 120): string =>
  value === undefined || value === null ? "" : oneLine(typeof value === "string" ? value : JSON.stringify(value), max);

const inside = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? (value as { readonly [key: string]: unknown })[key] : undefined;

const tell = (event: FeedEvent): string => {
  switch (event.event) {
    case "watching":
      return `swarm ${text(event.swarmName)} as ${text(event.name)}; connection ${text(event.connection)}`;
    case "immunized":
      return `${text(event.title)} -> ${text(inside(event.mitigation, "text"))} (${text(event.id)})`;
    case "verdict":
      return [event.status, event.entry, event.rule, event.reason]
        .map((part) => text(part))
        .filter((part) => part !== "")
        .join(" ");
    case "status":
      return `${text(event.title)}: ${text(event.before)} -> ${text(event.status)}: ${text(event.reason)} (${text(event.id)})`;
    case "evidence":
      return `${text(event.title)}: +${count(event.worked)} worked, +${count(event.failed)} failed (${text(event.id)})`;
    case "member":
      return `${text(event.name)} ${text(event.role)} ${text(event.status)} ${text(event.reason)}`.trimEnd();
    case "refused":
      return `${text(inside(event.refusal, "rule"))}: ${text(inside(event.refusal, "message"), 300)}`;
    case "connection":
      return `${text(event.state)}: ${text(event.why)}`;
    case "alarm":
      return text(event.message, 500);
    case "missed":
      return `${text(event.count)} events, because this watcher reads too slowly`;
    default: {
      const { event: _, at: __, ...rest } = event;
      return text(rest, 300);
    }
  }
};

const count = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

const STYLES = { immunized: "green", alarm: "red", refused: "red", missed: "yellow", status: "yellow" } as const;

export const showEvent = (paint: Paint, event: FeedEvent): string => {
  const name = oneLine(event.event, 20).padEnd(10);
  const style = Object.hasOwn(STYLES, event.event) ? STYLES[event.event as keyof typeof STYLES] : "cyan";
  return `${paint("dim", oneLine(event.at, 40))} ${paint(style, name)} ${tell(event)}`;
};
