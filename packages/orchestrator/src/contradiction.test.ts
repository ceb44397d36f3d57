import { type Entry, emptyView } from "@herdmind/experience";
import type { WriterId } from "@herdmind/protocol";
import { describe, expect, it } from "vitest";
import { contradiction } from "./contradiction.js";

describe("contradiction", () => {
  it("L7 looks at each of many remedies a few times, not at each with each", () => {
    let reads = 0;
    const entriesOf = (side: string): Entry[] =>
      Array.from({ length: 500 }, (_, n) => ({
        immunization: {
          author: `author of ${side}` as WriterId,
          get remedyId() {
            reads++;
            return `${side} ${n}`;
          },
        },
        evidence: new Map(),
      })) as unknown as Entry[];
    expect(contradiction(emptyView(), entriesOf("one"), entriesOf("other"))).toBeUndefined();
    expect(reads).toBeLessThanOrEqual(4000);
  });
});
