/**
 * all-MiniLM-L6-v2 (Wang et al. 2020, sentence-transformers), 384 numbers for at most 256 tokens of English, computed in WebAssembly
 * on a thread of its own. The thread starts with the first text, keeps no process alive, and one is enough for all nodes of a process.
 */
import { Worker } from "node:worker_threads";
import type { Embedder } from "@herdmind/experience";

export interface MiniLm extends Embedder, AsyncDisposable {
  /** Ends the thread; calls that wait reject, and so do later ones. */
  close(): Promise<void>;
}

/** To and from the thread. */
export interface Asked {
  readonly call: number;
  readonly texts: readonly string[];
}
export type Answer = { readonly call: number } & (
  | { readonly vectors: readonly Float32Array[] }
  | { readonly error: string }
);

interface Call {
  readonly texts: readonly string[];
  readonly resolve: (vectors: readonly Float32Array[]) => void;
  readonly reject: (error: unknown) => void;
}

export const createMiniLm = (): MiniLm => {
  let worker: Worker | undefined;
  let isClosed = false;
  let lastCall = 0;
  /** Waiting calls, oldest first. The first is with the thread; the others stay here, where they can still be taken back. */
  const calls = new Map<number, Call>();

  const failAll = (error: Error): void => {
    worker = undefined;
    const failed = [...calls.values()];
    calls.clear();
    for (const { reject } of failed) reject(error);
  };

  const start = (): Worker => {
    const started = new Worker(new URL("./minilm-process.js", import.meta.url));
    started.on("message", (answer: Answer) => {
      const call = calls.get(answer.call);
      calls.delete(answer.call);
      if ("error" in answer) call?.reject(new Error(answer.error));
      else call?.resolve(answer.vectors);
      askNext();
    });
    // A thread that died is started again by the next call.
    started.on("error", (error) => {
      if (worker === started) failAll(error instanceof Error ? error : new Error(String(error)));
    });
    started.on("exit", (code) => {
      if (worker === started) failAll(new Error(`The thread of the model ended with code ${code}.`));
    });
    return started;
  };

  const askNext = (): void => {
    const [next] = calls;
    if (next === undefined) {
      worker?.unref();
      return;
    }
    worker ??= start();
    worker.ref();
    const [call, { texts }] = next;
    worker.postMessage({ call, texts } satisfies Asked);
  };

  const embed: Embedder["embed"] = (texts, signal) =>
    new Promise((resolve, reject) => {
      if (isClosed) return reject(new Error("This model is closed."));
      if (signal.aborted) return reject(signal.reason);
      if (texts.length === 0) return resolve([]);
      const call = ++lastCall;
      const isFirst = calls.size === 0;
      const aborted = (): void => {
        reject(signal.reason);
        // What the thread computes already ends by itself; its answer finds nobody.
        const [first] = calls.keys();
        if (first !== call) calls.delete(call);
      };
      signal.addEventListener("abort", aborted, { once: true });
      const stop = (): void => signal.removeEventListener("abort", aborted);
      calls.set(call, {
        texts,
        resolve: (vectors) => {
          stop();
          resolve(vectors);
        },
        reject: (error) => {
          stop();
          reject(error);
        },
      });
      if (isFirst) askNext();
    });

  const close = async (): Promise<void> => {
    isClosed = true;
    const ending = worker;
    failAll(new Error("This model is closed."));
    await ending?.terminate();
  };

  return {
    id: "all-MiniLM-L6-v2/fp16/1",
    dimension: 384,
    // Chosen on one half of the questions in `questions.fixture.ts`, judged by the other; the README has the figures.
    minCosine: 0.5,
    minLead: 0.05,
    embed,
    close,
    [Symbol.asyncDispose]: close,
  };
};
