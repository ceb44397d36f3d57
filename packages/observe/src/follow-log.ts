/** What happens at a node, as lines of its log. Texts of others stay out: ids, rules and counts say where to look. */
import { logKey, type Refusal } from "@herdmind/protocol";
import { isSwarm, type Logger, type LogLine, type Peer } from "herdmind";
import type { LOG_EVENTS } from "./log-events.js";

type Known = LogLine & { readonly event: keyof typeof LOG_EVENTS };

const LEVEL_BY_STATE = { connecting: "debug", connected: "info", offline: "warn", closed: "info" } as const;

const aboutRefusal = ({ rule, fault, log, sequence }: Refusal) => ({
  rule,
  fault,
  ...(log === undefined ? {} : { log: logKey(log) }),
  ...(sequence === undefined ? {} : { sequence }),
});

/** Call the result to stop. */
export const followLog = (peer: Peer, log: Logger): (() => void) => {
  const say = (line: Known): void => log(line);
  for (const [transport, state] of Object.entries(peer.stats().connections))
    if (state === "connected")
      say({
        level: "info",
        event: "connection.connected",
        message: "connected before this log began",
        fields: { transport },
      });
  const stops = [
    peer.on("connection", ({ transport, state, why }) =>
      say({ level: LEVEL_BY_STATE[state], event: `connection.${state}`, message: why, fields: { transport } }),
    ),
    peer.on("refused", ({ refusal, by }) =>
      say({ level: "warn", event: "refused", message: refusal.message, fields: { ...aboutRefusal(refusal), by } }),
    ),
    peer.on("verdict", (verdict) => {
      const { status, ref, rule } = verdict;
      // Which entry a proposal corroborates is looked up when somebody asks, which costs a fifth of a report: nobody does here.
      const entry = status === "corroborates" ? undefined : verdict.entry;
      say({
        level: status === "rejected" || status === "ignored" || status === "revoked" ? "info" : "debug",
        event: "verdict",
        message: `canon says: ${status}`,
        fields: {
          status,
          log: logKey(ref),
          sequence: ref.sequence,
          index: ref.index,
          ...(rule === undefined ? {} : { rule }),
          ...(entry === undefined ? {} : { entry }),
        },
      });
    }),
    peer.on("status", ({ id, status, before, appliedBy }) =>
      say({
        // Whoever applied it should know.
        level: status !== "active" && appliedBy.length > 0 ? "warn" : "info",
        event: "status",
        message: `an entry is ${status} now`,
        fields: { entry: id, status, before, appliedHere: appliedBy.length },
      }),
    ),
    peer.on("present", ({ writer, isHere }) =>
      say({
        level: "debug",
        event: "present",
        message: isHere ? "a peer came" : "a peer left",
        fields: { writer, here: isHere },
      }),
    ),
    peer.on("alarm", ({ message }) => say({ level: "error", event: "alarm", message })),
    peer.on("withdrawn", ({ log: of, from, to }) =>
      say({
        level: "warn",
        event: "withdrawn",
        message: "blocks of canon do not count any more",
        fields: { log: logKey(of), from, to },
      }),
    ),
    peer.canon.subscribe((event) => {
      if (event.type !== "changed") return;
      const change = event.event;
      if (change.type === "immunized") {
        const { id, type } = change.entry.immunization;
        say({
          level: "debug",
          event: "immunized",
          message: "a new entry stands in canon",
          fields: { entry: id, type },
        });
      } else if (change.type === "member") {
        const { writer, role, status } = change.member;
        const level = status === "refused" ? "warn" : "info";
        say({ level, event: "member", message: `canon says: ${status}`, fields: { writer, role, status } });
      }
    }),
  ];
  const relay = isSwarm(peer) ? peer.relay : undefined;
  if (relay !== undefined)
    stops.push(
      relay.on((event) => {
        const member = event.membership;
        const who = member === undefined ? {} : { writer: member.writer, role: member.role };
        if (event.type === "refusal") {
          const { refusal, by } = event;
          const fields = { ...aboutRefusal(refusal), ...who, by };
          say({ level: "warn", event: "relay.refused", message: refusal.message, fields });
        } else {
          const message = event.type === "connected" ? "a peer is connected" : "a peer has gone";
          say({ level: "info", event: `relay.${event.type}`, message, fields: { ...who, to: event.to } });
        }
      }),
    );
  return () => {
    for (const stop of stops) stop();
  };
};
