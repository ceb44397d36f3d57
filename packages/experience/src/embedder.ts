/**
 * Where meaning comes from: a model that turns texts into vectors, so that a question finds an entry none of whose words it has.
 * It is a plug-in. This package holds no model, and without one nothing here runs; `@herdmind/embeddings` is one that works offline.
 *
 * Vectors stay in the replica that made them: they are in no log and on no wire, so peers with different models, or none, share one
 * canon. What they answer to exact and alias questions is the same; by meaning each answers as its model does.
 */

/** Longest vector taken: 4 KB an entry after rounding. Larger ones gain nothing here, and cost every question a scan. */
export const MAX_DIMENSION = 4096;

export interface Embedder {
  /** Names the model and its version: vectors of two models are never compared. */
  readonly id: string;
  /** Numbers in each vector, 1 to `MAX_DIMENSION`. */
  readonly dimension: number;
  /**
   * Cosine of question and entry below which nothing is said. A property of the model (for one .3 is near, for another .8 is
   * nothing), so who provides it measures it.
   */
  readonly minCosine: number;
  /** How much nearer the nearest problem must be than the next one: a model that cannot tell two problems apart answers neither. */
  readonly minLead: number;
  /**
   * One vector for each text, in order. Texts are English or code, at most `MAX_EMBEDDED_CHARS` long, without secrets. May reject;
   * a question is then answered by its words. When `signal` aborts, nobody waits for the answer any more.
   */
  embed(texts: readonly string[], signal: AbortSignal): Promise<readonly Float32Array[]>;
}

/** What an index must know of a model. */
export type VectorSpace = Pick<Embedder, "dimension" | "minCosine" | "minLead">;
