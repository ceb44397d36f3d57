import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { accept, isPrintable, refuse } from "./refusal.js";

describe("refusals", () => {
  test("a refusal names rule, fault and place, and nothing that is not known", () => {
    expect(refuse("L3", "none", "Send from 4.", { need: 4 })).toEqual({
      ok: false,
      refusal: { rule: "L3", fault: "none", message: "Send from 4.", need: 4 },
    });
    expect(accept(1)).toEqual({ ok: true, value: 1 });
  });

  test("whatever a stranger wrote into it, a message is one printable line of bounded length", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(2000), (text, length) => {
        const { message } = refuse("R1", "writer", `${text}${"\ud83d\ude00".repeat(length)}`).refusal;
        expect(isPrintable(message)).toBe(true);
        expect(message.length).toBeLessThanOrEqual(1000);
      }),
    );
    expect(refuse("R1", "writer", "a\u001b[2J\nb\u202e\ud800").refusal.message).toBe("a\ufffd[2J\ufffdb\ufffd\ufffd");
    for (const text of ["plain", "ä, 試, 👩‍💻", ""]) expect(isPrintable(text)).toBe(true);
  });
});
