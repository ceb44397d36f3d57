import { createMiniLm } from "@herdmind/embeddings";
import { embedderContract } from "@herdmind/testing";
import { afterAll, describe, expect, test } from "vitest";

embedderContract("all-MiniLM-L6-v2", () => createMiniLm());

const never = new AbortController().signal;
const cosine = (a: Float32Array | undefined, b: Float32Array | undefined): number =>
  Array.from(a ?? []).reduce((sum, x, i) => sum + x * (b?.[i] ?? 0), 0);

describe("all-MiniLM-L6-v2 on its thread", () => {
  const miniLm = createMiniLm();
  afterAll(() => miniLm.close());

  test("knows what means the same", async () => {
    const [disk, full, bread] = await miniLm.embed(
      ["no space left on the device", "the disk is full", "a recipe for bread"],
      never,
    );
    expect(cosine(disk, full)).toBeGreaterThan(miniLm.minCosine);
    expect(cosine(disk, bread)).toBeLessThan(0.2);
    expect(cosine(disk, disk)).toBeCloseTo(1, 4);
  });

  test("a call that is taken back does not hold up the others", async () => {
    const abort = new AbortController();
    const [first, second, third] = [
      miniLm.embed(["one"], never),
      miniLm.embed(
        Array.from({ length: 2000 }, () => "two two two"),
        abort.signal,
      ),
      miniLm.embed(["three"], never),
    ];
    abort.abort(new Error("changed my mind"));
    await expect(second).rejects.toThrow("changed my mind");
    expect((await first).length + (await third).length).toBe(2);
    await expect(miniLm.embed(["four"], AbortSignal.abort(new Error("too late")))).rejects.toThrow("too late");
  });
});

test("closed, it says so to who waits and to who comes", async () => {
  const miniLm = createMiniLm();
  const waiting = miniLm.embed(["one"], never);
  await Promise.all([expect(waiting).rejects.toThrow("closed"), miniLm.close()]);
  await expect(miniLm.embed(["two"], never)).rejects.toThrow("closed");
});
