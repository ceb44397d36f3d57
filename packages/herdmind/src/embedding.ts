/**
 * The embedder a node was opened with: user code, perhaps a network away, that may throw, hang, or answer nonsense. Nothing here fails
 * a recall or delays one for long; what did not work is counted and said.
 */
import { type Embedder, type Index, MAX_DIMENSION } from "@herdmind/experience";

/** A question waits this long: a model that is loaded takes 0.05 s, one that must be loaded 1 s on a busy machine. */
const QUESTION_PATIENCE_MS = 3000;
/** A batch of entries; nobody waits for it. */
const FILL_PATIENCE_MS = 60_000;
/** Entries in a batch. A question may have to wait for the batch before it: 0.1 s with a small model. */
const FILL_BATCH = 4;
/** A text that failed this often has no vector, so that one odd text does not stop all that come after it. */
const FILL_TRIES = 3;
/** Pause after a failure: doubled each time, up to a minute. */
const PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

export interface EmbeddingStats {
  /** The embedder's own name for its model. */
  readonly id: string;
  /** Entries without a vector yet. */
  readonly pending: number;
  /** Entries that have none because the embedder failed on them. */
  readonly skipped: number;
  /** Calls that threw, took too long, or answered something else than vectors; what the last of them said. */
  readonly failures: number;
  readonly lastFailure: string | undefined;
}

/** The vector of a question, or why there is none. */
export type QuestionVector =
  | { readonly ok: true; readonly vector: Float32Array }
  | { readonly ok: false; readonly why: string };

export interface Embedding {
  readonly space: Embedder;
  readonly stats: Omit<EmbeddingStats, "pending">;
  /** Never rejects. */
  question(text: string): Promise<QuestionVector>;
  /** Gives the entries of an index their vectors, in the background, until all have one or `index` gives another. */
  fill(index: () => Index): void;
  close(): void;
}

const CLOSED = { ok: false, why: "this node is closed" } as const;

type Made =
  | { readonly ok: true; readonly vectors: readonly Float32Array[] }
  | { readonly ok: false; readonly why: string };

/** `onFailure`: hears of a failure that is not the same as the one before. */
export const createEmbedding = (embedder: Embedder, onFailure: (why: string) => void): Embedding => {
  const { id, dimension, minCosine, minLead } = embedder;
  if (!Number.isInteger(dimension) || dimension < 1 || dimension > MAX_DIMENSION || !(minCosine > 0) || !(minLead >= 0))
    throw new TypeError(
      `Embedder "${id}" needs a dimension from 1 to ${MAX_DIMENSION}, a minCosine over 0, and a minLead of 0 or more.`,
    );
  const closing = new AbortController();
  let failures = 0;
  let skipped = 0;
  let lastFailure: string | undefined;
  let isFilling = false;
  /** Calls nobody waits for any more that have not ended: who hangs is not asked again until then. */
  const overdue = new Set<Promise<unknown>>();

  const failed = (why: string): { readonly ok: false; readonly why: string } => {
    const isNews = why !== lastFailure;
    failures++;
    lastFailure = why;
    if (isNews) onFailure(`The embedder ${id} failed: ${why}.`);
    return { ok: false, why };
  };

  const fault = (vectors: unknown, count: number): string | undefined => {
    if (!Array.isArray(vectors) || vectors.length !== count) return `it gave no list of ${count} vectors`;
    for (const vector of vectors as unknown[]) {
      if (!(vector instanceof Float32Array) || vector.length !== dimension)
        return `a vector is no Float32Array of ${dimension} numbers`;
      if (!vector.every(Number.isFinite)) return "a vector holds what is no number";
    }
    return undefined;
  };

  const embed = async (texts: readonly string[], patienceMs: number): Promise<Made> => {
    if (closing.signal.aborted) return CLOSED;
    if (overdue.size > 0) return { ok: false, why: "it has not answered an earlier call" };
    const giveUp = new AbortController();
    const late = Promise.withResolvers<"late">();
    const timer = setTimeout(() => late.resolve("late"), patienceMs);
    const close = () => late.resolve("late");
    closing.signal.addEventListener("abort", close, { once: true });
    // In a promise's own turn, so that an embedder that throws at once rejects as well.
    const call = Promise.resolve().then(() => embedder.embed(texts, giveUp.signal));
    try {
      const made = await Promise.race([call, late.promise]);
      if (made === "late") {
        const ended: Promise<unknown> = call.then(
          () => overdue.delete(ended),
          () => overdue.delete(ended),
        );
        overdue.add(ended);
        giveUp.abort(new Error("nobody waits for this any more"));
        if (closing.signal.aborted) return CLOSED;
        return failed(`it took more than ${patienceMs} ms`);
      }
      const wrong = fault(made, texts.length);
      return wrong === undefined ? { ok: true, vectors: made } : failed(wrong);
    } catch (error) {
      return failed(error instanceof Error ? error.message : String(error));
    } finally {
      clearTimeout(timer);
      closing.signal.removeEventListener("abort", close);
    }
  };

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        closing.signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      closing.signal.addEventListener("abort", end);
    });

  const fillAll = async (index: () => Index): Promise<void> => {
    /** Failures of the text that is next, and in a row. */
    let tries = 0;
    let streak = 0;
    for (;;) {
      const current = index();
      // After a failure one by one, to find the text it was.
      const texts = closing.signal.aborted ? [] : (current.meanings?.wanted(streak === 0 ? FILL_BATCH : 1) ?? []);
      if (texts.length === 0) return;
      const made = await embed(texts, FILL_PATIENCE_MS);
      if (made.ok) {
        tries = 0;
        streak = 0;
        if (index() === current) current.meanings?.add(made.vectors);
        continue;
      }
      streak++;
      if (++tries > FILL_TRIES && index() === current) {
        tries = 0;
        skipped++;
        current.meanings?.add([undefined]);
      }
      while (overdue.size > 0) await Promise.race(overdue);
      await pause(Math.min(PAUSE_MS * 2 ** (streak - 1), LONGEST_PAUSE_MS));
    }
  };

  return {
    space: embedder,
    get stats() {
      return { id, skipped, failures, lastFailure };
    },
    question: async (text) => {
      const made = await embed([text], QUESTION_PATIENCE_MS);
      return made.ok ? { ok: true, vector: made.vectors[0] as Float32Array } : made;
    },
    fill: (index) => {
      if (isFilling || closing.signal.aborted) return;
      isFilling = true;
      void fillAll(index).finally(() => {
        isFilling = false;
      });
    },
    close: () => closing.abort(),
  };
};
