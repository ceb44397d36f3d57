import { describe, expect, it, vi } from "vitest";
import { createFeed, MAX_EVENTS } from "./feed.js";
import type { Failure } from "./node.js";

/** A watch that the test speaks on. */
const createWatch = () => {
  const runs: {
    readonly line: (text: string) => void;
    readonly open: () => void;
    readonly end: (why: Failure) => void;
  }[] = [];
  return {
    runs,
    watch: (line: (text: string) => void, open: () => void) =>
      new Promise<Failure>((end) => {
        runs.push({ line, open, end });
      }),
  };
};

const line = (event: string, about: object = {}): string =>
  JSON.stringify({ event, at: "2026-11-21T10:00:00Z", ...about });

describe("the live feed", () => {
  it("holds the newest events first, and no more than it says", async () => {
    vi.useFakeTimers();
    const { runs, watch } = createWatch();
    const feed = createFeed({ watch, now: () => 5 });
    feed.connect();
    runs[0]?.open();
    for (let i = 0; i < MAX_EVENTS + 20; i++) runs[0]?.line(line("present", { name: `n${i}` }));
    runs[0]?.line("not JSON");
    runs[0]?.line('{"event":7,"at":"x"}');
    await vi.advanceTimersByTimeAsync(200);
    const { events, count, link } = feed.state();
    expect(link).toEqual({ state: "live" });
    expect(count).toBe(MAX_EVENTS + 20);
    expect(events).toHaveLength(MAX_EVENTS);
    expect(events[0]).toMatchObject({
      number: MAX_EVENTS + 20,
      event: "present",
      about: { name: `n${MAX_EVENTS + 19}` },
    });
    vi.useRealTimers();
  });

  it("says since when nothing comes, tries again by itself, and says that it is back", async () => {
    vi.useFakeTimers();
    const { runs, watch } = createWatch();
    const feed = createFeed({ watch, now: () => 77 });
    const heard: unknown[] = [];
    feed.onEvent((event) => heard.push(event));
    feed.connect();
    runs[0]?.open();
    runs[0]?.end({ kind: "away" });
    await vi.advanceTimersByTimeAsync(0);
    expect(feed.state().link).toEqual({ state: "away", since: 77 });
    await vi.advanceTimersByTimeAsync(500);
    runs[1]?.end({ kind: "away" });
    await vi.advanceTimersByTimeAsync(1000);
    expect(feed.state().link).toEqual({ state: "away", since: 77 });
    runs[2]?.open();
    expect(feed.state().link).toEqual({ state: "live" });
    expect(heard).toEqual([undefined, undefined]);
    vi.useRealTimers();
  });

  it("T2 waits for a code when it has no session", async () => {
    vi.useFakeTimers();
    const { runs, watch } = createWatch();
    const feed = createFeed({ watch, now: () => 0 });
    feed.connect();
    runs[0]?.end({ kind: "signed-out" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(feed.state().link).toEqual({ state: "signed-out" });
    expect(runs).toHaveLength(1);
    feed.connect();
    runs[1]?.open();
    expect(feed.state().link).toEqual({ state: "live" });
    vi.useRealTimers();
  });
});
