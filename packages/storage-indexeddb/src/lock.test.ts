/** One holder at a time, by the Web Locks that this Node has. */
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { takeLock } from "./lock.js";

describe("the lock of a database", () => {
  test("L8 is taken once, and again when it was released", async () => {
    const release = await takeLock("one", navigator.locks);
    expect(await takeLock("one", navigator.locks)).toBeUndefined();
    release?.();
    const again = await takeLock("one", navigator.locks);
    expect(again).toBeDefined();
    again?.();
  });

  test("a browser that is too busy to answer is no holder", async () => {
    const { locks } = navigator;
    const busy = {
      query: () => locks.query(),
      request: async (name: string, options: LockOptions, granted: LockGrantedCallback<unknown>) => {
        await pause(700); // longer than a dying tab is waited for
        return locks.request(name, options, granted);
      },
    } as LockManager;
    const release = await takeLock("slow", busy);
    expect(release).toBeDefined();
    release?.();
  });
});
