/** An event of the feed in words. Whatever a member is, it is read as data: an event of a newer node shows what is known of it. */
import type { FeedEvent } from "../feed.js";

/** `tone`: what it means to somebody who looks after the swarm. */
export interface Told {
  readonly name: string;
  readonly tone: "good" | "bad" | "warn" | "plain";
  /** Words of ours and texts of others, in turn. */
  readonly parts: readonly (string | { readonly foreign: string })[];
  readonly entry?: string;
}

type Members = { readonly [name: string]: unknown };
const inside = (value: unknown): Members => (typeof value === "object" && value !== null ? (value as Members) : {});
const count = (value: unknown): number => (Array.isArray(value) ? value.length : 0);
const text = (value: unknown): { readonly foreign: string } => ({
  foreign: value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value),
});
const short = (value: unknown): { readonly foreign: string } =>
  text(typeof value === "string" ? value.slice(0, 12) : value);

/** Event names with the word that a filter shows. */
export const EVENT_NAMES: { readonly [event: string]: string } = {
  immunized: "New entry",
  evidence: "Evidence",
  status: "Status",
  verdict: "Verdict",
  refused: "Refusal",
  member: "Member",
  present: "Presence",
  claim: "Claim",
  waiting: "Waiting",
  waited: "Waited",
  connection: "Connection",
  alarm: "Alarm",
  withdrawn: "Withdrawn",
  missed: "Missed",
  watching: "Watching",
};

const VERDICT_TONE: { readonly [status: string]: Told["tone"] } = { admitted: "good", rejected: "bad" };

const tell = ({ event, about }: FeedEvent): Omit<Told, "name"> => {
  switch (event) {
    case "immunized": {
      const { id, title, mitigation } = inside(about.entry);
      return { tone: "good", parts: [text(title), " → ", text(inside(mitigation).text)], ...entryOf(id) };
    }
    case "evidence":
      return {
        tone: count(about.failed) > 0 ? "warn" : "good",
        parts: [text(about.title), `: ${count(about.worked)} worked, ${count(about.failed)} failed`],
        ...entryOf(about.id),
      };
    case "status":
      return {
        tone: about.status === "active" ? "good" : about.status === "revoked" ? "bad" : "warn",
        parts: [text(about.title), ": ", text(about.before), " → ", text(about.status), ", ", text(about.reason)],
        ...entryOf(about.id),
      };
    case "verdict": {
      const { status, rule, reason, entry } = inside(about.verdict);
      const why = [rule, reason].filter((part) => typeof part === "string" && part !== "");
      return {
        tone: VERDICT_TONE[String(status)] ?? "plain",
        parts: ["on a proposal of this node: ", text(status), ...why.flatMap((part) => [" ", text(part)])],
        ...entryOf(entry),
      };
    }
    case "refused": {
      const { rule, message } = inside(about.refusal);
      return { tone: "bad", parts: [text(rule), " ", text(message)] };
    }
    case "member": {
      const { name, role, status, reason } = inside(about.member);
      return { tone: "plain", parts: [text(name), ", ", text(role), ": ", text(status), " ", text(reason)] };
    }
    case "present":
      return { tone: "plain", parts: [text(about.name), about.isHere === true ? " is here" : " has left"] };
    case "claim":
      return {
        tone: "plain",
        parts: [short(about.writer), about.isHeld === true ? " solves " : " has ended ", text(about.fingerprint)],
      };
    case "waiting":
      return {
        tone: "plain",
        parts: [short(about.agent), " waits for ", short(about.holder), ", who solves ", text(about.fingerprint)],
      };
    case "waited":
      return {
        tone: about.isLearned === true ? "good" : "plain",
        parts: [
          short(about.agent),
          about.isLearned === true ? " learned a remedy by waiting " : " waited in vain ",
          text(about.ms),
          " ms",
        ],
      };
    case "connection":
      return { tone: about.state === "online" ? "good" : "warn", parts: [text(about.state), " ", text(about.why)] };
    case "alarm":
      return { tone: "bad", parts: [text(about.message)] };
    case "withdrawn":
      return {
        tone: "bad",
        parts: ["canon does not count from block ", text(about.from), " on: ", text(about.to), " were held"],
      };
    case "missed":
      return { tone: "warn", parts: [text(about.count), " events, because this page read too slowly"] };
    case "watching":
      return { tone: "plain", parts: ["as ", text(about.name), "; connection ", text(about.connection)] };
    default:
      return { tone: "plain", parts: [text(about)] };
  }
};

const entryOf = (id: unknown): { readonly entry?: string } => (typeof id === "string" ? { entry: id } : {});

export const tellEvent = (event: FeedEvent): Told => ({
  name: Object.hasOwn(EVENT_NAMES, event.event) ? (EVENT_NAMES[event.event] as string) : event.event,
  ...tell(event),
});

/** As one text, for a search in what was heard. */
export const plainEvent = (event: FeedEvent): string => {
  const { name, parts } = tellEvent(event);
  return `${name} ${parts.map((part) => (typeof part === "string" ? part : part.foreign)).join("")}`;
};
