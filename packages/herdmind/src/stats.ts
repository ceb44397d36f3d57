/** What a node counts of what it holds. */
import type { View } from "@herdmind/experience";
import type { Logs, Writer } from "@herdmind/log";
import { logKey } from "@herdmind/protocol";
import type { Stats } from "./peer.js";

export const countEntries = (view: View): Pick<Stats, "immunizations" | "active" | "contested" | "revoked"> => {
  const counts = { immunizations: view.entries.size, active: 0, contested: 0, revoked: 0, superseded: 0 };
  for (const entry of view.entries.values()) counts[entry.status] += 1;
  const { superseded: _, ...shown } = counts;
  return shown;
};

export const countAgents = (view: View): number =>
  [...view.members.values()].filter((member) => member.status === "admitted" && member.role === "agent").length;

/** Every generation of each writer: one that was closed may still wait for canon. */
export const countHosted = (logs: Logs, view: View, writers: readonly Pick<Writer, "id">[]): Stats["hosted"] => {
  const counts = { blocks: 0, admitted: 0, behind: 0 };
  for (const { id } of writers) {
    for (const log of logs.ofWriter(id)) {
      const admitted = Math.min(log.length, view.watermarks.get(logKey(log))?.length ?? 0);
      counts.blocks += log.length;
      counts.admitted += admitted;
      counts.behind = Math.max(counts.behind, log.length - admitted);
    }
  }
  return counts;
};
