/** What happens at a node, as one feed of JSON events. */
import type { JsonObject } from "@herdmind/protocol";
import type { Peer } from "herdmind";

/** `event` names it, `at` is this machine's clock; the rest depends on the event. */
export type FeedEvent = JsonObject & { readonly event: string; readonly at: string };

/** Calls `line` with each event, `watching` first; call the result to stop. */
export const feed = (peer: Peer, line: (event: FeedEvent) => void): (() => void) => {
  const stamp = (event: string, value: unknown): void =>
    line({ event, at: new Date().toISOString(), ...(JSON.parse(JSON.stringify(value)) as JsonObject) });
  const names = ["immunized", "verdict", "refused", "connection", "alarm", "withdrawn"] as const;
  const stops = names.map((name) => peer.on(name, (value) => stamp(name, value)));
  stops.push(
    peer.canon.subscribe((event) => {
      if (event.type !== "changed") return;
      const change = event.event;
      if (change.type === "status") {
        const { immunization, status, reason } = change.entry;
        stamp("status", { id: immunization.id, title: immunization.title, before: change.before, status, reason });
      } else if (change.type === "evidence") {
        const { immunization } = change.entry;
        stamp("evidence", {
          id: immunization.id,
          title: immunization.title,
          worked: change.worked,
          failed: change.failed,
        });
      } else if (change.type === "member") stamp("member", change.member);
    }),
  );
  stamp("watching", {
    swarm: peer.swarm,
    swarmName: peer.swarmName,
    name: peer.name,
    connection: peer.stats().connection,
  });
  return () => {
    for (const stop of stops) stop();
  };
};
