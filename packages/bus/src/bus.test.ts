import { describe, expect, expectTypeOf, test, vi } from "vitest";
import { createBus, type Failure, bus as ready } from "./bus.js";
import type { Matched } from "./pattern.js";

// As an extension does it, by the name of the package.
declare module "./bus.js" {
  interface Events {
    "test.of.ready": { readonly ms: number };
  }
}

interface Known {
  "build.web.done": { readonly ms: number };
  "build.api.done": { readonly ms: number };
  "test.failed": string;
}

describe("a bus", () => {
  test("calls subscribers of a name and of wildcards in the order of subscription", () => {
    const bus = createBus<Known>();
    const calls: string[] = [];
    bus.subscribe("build.*.done", ({ ms }, name) => calls.push(`a ${name} ${ms}`));
    bus.subscribe("build.web.done", ({ ms }) => calls.push(`b ${ms}`));
    bus.subscribe("**", (_, name) => calls.push(`c ${name}`));
    bus.subscribe("build.**", () => calls.push("d"));
    bus.subscribe("build.*", () => calls.push("never: one word only"));
    expect(bus.publish("build.web.done", { ms: 3 })).toBe(4);
    expect(calls).toEqual(["a build.web.done 3", "b 3", "c build.web.done", "d"]);
    expect(bus.publish("test.failed", "x")).toBe(1);
  });

  test("keeps the order with many subscribers of both kinds", () => {
    const bus = createBus();
    const calls: number[] = [];
    for (let i = 0; i < 1000; i++) bus.subscribe(["a.b", "a.*", "**", "*.b"][i % 4] as string, () => calls.push(i));
    expect(bus.publish("a.b", 0)).toBe(1000);
    expect(calls).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });

  test("goes on after one that throws, and after one that rejects, and reports both", async () => {
    const failures: Failure[] = [];
    const bus = createBus<Known>({ onFailure: (failure) => failures.push(failure) });
    const last = vi.fn();
    bus.subscribe("test.failed", () => {
      throw new Error("at once");
    });
    bus.subscribe("test.*", async () => Promise.reject(new Error("later")));
    bus.subscribe("test.failed", last);
    expect(bus.publish("test.failed", "x")).toBe(3);
    expect(last).toHaveBeenCalledExactlyOnceWith("x", "test.failed");
    await expect.poll(() => failures).toHaveLength(2);
    expect(failures.map(({ error, pattern }) => [(error as Error).message, pattern])).toEqual([
      ["at once", "test.failed"],
      ["later", "test.*"],
    ]);
    expect(bus.failures).toBe(2);
  });

  test("does not wait for asynchronous subscribers", () => {
    const bus = createBus<Known>();
    let isDone = false;
    bus.subscribe("test.failed", async () => {
      await new Promise((resolve) => setTimeout(resolve));
      isDone = true;
    });
    bus.publish("test.failed", "x");
    expect(isDone).toBe(false);
  });

  test("subscribing and unsubscribing while an event is delivered", () => {
    const bus = createBus<Known>();
    const late = vi.fn();
    const removed = vi.fn();
    let stop = (): void => undefined;
    bus.subscribe("test.failed", () => {
      bus.subscribe("test.failed", late);
      stop();
    });
    stop = bus.subscribe("test.failed", removed);
    expect(bus.publish("test.failed", "x")).toBe(1);
    expect(late).not.toHaveBeenCalled();
    expect(removed).not.toHaveBeenCalled();
    bus.publish("test.failed", "y");
    expect(late).toHaveBeenCalledExactlyOnceWith("y", "test.failed");
  });

  test("an event published by a subscriber is delivered before the first one is done", () => {
    const bus = createBus();
    const calls: string[] = [];
    bus.subscribe("a", () => {
      calls.push("a1");
      bus.publish("b", 0);
      calls.push("a1 end");
    });
    bus.subscribe("a", () => calls.push("a2"));
    bus.subscribe("b", () => calls.push("b"));
    bus.publish("a", 0);
    expect(calls).toEqual(["a1", "b", "a1 end", "a2"]);
  });

  test("ends a subscription by its function, by unsubscribe, and by a signal; nothing is left", () => {
    const bus = createBus<Known>();
    const handler = vi.fn();
    const stop = bus.subscribe("test.*", handler);
    bus.subscribe("test.failed", handler);
    bus.subscribe("test.failed", handler);
    const ending = new AbortController();
    bus.subscribe("**", handler, { signal: ending.signal });
    bus.subscribe("**", handler, { signal: AbortSignal.abort() });
    expect(bus.size).toBe(4);
    stop();
    stop();
    expect(bus.unsubscribe("test.failed", handler)).toBe(true);
    ending.abort();
    expect(bus.publish("test.failed", "x")).toBe(1);
    expect(bus.unsubscribe("test.failed", handler)).toBe(true);
    expect(bus.unsubscribe("test.failed", handler)).toBe(false);
    expect([bus.size, bus.publish("test.failed", "x")]).toEqual([0, 0]);
  });

  test.each(["", "a..b", "a b", "*", "a.*", ".a", "a.", "x".repeat(257)])("refuses %j as a name", (name) => {
    expect(() => createBus().publish(name, 0)).toThrow(TypeError);
  });
  test.each(["", "a..b", "**.a", "a*", "a.**.b", "x".repeat(257)])("refuses %j as a pattern", (pattern) => {
    expect(() => createBus().subscribe(pattern, () => undefined)).toThrow(TypeError);
  });
  test("names of a prototype's members are names like others", () => {
    const bus = createBus();
    const handler = vi.fn();
    bus.subscribe("__proto__.constructor", handler);
    expect(bus.publish("__proto__.constructor", 1)).toBe(1);
    expect(bus.publish("toString", 1)).toBe(0);
  });

  test("types follow the pattern", () => {
    const bus = createBus<Known>();
    bus.subscribe("test.failed", (event) => expectTypeOf(event).toEqualTypeOf<string>());
    bus.subscribe("build.*.done", (event) => expectTypeOf(event).toEqualTypeOf<{ readonly ms: number }>());
    bus.subscribe("**", (event) => expectTypeOf(event).toEqualTypeOf<string | { readonly ms: number }>());
    expectTypeOf(bus.publish<"test.failed">)
      .parameter(1)
      .toEqualTypeOf<string>();
    expectTypeOf<Matched<"build.*", keyof Known & string>>().toEqualTypeOf<never>();
    expectTypeOf<Matched<"build.**", keyof Known & string>>().toEqualTypeOf<"build.web.done" | "build.api.done">();
    expectTypeOf<Matched<"*.failed", keyof Known & string>>().toEqualTypeOf<"test.failed">();
  });
});

test("the ready-made bus is one for all who import it, typed by what they add, and writes failures to the console", async () => {
  const tell = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const { bus: other } = await import("./index.js");
  const failures = ready.failures;
  const error = new Error("of one extension");
  const heard = vi.fn();
  const stops = [
    ready.subscribe("test.of.ready", () => {
      throw error;
    }),
    other.subscribe("test.**", ({ ms }, name) => heard(name, ms)),
  ];
  expect(other.publish("test.of.ready", { ms: 3 })).toBe(2);
  expect(heard).toHaveBeenCalledExactlyOnceWith("test.of.ready", 3);
  expect(tell).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('"test.of.ready"'), error);
  expect(ready.failures).toBe(failures + 1);
  for (const stop of stops) stop();
  expect([ready.size, ready.publish("test.of.ready", { ms: 3 })]).toEqual([0, 0]);
  expectTypeOf(ready.publish<"test.of.ready">)
    .parameter(1)
    .toEqualTypeOf<{ readonly ms: number }>();
  tell.mockRestore();
});
