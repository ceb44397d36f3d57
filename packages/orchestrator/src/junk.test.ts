import type { Signal } from "@herdmind/protocol";
import { describe, expect, it } from "vitest";
import { junkOf } from "./junk.js";
import { type Example, GOOD, JUNK, UNSEEN_JUNK } from "./junk-examples.fixture.js";

const signalOf = ({ text, message, task, purpose }: Example, more: Partial<Signal> = {}): Signal => ({
  type: purpose === undefined ? "ERROR_RESOLVED" : "WORKAROUND_FOUND",
  problem:
    purpose !== undefined
      ? { api: "fetch", purpose }
      : task !== undefined
        ? { text: task }
        : { error: { message: message ?? "the pool of connections is exhausted" } },
  mitigation: { text },
  at: 1,
  ...more,
});

describe("E9 proposals without a remedy in them", () => {
  it("E9 turns away no real remedy of the corpus", () => {
    expect(GOOD.length).toBeGreaterThanOrEqual(60);
    expect(GOOD.filter((one) => junkOf(signalOf(one)) !== undefined)).toEqual([]);
  });

  it("E9 recognises the junk of the corpus, and says what to do", () => {
    expect(JUNK.length).toBeGreaterThanOrEqual(60);
    expect(JUNK.filter((one) => junkOf(signalOf(one)) === undefined)).toEqual([]);
    for (const one of JUNK) expect(junkOf(signalOf(one))).toMatch(/Say what/);
  });

  it("E9 lets pass what has data or a discovery beside it, and the word of a validation", () => {
    const done = { text: "Done." };
    expect(junkOf(signalOf(done))).toBeDefined();
    expect(junkOf(signalOf(done, { mitigation: { text: "Done.", data: { pin: "2.3.9" } } }))).toBeUndefined();
    expect(junkOf(signalOf(done, { mitigation: { text: "Done.", data: {} } }))).toBeDefined();
    expect(junkOf(signalOf(done, { discovery: "Two servers shared one port." }))).toBeUndefined();
    expect(junkOf(signalOf(done, { discovery: "Thanks, fixed it." }))).toBeDefined();
    const problem = { domain: "build", approach: "cache the layers" };
    expect(junkOf(signalOf(done, { type: "VALIDATION_PASSED", problem }))).toBeUndefined();
    expect(junkOf(signalOf({ text: "..." }, { type: "VALIDATION_PASSED", problem }))).toBeDefined();
  });

  it("E9 recognises a third of the junk that nobody thought of", () => {
    const found = UNSEEN_JUNK.filter((one) => junkOf(signalOf(one)) !== undefined);
    expect([found.length, UNSEEN_JUNK.length]).toEqual([12, 36]);
  });

  it("E9 lets pass a long text, without trying its every reading", () => {
    for (const part of ["i ", "is ", "let me ", "the a ", "so ", "sorry but ", "will to ", "can you ", "the issue "])
      expect(junkOf(signalOf({ text: part.repeat(40) }))).toBeUndefined();
  });
});
