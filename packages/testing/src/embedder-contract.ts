/** The embedder contract: what recall by meaning takes for granted of whatever makes the vectors. */
import { type Embedder, MAX_DIMENSION } from "@herdmind/experience";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const never = new AbortController().signal;

const cosine = (a: Float32Array, b: Float32Array): number => {
  let [dot, aa, bb] = [0, 0, 0];
  for (const [i, x] of a.entries()) {
    const y = b[i] as number;
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return dot / Math.sqrt(aa * bb);
};

/** Registers the suite for an embedder. `open` is called once; what it gives is disposed of afterwards where it can be. */
export const embedderContract = (
  name: string,
  open: () => (Embedder & Partial<AsyncDisposable>) | Promise<Embedder & Partial<AsyncDisposable>>,
): void => {
  // The first text may have to wait for a model to be loaded.
  describe(`embedder contract: ${name}`, { timeout: 60_000 }, () => {
    let embedder: Embedder & Partial<AsyncDisposable>;
    beforeAll(async () => {
      embedder = await open();
    });
    afterAll(() => embedder[Symbol.asyncDispose]?.());

    it("says who it is, how long its vectors are, and from where on it is to be believed", () => {
      expect(embedder.id).not.toBe("");
      expect(Number.isInteger(embedder.dimension)).toBe(true);
      expect(embedder.dimension).toBeGreaterThan(0);
      expect(embedder.dimension).toBeLessThanOrEqual(MAX_DIMENSION);
      expect(embedder.minCosine).toBeGreaterThan(0);
      expect(embedder.minCosine).toBeLessThan(1);
      expect(embedder.minLead).toBeGreaterThanOrEqual(0);
    });

    it("gives one vector for each text, of its dimension, of numbers", async () => {
      for (const count of [0, 1, 3, 40]) {
        const texts = Array.from({ length: count }, (_, i) => `problem number ${i}`);
        const vectors = await embedder.embed(texts, never);
        expect(vectors.length).toBe(count);
        for (const vector of vectors) {
          expect(vector).toBeInstanceOf(Float32Array);
          expect(vector.length).toBe(embedder.dimension);
          expect(vector.every(Number.isFinite)).toBe(true);
          expect(vector.some((x) => x !== 0)).toBe(true);
        }
      }
    });

    it("gives a text the same direction again, alone and among others", async () => {
      const texts = ["the disk is full", "nobody answers on the port", "a certificate has expired"];
      const together = await embedder.embed(texts, never);
      for (const [i, text] of texts.entries()) {
        const [alone] = await embedder.embed([text], never);
        expect(cosine(alone as Float32Array, together[i] as Float32Array)).toBeGreaterThan(0.9999);
      }
    });

    it("takes any text there is: long, odd, and of no letters", async () => {
      const odd = ["x".repeat(1000), "\u{1f600}\u{1f680}", "\u0000\u001b[31m", "磁盘已满", "....", "{}[]<>"];
      expect(await embedder.embed(odd, never)).toHaveLength(odd.length);
    });

    it("keeps calls apart that wait at the same time", async () => {
      const texts = ["the disk is full", "a recipe for bread"];
      const [apart, together] = await Promise.all([
        Promise.all(texts.map((text) => embedder.embed([text], never))),
        embedder.embed(texts, never),
      ]);
      for (const [i, [vector]] of apart.entries())
        expect(cosine(vector as Float32Array, together[i] as Float32Array)).toBeGreaterThan(0.9999);
    });

    it("finds a text nearer to itself in other words than to another matter", async () => {
      const [asked, same, other] = (await embedder.embed(
        ["there is no space left on the disk", "the disk is full", "the password is wrong"],
        never,
      )) as [Float32Array, Float32Array, Float32Array];
      expect(cosine(asked, same)).toBeGreaterThan(cosine(asked, other) + embedder.minLead);
    });

    it("rejects a call that was given up before it began, and takes the next one", async () => {
      await expect(embedder.embed(["the disk is full"], AbortSignal.abort(new Error("gave up")))).rejects.toThrow();
      expect(await embedder.embed(["the disk is full"], never)).toHaveLength(1);
    });
  });
};
