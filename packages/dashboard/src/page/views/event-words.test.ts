import { describe, expect, it } from "vitest";
import type { FeedEvent } from "../feed.js";
import { plainEvent, tellEvent } from "./event-words.js";

const event = (name: string, about: FeedEvent["about"] = {}): FeedEvent => ({
  number: 1,
  event: name,
  at: "2026-11-21T10:00:00Z",
  about,
});

describe("events in words", () => {
  it("says what happened, and which entry it is about", () => {
    const entry = { id: "e1", title: "no route to host", mitigation: { text: "Start the tunnel." } };
    expect(tellEvent(event("immunized", { entry }))).toMatchObject({ name: "New entry", tone: "good", entry: "e1" });
    expect(plainEvent(event("immunized", { entry }))).toBe("New entry no route to host → Start the tunnel.");
    expect(plainEvent(event("evidence", { id: "e1", title: "t", worked: ["a"], failed: [] }))).toBe(
      "Evidence t: 1 worked, 0 failed",
    );
    expect(
      tellEvent(event("verdict", { verdict: { status: "rejected", rule: "E9", reason: "nothing new" } })),
    ).toMatchObject({ tone: "bad" });
    expect(plainEvent(event("present", { name: "ada", isHere: false }))).toBe("Presence ada has left");
  });

  it("E5 shows an event of a newer node as it is", () => {
    expect(tellEvent(event("sung", { song: "la" }))).toMatchObject({ name: "sung", tone: "plain" });
    expect(plainEvent(event("sung", { song: "la" }))).toBe('sung {"song":"la"}');
    expect(tellEvent(event("constructor")).name).toBe("constructor");
  });

  it("E4 takes any value for any member", () => {
    const names = [
      "immunized",
      "evidence",
      "status",
      "verdict",
      "refused",
      "member",
      "present",
      "claim",
      "waited",
      "alarm",
    ];
    for (const name of names)
      for (const value of [null, 7, "text", [], { id: 3, title: {} }]) {
        const about = {
          entry: value,
          verdict: value,
          refusal: value,
          member: value,
          title: value,
          writer: value,
          id: value,
        };
        expect(plainEvent(event(name, about)).length).toBeGreaterThan(0);
      }
  });
});
