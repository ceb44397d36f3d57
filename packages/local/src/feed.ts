/** What happens at a node, as one feed of JSON events. */
import type { JsonObject, JsonValue } from "@herdmind/protocol";
import type { Peer } from "herdmind";

/** `event` names it, `at` is the node's clock; what it is about stands beside them, by name. */
export type FeedEvent = JsonObject & { readonly event: string; readonly at: string };

/** Calls `line` with each event, `watching` first; call the result to stop. */
export const feed = (peer: Peer, line: (event: FeedEvent) => void): (() => void) => {
  const say = (event: string, about: { readonly [name: string]: unknown }): void =>
    line({ event, at: new Date().toISOString(), ...plain(about) });
  const stops = [
    peer.on("immunized", (entry) => say("immunized", { entry })),
    peer.on("status", ({ id, title, before, status, reason, by, appliedBy }) =>
      say("status", { id, title, before, status, reason, ...(by === undefined ? {} : { by }), appliedBy }),
    ),
    peer.on("verdict", (verdict) => say("verdict", { verdict })),
    peer.on("refused", ({ refusal, by }) => say("refused", { refusal, by })),
    peer.on("connection", ({ state, why }) => say("connection", { state, why })),
    peer.on("present", ({ writer, name, isHere }) => say("present", { writer, name, isHere })),
    peer.on("claim", ({ writer, fingerprint, isHeld }) => say("claim", { writer, fingerprint, isHeld })),
    peer.on("waiting", ({ agent, holder, fingerprint, patienceMs }) =>
      say("waiting", { agent, holder, fingerprint, patienceMs: Math.round(patienceMs) }),
    ),
    peer.on("waited", ({ agent, holder, fingerprint, ms, isLearned }) =>
      say("waited", { agent, holder, fingerprint, ms: Math.round(ms), isLearned }),
    ),
    peer.on("alarm", ({ message }) => say("alarm", { message })),
    peer.on("withdrawn", ({ log, from, to }) => say("withdrawn", { log, from, to })),
    peer.canon.subscribe((event) => {
      if (event.type !== "changed") return;
      const change = event.event;
      if (change.type === "evidence") {
        const { id, title } = change.entry.immunization;
        say("evidence", { id, title, worked: change.worked, failed: change.failed });
      } else if (change.type === "member") say("member", { member: change.member });
    }),
  ];
  say("watching", {
    swarm: peer.swarm,
    swarmName: peer.swarmName,
    name: peer.name,
    connection: peer.stats().connection,
  });
  return () => {
    for (const stop of stops) stop();
  };
};

const plain = (value: unknown): { readonly [name: string]: JsonValue } => JSON.parse(JSON.stringify(value));
