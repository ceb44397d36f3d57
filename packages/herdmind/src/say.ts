/** Messages of the application (E10): said to whoever is here, heard once, never stored. Hints, not a way to move data. */
import {
  accept,
  type JsonValue,
  type KeyPair,
  MAX_MESSAGE_BYTES,
  notJson,
  type Result,
  refuse,
  type WriterId,
} from "@herdmind/protocol";
import type { Announce } from "./announce.js";
import { isHerdmindError } from "./failure.js";
import { type Redaction, redact } from "./redact.js";

/** A message of another peer. What it says is that member's claim, and no more. */
export interface Said {
  readonly topic: string;
  readonly body: JsonValue;
  readonly from: WriterId;
}

/**
 * Says a message to all peers that are connected now, directly or through others. `topic`: words with dots between them, at most 128
 * characters. Gives what was replaced in the body before it was signed (E2). Refused (E10) when it is no JSON or has more than 2,048
 * bytes with its signature, (E2) when the topic holds a secret, and (T3) above 20 a second.
 */
export type Say = (topic: string, body: JsonValue) => Promise<Result<readonly Redaction[]>>;

export const say = async (
  announce: Announce,
  key: KeyPair,
  topic: string,
  body: JsonValue,
): Promise<Result<readonly Redaction[]>> => {
  const why = notJson({ topic, body }, "message");
  if (why !== undefined) return refuse("E10", "none", `This message cannot be said: ${why}. Give plain JSON values.`);
  // Nothing stores it, but whoever is connected reads it, and it cannot be called back.
  const redacted = await redact({ topic, body }).catch((error: unknown) => {
    if (isHerdmindError(error)) return error;
    throw error;
  });
  if (redacted instanceof Error) return { ok: false, refusal: redacted.refusal };
  const { value, redactions } = redacted;
  // Who listens for a topic would not know it by another name.
  if (value.topic !== topic)
    return refuse(
      "E2",
      "none",
      "This topic holds a secret, so nothing was said. Choose words that may be read by all.",
    );
  const said = await announce(key, "message", value);
  if (said.ok) return accept(redactions);
  const { rule, message } = said.refusal;
  // To a receiver the sender of bad bytes is at fault; here it is the caller's own message.
  return rule === "E10" || rule === "E6"
    ? refuse(
        "E10",
        "none",
        `"${topic}" cannot be said: a topic is words with dots between them, and a message has at most ${MAX_MESSAGE_BYTES} bytes. ${message}`,
      )
    : refuse(rule, "none", message);
};
