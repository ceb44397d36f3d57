import { renderForModel } from "@herdmind/experience";
import type { EntryId, Immunization, Signal, WriterId } from "@herdmind/protocol";
import { describe, expect, it } from "vitest";
import { echoOf } from "./echo.js";

const id = (letter: string): EntryId => `${letter.repeat(42)}A` as EntryId;
const entryOf = (letter: string, text: string, more: Partial<Immunization> = {}): Immunization =>
  ({
    id: id(letter),
    type: "ERROR_RESOLVED",
    title: "the port of the server is in use",
    mitigation: { text },
    ...more,
  }) as Immunization;
const signalOf = (text: string, more: Partial<Signal> = {}): Signal => ({
  type: "ERROR_RESOLVED",
  problem: { error: { message: "the port of the server is in use" } },
  mitigation: { text },
  at: 1,
  ...more,
});
/** The entry that a text repeats, of the given ones; `null` for a repetition without an entry. */
const repeated = (signal: Signal | string, ...entries: readonly Immunization[]): EntryId | null | undefined => {
  const echo = echoOf(typeof signal === "string" ? signalOf(signal) : signal, entries, (one) =>
    entries.find((entry) => entry.id === one),
  );
  return echo === undefined ? undefined : (echo.entry?.id ?? null);
};

describe("E9 a remedy of the same problem in other words", () => {
  const port = entryOf("p", "Listen on port 0 and read the port back.");
  it.each([
    "listen on port 0, then read the port back",
    "Fixed it by listening on port 0 and reading the port back.",
    "The fix is to listen on `port 0` and then read the port back. Thanks!",
    "You should just listen on port 0 and read the port back...",
    "listen on port 0 and read the port back when the port is in use",
    "When the server is in use, listen on port 0 and read the port back",
  ])("E9 %s", (text) => {
    expect(repeated(text, port)).toBe(port.id);
  });

  it.each([
    "Listen on port 1 and read the port back.",
    "Do not listen on port 0 and read the port back.",
    "Listen on port 0.",
    "Listen on port 0 and write the port back.",
    "Listen on port 0 and read the port back before the client starts.",
    "Read the port back and listen on port 0.",
    "Listen on port 0 and read the port back of the server.",
    "Listen on port 0 and read the port back if the client asks.",
    "End the other process.",
  ])("is another remedy: %s", (text) => {
    expect(repeated(text, port)).toBeUndefined();
  });

  it.each([
    ["Upgrade to 2.1.", "upgrade to 2.2"],
    ["Enable the cache.", "disable the cache"],
    ["Move the import before the mock.", "Move the mock before the import."],
    ["Change the type from text to number.", "Change the type from number to text."],
    ["npm ci", "npm i"],
    [
      "Increase the timeout in the configuration of the client.",
      "Decrease the timeout in the configuration of the client.",
    ],
    ["Use it with the flag.", "Use it without the flag."],
    ["重启服务", "停止服务"],
  ])("keeps apart: %s / %s", (one, other) => {
    expect(repeated(other, entryOf("o", one))).toBeUndefined();
  });

  it("wants the same data", () => {
    const pinned = entryOf("d", "Pin the library.", {
      mitigation: { text: "Pin the library.", data: { version: "2.3.9" } },
    });
    const proposal = (version: string): Signal =>
      signalOf("", { mitigation: { text: "Just pin the library, please", data: { version } } });
    expect(repeated(proposal("2.3.9"), pinned)).toBe(pinned.id);
    expect(repeated(proposal("2.4.0"), pinned)).toBeUndefined();
    expect(repeated("Just pin the library, please", pinned)).toBeUndefined();
  });
});

