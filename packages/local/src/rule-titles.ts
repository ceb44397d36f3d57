/** What the rules of PROTOCOL.md are called, for people who read a count of refusals. */
import type { Rule } from "@herdmind/protocol";

const TITLES: { readonly [Name in Rule]: string } = {
  L1: "one writer",
  L2: "append only",
  L3: "no gaps",
  L4: "chain",
  L5: "signature",
  L6: "fork",
  L7: "limits",
  L8: "durable first",
  A1: "members",
  A2: "terms",
  A3: "standing",
  A4: "one view",
  E1: "evidence",
  E2: "secrets",
  E3: "nothing hidden",
  E4: "data, not orders",
  E5: "mixed versions",
  E6: "freshness",
  E7: "presence",
  E8: "claims",
  E9: "something new",
  E10: "messages",
  E11: "memory",
  R1: "records",
  S1: "whole",
  S2: "one holder",
  S3: "newer data",
  S4: "durable writes",
  S5: "origin",
  T1: "tickets",
  T2: "tokens and roles",
  T3: "connection limits",
  T4: "transport version",
  T5: "introduction",
  T6: "gossip",
};

/** A rule of a newer peer, which nobody here has a title for, by its id. */
export const ruleTitle = (rule: string): string => (Object.hasOwn(TITLES, rule) ? TITLES[rule as Rule] : rule);
