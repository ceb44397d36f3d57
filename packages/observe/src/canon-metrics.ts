/** How far canon reaches: here, at all who are here, and into the logs of this node's agents. */
import type { Present } from "herdmind";
import { gauge, gauges } from "./derived.js";
import type { Watched } from "./watched.js";

/** How far somebody holds canon. */
type Reach = NonNullable<Present["canon"]>;

/** Blocks of the newest generation that everybody who is present holds, as far as they say. */
export const stableLength = (head: Reach, present: Iterable<Pick<Present, "canon">>): number => {
  let stable = head.length;
  for (const { canon } of present) {
    // Who does not say is counted as unknown (herdmind_peers_present); another generation is an older one, or not known here yet.
    if (canon !== undefined) stable = Math.min(stable, canon.generation === head.generation ? canon.length : 0);
  }
  return stable;
};

export const canonMetrics = ({ peer, registry, stats }: Watched): void => {
  gauges(registry, "herdmind_immunizations", "Entries in canon, by status.", "status", () => {
    const { immunizations, active, contested, revoked } = stats();
    return Object.entries({ active, contested, revoked, superseded: immunizations - active - contested - revoked });
  });
  gauge(registry, "herdmind_memory_items", "Items of the memory that all members share (E11), as canon has it.", () => {
    const { memory } = peer.canon.view;
    return memory.spaces().reduce((sum, space) => sum + memory.size(space), 0);
  });
  gauge(registry, "herdmind_memory_bytes", "Bytes of these items.", () => peer.canon.view.memory.bytes());
  gauge(
    registry,
    "herdmind_canon_held_blocks",
    "Blocks of canon's newest generation that this node holds (E6).",
    () => {
      return stats().freshness.held;
    },
  );
  gauge(registry, "herdmind_canon_known_blocks", "Blocks of canon that are known to exist (E6).", () => {
    return stats().freshness.known;
  });
  gauge(registry, "herdmind_canon_lag_blocks", "Blocks of canon that exist and are not held here.", () => {
    const { held, known } = stats().freshness;
    return known - held;
  });
  gauge(
    registry,
    "herdmind_canon_heartbeat_age_seconds",
    "Seconds since the newest heartbeat of the orchestrator arrived; it comes every 2 s. No value before the first one.",
    () => seconds(stats().freshness.heardMs),
  );
  gauge(
    registry,
    "herdmind_canon_age_seconds",
    "Seconds since a heartbeat whose canon is held here: how old what this node says may be. No value before the first one.",
    () => seconds(stats().freshness.ageMs),
  );
  gauge(
    registry,
    "herdmind_canon_stable_blocks",
    "Stable watermark: blocks of canon's newest generation that all peers hold that are present and say so (every 15 s).",
    () => {
      const head = peer.canon.head();
      return head === undefined ? undefined : stableLength(head, peer.present());
    },
  );
  gauge(registry, "herdmind_canon_alarms", "Forks, lies and losses of canon: anything above 0 needs a person.", () => {
    return peer.canon.alarms().length;
  });
  gauge(registry, "herdmind_canon_rolled_back", "1 when this node once held more of canon than it does now.", () => {
    return stats().freshness.rolledBack ? 1 : 0;
  });
  gauge(registry, "herdmind_hosted_blocks", "Blocks in the logs of this node's agents.", () => stats().hosted.blocks);
  gauge(registry, "herdmind_hosted_admitted_blocks", "Of these, the blocks that canon has admitted.", () => {
    return stats().hosted.admitted;
  });
  gauge(
    registry,
    "herdmind_hosted_behind_blocks",
    "Blocks that canon has not admitted, of that log of this node's agents that has most of them.",
    () => stats().hosted.behind,
  );
};

const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000);
