/** What an orchestrator and its relay do; nothing on a node that holds none. */
import { isSwarm } from "herdmind";
import { Counter } from "prom-client";
import { counter, counters, gauge } from "./derived.js";
import { ruleLabel, ruleLabels } from "./rules.js";
import type { Watched } from "./watched.js";

/** Call the result to stop. */
export const swarmMetrics = ({ peer, registry }: Watched): (() => void) => {
  if (!isSwarm(peer)) return () => {};
  const { admission, relay } = peer;
  counters(
    registry,
    "herdmind_admissions_total",
    "What became of proposals, outcomes and writes to the memory that this orchestrator admitted.",
    "result",
    () => {
      const { immunized, corroborated, echoes, outcomes, remembered, rejected, ignored } = admission();
      const accepted = { immunized, corroborated, echo: echoes, outcome: outcomes, remembered };
      return Object.entries({ ...accepted, rejected, ignored });
    },
  );
  counter(registry, "herdmind_admitted_blocks_total", "Blocks of agents whose effects are in canon.", () => {
    return admission().units;
  });
  counter(registry, "herdmind_admitted_records_total", "Records of these blocks.", () => admission().records);
  counter(registry, "herdmind_canon_written_blocks_total", "Blocks of canon that this orchestrator wrote.", () => {
    return admission().blocks;
  });
  counter(registry, "herdmind_admission_deciding_seconds_total", "Time spent deciding.", () => {
    return admission().decidingMs / 1000;
  });
  counter(registry, "herdmind_admission_storing_seconds_total", "Time spent waiting for canon to be stored.", () => {
    return admission().storingMs / 1000;
  });
  gauge(registry, "herdmind_admission_waiting_blocks", "Blocks that wait for admission.", () => {
    return [...admission().waiting.values()].reduce((sum, count) => sum + count, 0);
  });
  gauge(registry, "herdmind_admission_waiting_writers", "Writers whose blocks wait for admission.", () => {
    return admission().waiting.size;
  });
  gauge(registry, "herdmind_orchestrator_stopped", "1 when this orchestrator can never write canon again.", () => {
    return admission().stopped === undefined ? 0 : 1;
  });
  if (relay === undefined) return () => {};
  const stats = relay.stats;
  gauge(registry, "herdmind_relay_connections", "Connections to this node's relay.", () => stats().connections);
  counter(registry, "herdmind_relay_accepted_total", "Connections that were let in.", () => stats().accepted);
  counter(registry, "herdmind_relay_received_bytes_total", "Bytes received from those that were let in.", () => {
    return stats().receivedBytes;
  });
  counter(registry, "herdmind_relay_sent_bytes_total", "Bytes sent to those that were let in.", () => {
    return stats().sentBytes;
  });
  const refusals = new Counter({
    name: "herdmind_relay_refusals_total",
    help: "What the relay refused, or was refused by a peer, by rule of PROTOCOL.md.",
    labelNames: ["rule"],
    registers: [registry],
  });
  for (const rule of ruleLabels) refusals.inc({ rule }, 0);
  return relay.on((event) => {
    if (event.type === "refusal") refusals.inc({ rule: ruleLabel(event.refusal.rule) });
  });
};
