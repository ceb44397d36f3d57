/**
 * Close codes of version 1. 44xx: connecting again as before cannot help (a stock y-websocket client then stops). 45xx: try
 * again later. 1000, 1001: a normal end. The reason starts with the rule id; the whole message travels in the `refused`
 * frame before the close.
 */
import type { Refusal } from "@herdmind/protocol";

export const CLOSE_NORMAL = 1000;
export const CLOSE_GOING_AWAY = 1001;
/** A frame or message that cannot be read. */
export const CLOSE_MALFORMED = 4400;
/** No token, or one that is expired, mangled or of another swarm. */
export const CLOSE_TOKEN = 4401;
/** The token's role may not write. */
export const CLOSE_ROLE = 4403;
/** There is no such path, swarm or room. */
export const CLOSE_NOT_FOUND = 4404;
/** A size over the protocol's limits. */
export const CLOSE_TOO_LARGE = 4413;
/** Blocks that break a log rule or an authority rule. */
export const CLOSE_REFUSED_BLOCK = 4422;
/** No version in common. */
export const CLOSE_VERSION = 4426;
/** More than a connection may ask for. */
export const CLOSE_TOO_MANY = 4429;
/** The relay is full or its storage is: try again later. */
export const CLOSE_BUSY = 4503;

/** The code for a refusal, where the place that refuses has no better one. What is nobody's fault may pass: later. */
export const closeCodeOf = ({ rule, fault }: Pick<Refusal, "rule" | "fault">): number => {
  if (fault === "none") return CLOSE_BUSY;
  switch (rule) {
    case "T1":
    case "T2":
      return CLOSE_TOKEN;
    case "T3":
      return CLOSE_TOO_MANY;
    case "T4":
    case "E6":
      return CLOSE_MALFORMED;
    case "L7":
      return CLOSE_TOO_LARGE;
    default:
      return CLOSE_REFUSED_BLOCK;
  }
};

/** RFC 6455 allows 123 bytes. */
const MAX_REASON_BYTES = 123;

/** The close reason of a refusal: rule id and as much of the message as fits. */
export const closeReasonOf = (refusal: Pick<Refusal, "rule" | "message">): string => {
  const text = `${refusal.rule} ${refusal.message}`;
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= MAX_REASON_BYTES) return text;
  // A character cut in half decodes to U+FFFD at the end, which is dropped.
  return new TextDecoder().decode(bytes.subarray(0, MAX_REASON_BYTES)).replace(/\uFFFD+$/, "");
};
