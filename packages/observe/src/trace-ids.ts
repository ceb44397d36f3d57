/**
 * One trace for each proposal, in every process that has to do with it, without a byte more on any wire: the id of the entry that a
 * proposal makes is a SHA-256 hash that all of them can compute. Its first 16 bytes are the trace, the next 8 the first span.
 */

import type { EntryId } from "@herdmind/protocol";
import { type Context, createContextKey, ROOT_CONTEXT, type SpanContext, TraceFlags, trace } from "@opentelemetry/api";

export interface TraceIds {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits: of the span of the report, in its author's process. */
  readonly spanId: string;
}

export const traceIdsOf = (entry: EntryId): TraceIds => {
  const hex = Buffer.from(entry, "base64url").toString("hex");
  return { traceId: hex.slice(0, 32), spanId: hex.slice(32, 48) };
};

/** Marks a context whose parent was computed, not received: its flags say nothing about what was sampled. */
export const COMPUTED = createContextKey("herdmind.computed-parent");

/** The span of a report as its other processes see it. */
export const spanContextOf = (entry: EntryId): SpanContext => ({
  ...traceIdsOf(entry),
  traceFlags: TraceFlags.SAMPLED,
  isRemote: true,
});

/** For spans that belong under the report that `entry` was made of. */
export const contextOf = (entry: EntryId): Context =>
  trace.setSpanContext(ROOT_CONTEXT.setValue(COMPUTED, true), spanContextOf(entry));

/** What the next span is to be called; tracers ask for ids while `startSpan` runs, so nothing comes between. */
let given: TraceIds | undefined;
let isInUse = false;

/** Whether a tracer asks `createIds` for its ids, so that the span of a report can have the computed ones. */
export const canGive = (): boolean => isInUse;

export const giving = <T>(ids: TraceIds, start: () => T): T => {
  given = ids;
  try {
    return start();
  } finally {
    given = undefined;
  }
};

export interface Ids {
  generateTraceId(): string;
  generateSpanId(): string;
}

/**
 * The `idGenerator` of a tracer provider. With another one everything works, but the span of the report has an id that nobody knows:
 * a trace then begins with a span that is missing.
 */
export const createIds = (random: Ids): Ids => {
  isInUse = true;
  return {
    generateTraceId: () => given?.traceId ?? random.generateTraceId(),
    generateSpanId: () => given?.spanId ?? random.generateSpanId(),
  };
};
