/** What the agents of this node did, who is here, and what the node keeps. */
import { counter, counters, gauge, gauges } from "./derived.js";
import { ruleLabel, ruleLabels } from "./rules.js";
import type { Watched } from "./watched.js";

export const nodeMetrics = ({ peer, registry, stats }: Watched): void => {
  gauges(registry, "herdmind_node_info", "1; the label says what this node is.", "role", () => [[peer.role, 1]]);
  counter(registry, "herdmind_signals_total", "Signals that agents of this node reported.", () => stats().signals);
  counter(registry, "herdmind_outcomes_total", "Outcomes that agents of this node reported.", () => stats().outcomes);
  counter(
    registry,
    "herdmind_repeats_prevented_total",
    "Attempts that a recalled remedy solved, so that nobody had to search again.",
    () => stats().repeatsPrevented,
  );
  counter(
    registry,
    "herdmind_redactions_total",
    "Secrets and names of persons that were replaced before signing (E2).",
    () => stats().redactions,
  );
  counter(registry, "herdmind_claims_total", "Problems that agents of this node claimed and searched (E8).", () => {
    return stats().claims;
  });
  counter(registry, "herdmind_waits_total", "Waits for somebody else's search (E8).", () => stats().waits);
  counter(registry, "herdmind_waits_paid_total", "Waits that ended with a remedy (E8).", () => stats().waitsThatPaid);
  counters(registry, "herdmind_refusals_total", "What was refused, by rule of PROTOCOL.md.", "rule", () => {
    const counts = new Map(ruleLabels.map((rule) => [rule, 0]));
    for (const [rule, count] of Object.entries(stats().refusalsByRule))
      counts.set(ruleLabel(rule), (counts.get(ruleLabel(rule)) ?? 0) + count);
    return counts;
  });
  counter(registry, "herdmind_handler_errors_total", "Exceptions of handlers of this node's events.", () => {
    return stats().handlerErrors;
  });

  gauge(registry, "herdmind_pending_records", "Records of this node that canon has not judged yet.", () => {
    return stats().pending;
  });
  gauge(registry, "herdmind_local_agents", "Agents that this node hosts.", () => stats().localAgents);
  gauge(registry, "herdmind_agents", "Members of canon with role agent.", () => stats().agents);
  gauges(
    registry,
    "herdmind_peers_present",
    "Peers that are here (E7), this one included, by whether their canon reaches as far as this node's: held, behind, unknown. Peers say so every 15 s.",
    "canon",
    () => {
      const head = peer.canon.head();
      if (head === undefined) return [["unknown", peer.present().length]];
      const { held, behind, unknown } = peer.holders({ generation: head.generation, sequence: head.length - 1 });
      return Object.entries({ held: held.length, behind: behind.length, unknown: unknown.length });
    },
  );
  gauge(registry, "herdmind_claims_held", "Problems that are being searched now by somebody who is here (E8).", () => {
    return peer.present().reduce((sum, { claims }) => sum + claims.length, 0);
  });
  gauges(
    registry,
    "herdmind_connected",
    "Whether this node is connected through a transport: 1 or 0.",
    "transport",
    () => Object.entries(stats().connections).map(([name, state]) => [name, state === "connected" ? 1 : 0]),
  );

  gauge(registry, "herdmind_logs_held", "Logs that this node holds, every generation.", () => peer.logs.count());
  gauge(registry, "herdmind_carried_logs", "Logs of others that are kept until canon has passed them.", () => {
    return stats().carried.logs;
  });
  gauge(registry, "herdmind_carried_bytes", "Bytes of these logs.", () => stats().carried.bytes);
  counter(registry, "herdmind_carry_refused_total", "Blocks of others refused for want of room.", () => {
    return stats().carried.refused;
  });
  counter(registry, "herdmind_carry_forgotten_total", "Logs of others let go of because canon has passed them.", () => {
    return stats().carried.forgotten;
  });
  gauge(registry, "herdmind_unindexed_entries", "Entries that search by words does not know yet.", () => {
    return stats().unindexed;
  });
  gauge(registry, "herdmind_unembedded_entries", "Entries that search by meaning does not know yet.", () => {
    return stats().embedding?.pending;
  });
};
