import {
  type AnyRecord,
  type BlockHash,
  type GenerationId,
  type LogHead,
  record,
  type WriterId,
} from "@herdmind/protocol";
import { describe, expect, it } from "vitest";
import { checkpointRecords, viewHash } from "./checkpoint.js";
import { emptyView, fold, type View } from "./view.js";

const writer = "w".repeat(43) as WriterId;
const generation = (name: string): GenerationId => `${name.repeat(21)}A` as GenerationId;
const foldIn = (view: View, name: string, one: AnyRecord) =>
  fold(view, one, { writer, generation: generation(name), sequence: 1, index: 0 });
const time = (at: number, before?: number): AnyRecord =>
  record("time", { at, ...(before === undefined ? {} : { before }) });

describe("A4 the time of canon", () => {
  it("never goes back: a clock that says less stands still", () => {
    const view = emptyView();
    expect(view.clock).toBeUndefined();
    const said = [5, 3, 5, 9, 0].map((at) => foldIn(view, "a", time(at)));
    expect(said.flat().map((event) => event.type === "time" && event.clock.at)).toEqual([5, 5, 5, 9, 9]);
    expect(view.clock?.at).toBe(9);
  });

  it("counts the blocks before a generation for that generation only", () => {
    const view = emptyView();
    foldIn(view, "a", time(1, 0));
    foldIn(view, "a", time(2));
    expect(view.clock).toEqual({ at: 2, before: 0, generation: generation("a") });
    // This one does not say it.
    foldIn(view, "b", time(3));
    expect(view.clock?.before).toBeUndefined();
    foldIn(view, "b", time(4, 70));
    foldIn(view, "b", time(5));
    expect(view.clock).toEqual({ at: 5, before: 70, generation: generation("b") });
  });

  it("is no state: neither the hash of a view nor a checkpoint knows it", () => {
    const [one, other] = [emptyView(), emptyView()];
    const head: LogHead = { writer, generation: generation("c"), length: 3, hash: "h".repeat(43) as BlockHash };
    for (const view of [one, other]) foldIn(view, "a", record("watermark", head));
    foldIn(one, "a", time(7, 1));
    expect(viewHash(one)).toBe(viewHash(other));
    expect([...checkpointRecords(one)].map(({ type }) => type)).toEqual(["watermark"]);
  });

  it("E5 to a peer that does not know the record it is an unknown one, and counted", () => {
    const view = emptyView();
    const events = foldIn(view, "a", { type: "unknown", of: "time", version: 2, body: { at: 1 } });
    expect(events).toEqual([{ type: "unknown", of: "time", version: 2 }]);
    expect([view.clock, view.counts.unknown.get("time/2")]).toEqual([undefined, 1]);
  });
});
