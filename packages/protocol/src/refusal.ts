/**
 * Expected failure is a value. A refusal names the rule that was broken (see PROTOCOL.md), who is at fault, and where;
 * its message says what to do next. Bugs throw.
 */
import type { LogId } from "./ids.js";

/** Rule ids of PROTOCOL.md. `T*` are transport and ticket rules, `S*` storage rules, `R*` rules of records. */
export type Rule =
  | "L1"
  | "L2"
  | "L3"
  | "L4"
  | "L5"
  | "L6"
  | "L7"
  | "L8"
  | "A1"
  | "A2"
  | "A3"
  | "A4"
  | "E1"
  | "E2"
  | "E3"
  | "E4"
  | "E5"
  | "E6"
  | "E7"
  | "E8"
  | "E9"
  | "E10"
  | "E11"
  | "R1"
  | "S1"
  | "S2"
  | "S3"
  | "S4"
  | "S5"
  | "T1"
  | "T2"
  | "T3"
  | "T4"
  | "T5"
  | "T6";

/**
 * Who is at fault. `writer`: that document is closed. `sender`: that connection is closed. `none`: nothing is closed
 * (a gap, a log that is not held here, a busy peer).
 */
export type Fault = "writer" | "sender" | "none";

export interface Refusal {
  readonly rule: Rule;
  readonly fault: Fault;
  /** What happened, to which id, and what to do next. */
  readonly message: string;
  readonly log?: LogId;
  /** The block at which the rule was broken. */
  readonly sequence?: number;
  /** L3 only: the sequence from which this peer wants the log. */
  readonly need?: number;
}

export interface Refused {
  readonly ok: false;
  readonly refusal: Refusal;
}
export type Result<T> = { readonly ok: true; readonly value: T } | Refused;

export const accept = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

/** Characters of a message: one that names a key or text of a stranger must not fill the log. */
const MAX_MESSAGE_CHARS = 1000;
// Control characters move a terminal's cursor or begin a line of a log; the others turn the direction of what follows.
const UNPRINTABLE = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/** Whether a text can be shown as it is: no control characters, no change of direction, no lone surrogate. */
export const isPrintable = (text: string): boolean => text.isWellFormed() && text.search(UNPRINTABLE) === -1;

/** Refuses. What a stranger wrote may stand in the message; it is made printable here. */
export const refuse = (
  rule: Rule,
  fault: Fault,
  message: string,
  where: { readonly log?: LogId; readonly sequence?: number; readonly need?: number } = {},
): Refused => ({
  ok: false,
  refusal: {
    rule,
    fault,
    message: message.slice(0, MAX_MESSAGE_CHARS).toWellFormed().replace(UNPRINTABLE, "\ufffd"),
    ...where,
  },
});
