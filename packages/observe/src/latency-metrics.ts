/** How long it takes: recalls, reports until they are durable and until they are judged, resolves until others can recall them. */
import { type EntryId, logKey, type RecordRef } from "@herdmind/protocol";
import type { NodeEvents, Verdict } from "herdmind";
import { Counter, Histogram } from "prom-client";
import { createBoundedMap } from "./bounded-map.js";
import type { Watched } from "./watched.js";

/** Around 20 us, an exact recall, and 10 ms, the slowest by words among 100,000 entries; above stand embedders, 3 s at most. */
const RECALL_BUCKETS = [1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 0.1, 0.5, 1, 3];
/** A commit of a disk takes 0.2 ms to 20 ms; above it is in trouble. */
const DURABLE_BUCKETS = [2.5e-4, 5e-4, 1e-3, 2e-3, 4e-3, 8e-3, 1.5e-2, 3e-2, 6e-2, 0.125, 0.25, 0.5, 1, 5];
/** Over sockets 2 ms and 8 ms, to the last of fifty 15 ms and 50 ms; above stand queues, and peers that were away. */
const ARRIVAL_BUCKETS = [1e-3, 2e-3, 4e-3, 8e-3, 1.5e-2, 3e-2, 5e-2, 0.1, 0.25, 0.5, 1, 5, 30, 60, 600];

const MATCHES = ["exact", "alias", "facts", "text", "meaning", "provisional", "none"];
const STATUSES: readonly Verdict["status"][] = [
  "admitted",
  "corroborates",
  "counted",
  "rejected",
  "ignored",
  "revoked",
];

/** Reports whose verdict is waited for: where an orchestrator is away for longer, the oldest are not measured. */
const MAX_WAITING = 65_536;

const placeOf = (ref: RecordRef): string => `${logKey(ref)}/${ref.sequence}/${ref.index}`;

/** Call the result to stop. */
export const latencyMetrics = ({ peer, registry }: Watched): (() => void) => {
  const registers = [registry];
  const recalls = new Counter({
    name: "herdmind_recalls_total",
    help: "Recalls, by how the best entry was found: exact, alias, facts, text, meaning; provisional where canon has not judged it; none.",
    labelNames: ["match"],
    registers,
  });
  const recallSeconds = new Histogram({
    name: "herdmind_recall_duration_seconds",
    help: "Time of a recall, by how the best entry was found.",
    labelNames: ["match"],
    buckets: RECALL_BUCKETS,
    registers,
  });
  const durableSeconds = new Histogram({
    name: "herdmind_report_durable_seconds",
    help: "Time from a report until it was redacted, signed and on disk here.",
    labelNames: ["type"],
    buckets: DURABLE_BUCKETS,
    registers,
  });
  const verdictSeconds = new Histogram({
    name: "herdmind_report_verdict_seconds",
    help: "Time from a report until its verdict arrived here.",
    labelNames: ["type"],
    buckets: ARRIVAL_BUCKETS,
    registers,
  });
  const verdicts = new Counter({
    name: "herdmind_verdicts_total",
    help: "Verdicts on what agents of this node reported, by status.",
    labelNames: ["status"],
    registers,
  });
  const recallableSeconds = new Histogram({
    name: "herdmind_resolve_recallable_seconds",
    help: "Time from a report, by its author's clock, until it can be recalled here, by this one: clocks that differ show. By where it was reported.",
    labelNames: ["origin"],
    buckets: ARRIVAL_BUCKETS,
    registers,
  });

  // Each from 0 on: what Prometheus sees first as 1 has, for it, not grown.
  for (const match of MATCHES) recalls.inc({ match }, 0);
  for (const status of STATUSES) verdicts.inc({ status }, 0);

  const beganByPlace = createBoundedMap<string, { readonly type: "signal" | "outcome"; readonly at: number }>(
    MAX_WAITING,
  );
  const ownEntries = createBoundedMap<EntryId, true>(MAX_WAITING);
  /** What was reported before is history that arrives, and says nothing of how fast news is. */
  const since = Date.now();

  const take = (match: string, ms: number): void => {
    recalls.inc({ match });
    recallSeconds.observe({ match }, ms / 1000);
  };
  const stops = [
    peer.on("recalled", ({ known, ms }) => take(matchOf(known), ms)),
    peer.on("reported", ({ type, ref, id, ms }) => {
      durableSeconds.observe({ type }, ms / 1000);
      beganByPlace.set(placeOf(ref), { type, at: performance.now() - ms });
      if (type === "signal") ownEntries.set(id, true);
    }),
    peer.on("verdict", ({ status, ref }) => {
      verdicts.inc({ status });
      const place = placeOf(ref);
      const began = beganByPlace.get(place);
      if (began === undefined) return;
      beganByPlace.delete(place);
      verdictSeconds.observe({ type: began.type }, (performance.now() - began.at) / 1000);
    }),
    peer.canon.subscribe((event) => {
      if (event.type !== "changed" || event.event.type !== "immunized") return;
      const { id, at } = event.event.entry.immunization;
      if (at < since) return;
      const origin = ownEntries.get(id) === true ? "here" : "elsewhere";
      recallableSeconds.observe({ origin }, Math.max(0, Date.now() - at) / 1000);
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
};

const matchOf = ({ entries }: NodeEvents["recalled"]["known"]): string => {
  const best = entries[0];
  if (best === undefined) return "none";
  return best.provisional === true ? "provisional" : best.match;
};
