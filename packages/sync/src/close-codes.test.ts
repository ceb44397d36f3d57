import { describe, expect, it } from "vitest";
import { closeReasonOf } from "./close-codes.js";

describe("close reason", () => {
  it("starts with the rule id and fits the 123 bytes of RFC 6455, without half a character", () => {
    expect(closeReasonOf({ rule: "T2", message: "No token." })).toBe("T2 No token.");
    for (let pad = 0; pad < 4; pad++) {
      const reason = closeReasonOf({ rule: "L5", message: `${"x".repeat(pad)}${"é€😀".repeat(40)}` });
      expect(new TextEncoder().encode(reason).length).toBeLessThanOrEqual(123);
      expect(reason).not.toContain("\uFFFD");
      expect(reason.startsWith("L5 ")).toBe(true);
    }
  });
});
