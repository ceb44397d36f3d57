/** What failed last, by thread, until the same node succeeds there. Without a thread id, for as long as the run lives. */
import type { LangGraphRunnableConfig } from "@langchain/langgraph";

/** Threads of which one failure is kept; it holds the node's state. The oldest goes first. */
const MAX_THREADS = 1000;

export interface Failures<T> {
  keep(config: LangGraphRunnableConfig, failure: T): void;
  /** Forgets it, too. */
  take(config: LangGraphRunnableConfig): T | undefined;
}

export const createFailures = <T>(): Failures<T> => {
  const byThread = new Map<string, T>();
  const byRun = new WeakMap<object, T>();
  const threadOf = (config: LangGraphRunnableConfig | undefined): string | undefined => {
    const thread: unknown = config?.configurable?.thread_id;
    // One node may run at several places of a graph, and several times in one step.
    return thread === undefined ? undefined : JSON.stringify([thread, config?.metadata?.langgraph_path ?? null]);
  };
  return {
    keep(config, failure) {
      const thread = threadOf(config);
      if (thread !== undefined) {
        byThread.delete(thread);
        byThread.set(thread, failure);
        for (const oldest of byThread.keys()) {
          if (byThread.size <= MAX_THREADS) break;
          byThread.delete(oldest);
        }
      } else if (config?.control !== undefined) byRun.set(config.control, failure);
    },
    take(config) {
      const thread = threadOf(config);
      if (thread !== undefined) {
        const failure = byThread.get(thread);
        byThread.delete(thread);
        return failure;
      }
      const run = config?.control;
      if (run === undefined) return undefined;
      const failure = byRun.get(run);
      byRun.delete(run);
      return failure;
    },
  };
};
