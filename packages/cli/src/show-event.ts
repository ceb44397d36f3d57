/** One event of a feed as one line. */
import type { FeedEvent } from "@herdmind/local/client";
import type { Paint } from "./output.js";
import { oneLine } from "./printable.js";

/** A value from a feed, whatever it is, as printable text. */
const text = (value: unknown, max = 120): string =>
  value === undefined || value === null ? "" : oneLine(typeof value === "string" ? value : JSON.stringify(value), max);

/** Members of a member that should be an object. */
const inside = (value: unknown): { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null ? (value as { readonly [key: string]: unknown }) : {};

const count = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

const tell = (event: FeedEvent): string => {
  switch (event.event) {
    case "watching":
      return `swarm ${text(event.swarmName)} as ${text(event.name)}; connection ${text(event.connection)}`;
    case "immunized": {
      const { title, mitigation, id, concerns } = inside(event.entry);
      const isOurs = concerns === false ? "; of no concern for this profile" : "";
      return `${text(title)} -> ${text(inside(mitigation).text)} (${text(id)})${isOurs}`;
    }
    case "verdict": {
      const { status, entry, rule, reason } = inside(event.verdict);
      const parts = [status, entry, rule, reason].map((part) => text(part));
      return parts.filter((part) => part !== "").join(" ");
    }
    case "status":
      return `${text(event.title)}: ${text(event.before)} -> ${text(event.status)}: ${text(event.reason)} (${text(event.id)})`;
    case "evidence":
      return `${text(event.title)}: +${count(event.worked)} worked, +${count(event.failed)} failed (${text(event.id)})`;
    case "member": {
      const { name, role, status, reason } = inside(event.member);
      return `${text(name)}, role ${text(role)}: ${text(status)} ${text(reason)}`.trimEnd();
    }
    case "refused": {
      const { rule, message } = inside(event.refusal);
      return `${text(rule)}: ${text(message, 300)}`;
    }
    case "connection":
      return `${text(event.state)}: ${text(event.why)}`;
    case "present":
      return `${text(event.name)} (${text(event.writer, 12)}) ${event.isHere === true ? "is here" : "has left"}`;
    case "claim":
      return `${text(event.writer, 12)} ${event.isHeld === true ? "solves" : "has ended"} ${text(event.fingerprint)}`;
    case "waiting":
      return `${text(event.agent, 12)} waits for ${text(event.holder, 12)}, at most ${text(event.patienceMs)} ms, who solves ${text(event.fingerprint)}`;
    case "waited":
      return `${text(event.agent, 12)} waited ${text(event.ms)} ms for ${text(event.holder, 12)}: ${event.isLearned === true ? "a remedy is known" : "nothing came"} (${text(event.fingerprint)})`;
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

const STYLES = { immunized: "green", alarm: "red", refused: "red", missed: "yellow", status: "yellow" } as const;

export const showEvent = (paint: Paint, event: FeedEvent): string => {
  const name = text(event.event, 20).padEnd(10);
  const style = Object.hasOwn(STYLES, event.event) ? STYLES[event.event as keyof typeof STYLES] : "cyan";
  return `${paint("dim", text(event.at, 40))} ${paint(style, name)} ${tell(event)}`;
};
