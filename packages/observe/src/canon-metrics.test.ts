import type { GenerationId } from "@herdmind/protocol";
import type { Present } from "herdmind";
import { describe, expect, test } from "vitest";
import { stableLength } from "./canon-metrics.js";

describe("E6 the stable watermark", () => {
  const newest = "newest" as GenerationId;
  const head = { generation: newest, length: 10 };
  const at = (length: number, generation = newest): Pick<Present, "canon"> => ({ canon: { generation, length } });

  test.each<[title: string, present: readonly Pick<Present, "canon">[], stable: number]>([
    ["is what is held here, when nobody else is present", [], 10],
    ["is what is held here, when everybody holds as much", [at(10), at(10)], 10],
    ["is what the last one holds, whoever is named first", [at(10), at(7), at(9)], 7],
    ["is what the last one holds, whoever is named last", [at(7), at(9), at(10)], 7],
    ["is not more than is held here, when others are ahead", [at(12), at(11)], 10],
    ["is nothing while somebody holds another generation, however long", [at(10), at(99, "older" as GenerationId)], 0],
    ["does not wait for who says nothing", [at(10), { canon: undefined }, at(8)], 8],
  ])("%s", (_title, present, stable) => {
    expect(stableLength(head, present)).toBe(stable);
  });
});
