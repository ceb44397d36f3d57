/**
 * What Prometheus reads of a node. A registry of its own, so that a program that has metrics already keeps them apart, or merges them.
 * Every label has a bounded set of values: kinds, rules, states; never a writer, a text or an address.
 */
import type { Peer, Stats } from "herdmind";
import { collectDefaultMetrics, Registry } from "prom-client";
import { canonMetrics } from "./canon-metrics.js";
import { latencyMetrics } from "./latency-metrics.js";
import { nodeMetrics } from "./node-metrics.js";
import { swarmMetrics } from "./swarm-metrics.js";
import type { Watched } from "./watched.js";

export interface Metrics extends Disposable {
  readonly registry: Registry;
  /** For the `content-type` of an answer. */
  readonly contentType: string;
  /** The text that Prometheus scrapes. */
  text(): Promise<string>;
}

export interface MetricsOptions {
  /** Whether to add what prom-client tells of the process itself: memory, CPU, event loop, garbage collection. Default true. */
  readonly process?: boolean;
}

/** Milliseconds for which one count serves: a scrape asks for it thirty times within one. */
const STATS_MS = 100;

/** Milliseconds: as good as never. */
const NEVER_MS = 3_600_000;

/**
 * prom-client's, without the percentiles of the event loop's lag: they come from a timer that wakes an idle node 85 times a second, four
 * times the CPU of all else it does then. The lag at the moment of a scrape stays.
 */
const processMetrics = (registry: Registry): void => {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS });
  for (const { name } of registry.getMetricsAsArray())
    if (/^nodejs_eventloop_lag_(?!seconds$)/.test(name)) registry.removeSingleMetric(name);
};

/** Counts from here on; disposing stops it. */
export const createMetrics = (peer: Peer, { process = true }: MetricsOptions = {}): Metrics => {
  const registry = new Registry();
  let counted: { readonly at: number; readonly stats: Stats } | undefined;
  const stats = (): Stats => {
    const at = performance.now();
    if (counted === undefined || at - counted.at > STATS_MS) counted = { at, stats: peer.stats() };
    return counted.stats;
  };
  const watched: Watched = { peer, registry, stats };
  nodeMetrics(watched);
  canonMetrics(watched);
  const stops = [latencyMetrics(watched), swarmMetrics(watched)];
  if (process) processMetrics(registry);
  return {
    registry,
    contentType: registry.contentType,
    text: () => registry.metrics(),
    [Symbol.dispose]: () => {
      for (const stop of stops) stop();
      registry.clear();
    },
  };
};
