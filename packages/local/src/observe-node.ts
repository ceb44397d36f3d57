/**
 * What a process that serves a node lets be seen of it: metrics, spans where the environment asks for them, lines in `node.log`. Loaded
 * late: a command that only opens a directory for a moment needs none of it.
 */
import type { Headers, Metrics, NodeLog } from "@herdmind/observe";
import type { Logger, Peer } from "herdmind";
import { nodeLogPath } from "./node-log.js";

export interface ObservedNode extends AsyncDisposable {
  readonly metrics: Metrics;
  /** Runs what a request asks for in the trace that its headers name. */
  readonly within: <T>(headers: Headers, run: () => T) => T;
}

/** The log of a directory, before its node is there: what it says of opening belongs to it. */
export const nodeLogOf = async (dir: string): Promise<NodeLog> => {
  const { createNodeLog } = await import("@herdmind/observe");
  return createNodeLog({ path: nodeLogPath(dir) });
};

export const observeNode = async (peer: Peer, log: Logger): Promise<ObservedNode> => {
  const { createMetrics, followLog, followTraces, startTracing, withinCaller } = await import("@herdmind/observe");
  log({
    level: "info",
    event: "node.started",
    message: `node of "${peer.swarmName}", ${peer.role}`,
    fields: { swarm: peer.swarm, writer: peer.id, role: peer.role, runtime: process.version },
  });
  const stack = new AsyncDisposableStack();
  // At once: things happen while the SDK of traces is being loaded.
  stack.defer(followLog(peer, log));
  const metrics = stack.use(createMetrics(peer));
  const tracing = await startTracing(log);
  if (tracing !== undefined) {
    stack.use(tracing);
    stack.defer(followTraces(peer));
  }
  return {
    metrics,
    within: tracing === undefined ? (_, run) => run() : withinCaller,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
};
