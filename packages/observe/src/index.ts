/**
 * @herdmind/observe: a node seen from outside. Metrics for Prometheus, spans for OpenTelemetry, lines for a log; all of it follows
 * from what a peer tells anyway.
 */
export { followLog } from "./follow-log.js";
export { followTraces } from "./follow-traces.js";
export { LOG_EVENTS } from "./log-events.js";
export { createMetrics, type Metrics, type MetricsOptions } from "./metrics.js";
export { createNodeLog, type NodeLog, type NodeLogOptions } from "./node-log.js";
export { createIds, type Ids, type TraceIds, traceIdsOf } from "./trace-ids.js";
export { startTracing } from "./tracing.js";
export type { TracingEnv } from "./tracing-env.js";
export { type Headers, withinCaller } from "./within-caller.js";
