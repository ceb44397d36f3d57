/**
 * Spans of what a node does, as children of the report that it began with. There is nothing to carry along: every process computes the
 * trace of an entry by itself (trace-ids.ts). Attributes are ids, kinds and counts; never a text, not even of an error.
 *
 *     herdmind.report        its author's process: redacted, signed, durable
 *       herdmind.append      of it, signing and storing
 *       herdmind.send        until the relay, or another peer, holds it durably
 *       herdmind.admit       the orchestrator's: from its arrival until canon is stored, with the verdict
 *       herdmind.apply       every peer's: from the arrival of that block of canon until a recall finds the entry
 *       herdmind.recalled    the first recall in each process that gave it, with a link to the recall
 *     herdmind.recall        in the caller's own trace, with links to what it found
 *
 * A recall belongs to whoever asks, and finds several entries, so it cannot be a child of each; it links to them. Jaeger and Tempo show a
 * link only where it was made, so somebody who looks at an entry's trace would not find who was helped: therefore `herdmind.recalled`.
 */
import { type EntryId, entryIdOf, type LogId, logKey, type RecordRef } from "@herdmind/protocol";
import { type Attributes, context, type Link, ROOT_CONTEXT, SpanKind, trace } from "@opentelemetry/api";
import type { NodeEvents, Peer } from "herdmind";
import { createBoundedMap } from "./bounded-map.js";
import { followAdmission } from "./follow-admission.js";
import { canGive, contextOf, giving, spanContextOf, traceIdsOf } from "./trace-ids.js";

/** Reports that are under way, entries that were recalled, blocks of canon that just came: more are not followed. */
const MAX_FOLLOWED = 4096;
/** Links of one recall: a backend takes 128, and nobody looks at more than the best few. */
const MAX_LINKS = 8;
/** Milliseconds that clocks may differ by, as for tickets. What was reported longer before this node was up is history. */
const CLOCK_SKEW_MS = 300_000;

const clock = (): number => performance.timeOrigin + performance.now();
const refAttributes = ({ writer, generation, sequence, index }: RecordRef): Attributes => ({
  "herdmind.log": `${writer}/${generation}`,
  "herdmind.sequence": sequence,
  "herdmind.index": index,
});

/** Call the result to stop. */
export const followTraces = (peer: Peer): (() => void) => {
  const tracer = trace.getTracer("@herdmind/observe");
  const node: Attributes = { "herdmind.swarm": peer.swarm, "herdmind.peer": peer.id, "herdmind.role": peer.role };
  const since = Date.now() - CLOCK_SKEW_MS;

  /** A span of the past: what is told here has just ended. */
  const tell = (name: string, entry: EntryId, startTime: number, attributes: Attributes, links: Link[] = []): void => {
    const options = { startTime, attributes: { ...node, "herdmind.entry": entry, ...attributes }, links };
    tracer.startSpan(name, options, contextOf(entry)).end(clock());
  };

  interface OnTheWay {
    readonly entry: EntryId;
    readonly ref: RecordRef;
    readonly since: number;
    readonly sentBy: Set<string>;
  }
  const onTheWay = createBoundedMap<string, OnTheWay>(MAX_FOLLOWED);

  const reported = ({ type, ref, id, ms, appendMs }: NodeEvents["reported"]): void => {
    if (type !== "signal") return;
    const now = clock();
    const caller = trace.getSpanContext(context.active());
    const options = {
      kind: SpanKind.PRODUCER,
      startTime: now - ms,
      attributes: { ...node, "herdmind.entry": id, ...refAttributes(ref) },
      links: caller === undefined ? [] : [{ context: caller }],
    };
    const root = canGive()
      ? giving(traceIdsOf(id), () => tracer.startSpan("herdmind.report", options, ROOT_CONTEXT))
      : tracer.startSpan("herdmind.report", options, contextOf(id));
    tell("herdmind.append", id, now - appendMs, refAttributes(ref));
    root.end(now);
    onTheWay.set(`${logKey(ref)}/${ref.sequence}/${ref.index}`, { entry: id, ref, since: now, sentBy: new Set() });
  };

  const delivered = ({ transport, log, length }: { transport: string; log: LogId; length: number }): void => {
    const key = logKey(log);
    for (const one of onTheWay.values()) {
      if (logKey(one.ref) !== key || one.ref.sequence >= length || one.sentBy.has(transport)) continue;
      one.sentBy.add(transport);
      tell("herdmind.send", one.entry, one.since, { "herdmind.transport": transport });
    }
  };

  const shown = createBoundedMap<EntryId, true>(MAX_FOLLOWED);
  const recalled = ({ known, ms }: NodeEvents["recalled"]): void => {
    const now = clock();
    const best = known.entries[0];
    const span = tracer.startSpan("herdmind.recall", {
      startTime: now - ms,
      attributes: {
        ...node,
        "herdmind.match": best?.match ?? "none",
        "herdmind.entries": known.entries.length,
        "herdmind.canon.held": known.freshness.held,
        "herdmind.canon.known": known.freshness.known,
      },
      links: known.entries.slice(0, MAX_LINKS).map(({ id }) => ({ context: spanContextOf(id) })),
    });
    span.end(now);
    if (best === undefined || shown.get(best.id) === true) return;
    shown.set(best.id, true);
    tell("herdmind.recalled", best.id, now - ms, { "herdmind.match": best.match }, [{ context: span.spanContext() }]);
  };

  const arrivedByBlock = createBoundedMap<string, number>(MAX_FOLLOWED);
  const stops = [
    peer.on("reported", reported),
    peer.on("delivered", delivered),
    peer.on("verdict", ({ ref }) => onTheWay.delete(`${logKey(ref)}/${ref.sequence}/${ref.index}`)),
    peer.on("recalled", recalled),
    peer.logs.subscribe(({ log, blocks, membership }) => {
      if (membership.role !== "orchestrator") return;
      const now = clock();
      for (const { sequence } of blocks) arrivedByBlock.set(`${logKey(log)}/${sequence}`, now);
    }),
    peer.canon.subscribe((event) => {
      if (event.type !== "changed" || event.event.type !== "immunized") return;
      const { entry, position } = event.event;
      const { id, at, type } = entry.immunization;
      if (at < since) return;
      const arrived = arrivedByBlock.get(`${logKey(position)}/${position.sequence}`) ?? clock();
      tell("herdmind.apply", id, arrived, { "herdmind.canon.sequence": position.sequence, "herdmind.type": type });
    }),
  ];
  if (peer.role === "orchestrator")
    stops.push(
      followAdmission(peer, ({ ref, arrivedAt, status, rule }) =>
        tell("herdmind.admit", entryIdOf(peer.swarm, ref), arrivedAt, {
          ...refAttributes(ref),
          "herdmind.verdict": status,
          ...(rule === undefined ? {} : { "herdmind.rule": rule }),
        }),
      ),
    );
  return () => {
    for (const stop of stops) stop();
  };
};
