import { describe, expect, it } from "vitest";
import { alike } from "./alike.js";

describe("texts that are alike", () => {
  it("counts shared words, in both directions alike", () => {
    const a = "worker alpha lost its lease on the queue of orders";
    const b = "worker beta lost its lease on the queue of orders";
    expect(alike(a, b)).toBeCloseTo(5 / 7);
    expect(alike(b, a)).toBe(alike(a, b));
    expect(alike(a, a)).toBe(1);
  });

  it("says nothing of short texts, whose words are the tool's", () => {
    expect(alike("permission denied", "permission denied")).toBe(0);
  });

  it("never takes two names for one", () => {
    const text = (name: string): string => `cannot find module '${name}' imported from the entry point of this package`;
    expect(alike(text("left"), text("right"))).toBe(0);
    expect(alike(text("left"), text("left"))).toBe(1);
    expect(
      alike('unknown option "fast" of the image builder in stage', "unknown option of the image builder in stage"),
    ).toBe(0);
  });

  it("never takes two codes for one", () => {
    const text = (status: number): string => `the upload service answered with status ${status} on a second try`;
    expect(alike(text(401), text(429))).toBe(0);
    expect(alike(text(429), text(429))).toBe(1);
  });
});