describe("E9 a citation", () => {
  const port = entryOf("p", "Listen on port 0 and read the port back.");
  const other = entryOf("q", "End the other process.");
  it.each([
    `herdmind:${id("p")}`,
    `Applied herdmind:${id("p")}.`,
    `Used the remedy of entry ${id("p")}, it worked.`,
    `[herdmind:${id("p")}] Listen on port 0 and read the port back.`,
    `herdmind:${id("p")} (claim of its author, worked for 3 of 4, 2 independent)\nProblem: the port of the server is in use\nRemedy: Listen on port 0 and read the port back.`,
  ])("E9 %s", (text) => {
    expect(repeated(text, port, other)).toBe(port.id);
  });

  const rendered = (...entries: readonly Immunization[]): string =>
    renderForModel({
      entries: entries.map((entry) => ({
        ...entry,
        status: "contested",
        author: id("a") as unknown as WriterId,
        at: 1_700_000_000_000,
        evidence: { worked: 3, failed: 2, independent: 5 },
        confidence: 0.57,
        discovery: entry.discovery,
        warning: "It did not work for everybody.",
        why: "the same problem; worked for 3 of 5, 5 independent",
      })),
      hidden: { revoked: 2 },
    }).text;

  it("E9 what was rendered for a model, whole or in part", () => {
    const odd = entryOf("r", "Set `$HOME` first:\n1. javascript: links <b>off</b>\n2. end");
    for (const entry of [port, odd].map((one) => ({ ...one, discovery: "an old server still ran" }))) {
      const text = rendered(entry);
      expect(repeated(text, entry, other)).toBe(entry.id);
      const lines = text.split("\n");
      expect(repeated(lines.slice(2, -2).join("\n"), entry, other)).toBe(entry.id);
      expect(repeated(`I applied this:\n${lines.slice(2, -4).join("\n")}`, entry, other)).toBe(entry.id);
      expect(repeated(`${text}\nIt did not help: reboot the machine.`, entry, other)).toBeUndefined();
    }
    expect(repeated(rendered(port, other), port, other)).toBeNull();
    const problem = { text: rendered(port) };
    expect(repeated(signalOf("Take a walk.", { problem }), port)).toBeNull();
  });

  it("is none of an entry of another kind: a validation that failed would speak against it", () => {
    const problem = { domain: "servers", approach: "fixed ports" };
    const cited = { problem, mitigation: { text: `Applied herdmind:${id("p")}` } };
    expect(repeated(signalOf("", { ...cited, type: "VALIDATION_FAILED" }), port)).toBeUndefined();
    expect(repeated(signalOf("", { ...cited, type: "WORKAROUND_FOUND" }), port)).toBeUndefined();
  });

  it("names no entry where it repeats several", () => {
    expect(repeated(`herdmind:${id("p")} and herdmind:${id("q")}`, port, other)).toBeNull();
  });

  it.each([
    `herdmind:${id("p")} did not help; end the other process.`,
    `herdmind:${id("p")} but with port 8080`,
    `Like herdmind:${id("p")}, and also close every socket in the shutdown handler.`,
    `Instead of herdmind:${id("p")}`,
    `The digest ${id("z")} is stale: pull the image again.`,
  ])("is something new: %s", (text) => {
    expect(repeated(text, port)).toBeUndefined();
  });

  it("E9 a problem that this store wrote is none", () => {
    const problem = { text: `herdmind:${id("p")} Listen on port 0 and read the port back.` };
    expect(repeated(signalOf("Listen on port 0 and read the port back.", { problem }), port)).toBe(port.id);
    expect(repeated(signalOf("Take a walk.", { problem }), port)).toBeNull();
    expect(
      repeated(signalOf("Take a walk.", { problem: { text: `Image ${id("p")} is stale` } }), port),
    ).toBeUndefined();
  });
});

describe("L7 a comparison with hostile texts", () => {
  /** A remedy that is looked at to its end. */
  const filled = (part: string, last: string): string =>
    part.repeat(Math.floor((4000 - last.length) / part.length)) + last;
  /** Microseconds of this process's own time: others on this machine do not count. */
  const cost = (part: string): number => {
    const known = Array.from({ length: 64 }, (_, n) => entryOf(`${n % 10}`, filled(part, `b${n} a`)));
    const before = process.cpuUsage();
    expect(repeated(filled(part, "b a"), ...known)).toBeUndefined();
    return process.cpuUsage(before).user;
  };

  it("L7 costs as much as one with plain words: no run of signs is tried from each of its places", () => {
    for (const part of [".", " .", "(", "works. ", "and "]) {
      const plain = cost("tighten the bolt ");
      // A text of dots took 60 times as long. The slack is for a garbage collection.
      expect([part, cost(part) < 10 * plain + 200_000]).toEqual([part, true]);
    }
  });

  it("finds a remedy behind its own half-said beginning, and every place of it", () => {
    const one = entryOf("t", "tick tick tock");
    expect(repeated(`herdmind:${one.id} tick tick tick tock, tick tick tock`, one)).toBe(one.id);
    expect(repeated(`herdmind:${one.id} tick tick tack, pull the lever, tick tick tock`, one)).toBeUndefined();
  });
});
