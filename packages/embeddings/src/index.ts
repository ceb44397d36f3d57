/**
 * @herdmind/embeddings: a local `Embedder`, so that a question finds what means the same in other words. The model comes with the
 * package's dependencies: nothing is downloaded when it runs, and no text leaves the process.
 */
export { createMiniLm, type MiniLm } from "./minilm.js";
