import { describe, expect, it } from "vitest";
import { createEmitter } from "./events.js";

describe("events", () => {
  it("isolates, reports and counts a handler that throws or rejects", async () => {
    const errors: unknown[] = [];
    const emitter = createEmitter<{ x: number }>((name, error) => errors.push([name, String(error)]));
    const seen: number[] = [];
    emitter.on("x", () => {
      throw new Error("first");
    });
    emitter.on("x", async () => {
      throw new Error("second");
    });
    emitter.on("x", (value) => seen.push(value));
    emitter.emit("x", 7);
    await Promise.resolve();
    await Promise.resolve();
    expect(seen).toEqual([7]);
    expect(emitter.errors).toBe(2);
    expect(errors).toEqual([
      ["x", "Error: first"],
      ["x", "Error: second"],
    ]);
  });

  it("stops one handler without touching the others, also while it emits", () => {
    const emitter = createEmitter<{ x: number }>(() => undefined);
    const seen: string[] = [];
    const stop = emitter.on("x", () => {
      seen.push("a");
      stop();
    });
    emitter.on("x", () => seen.push("b"));
    emitter.emit("x", 1);
    emitter.emit("x", 2);
    expect(seen).toEqual(["a", "b", "b"]);
  });
});
