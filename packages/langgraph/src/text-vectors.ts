/** Vectors by text, so that a text is embedded once in a process and not once for each search. */
import type { IndexConfig } from "@langchain/langgraph-checkpoint";

type Embeddings = IndexConfig["embeddings"];

/** Texts kept; at 1,536 numbers a vector 120 MB, at 384 a quarter of that. The ones asked for longest ago go first. */
const MAX_TEXTS = 10_000;

export const createTextVectors = (embeddings: Embeddings): Embeddings => {
  const known = new Map<string, number[]>();
  return {
    caller: embeddings.caller,
    embedQuery: (text) => embeddings.embedQuery(text),
    embedDocuments: async (texts) => {
      const missing = [...new Set(texts.filter((text) => !known.has(text)))];
      const made = missing.length === 0 ? [] : await embeddings.embedDocuments(missing);
      const fresh = new Map(missing.map((text, i) => [text, made[i] as number[]]));
      const vectors = texts.map((text) => fresh.get(text) ?? (known.get(text) as number[]));
      for (const [i, text] of texts.entries()) {
        known.delete(text);
        known.set(text, vectors[i] as number[]);
      }
      for (const text of known.keys()) {
        if (known.size <= MAX_TEXTS) break;
        known.delete(text);
      }
      return vectors;
    },
  };
};
