import { describe, expect, it } from "vitest";
import { createSwarm, problemOfError } from "./index.js";

describe("the problem that a thrown value shows", () => {
  it.each<readonly [string, unknown, string]>([
    ["an error", new TypeError("x is not a function"), "x is not a function"],
    ["an error without a message", new RangeError(""), "RangeError"],
    ["a text", "it broke", "it broke"],
    ["an object that says nothing", { status: 404 }, ""],
    ["an empty message", { message: "" }, ""],
    ["an object without a prototype", Object.create(null), ""],
    ["an object that writes itself", { toString: () => "HTTP 404" }, "HTTP 404"],
  ])("has a message: %s", (_name, thrown, message) => {
    expect(problemOfError(thrown).error?.message).toBe(message);
  });

  it("objects that say nothing are not one problem: no remedy of one is recalled for another", async () => {
    await using swarm = await createSwarm({ name: "mute", relay: false });
    const receipt = await swarm.report({ problem: problemOfError({ status: 404 }), mitigation: "look elsewhere" });
    expect(receipt.ok && (await receipt.verdict)).toMatchObject({ status: "rejected", rule: "R1" });
    expect((await swarm.recall({ error: { status: 500 } })).entries).toEqual([]);
  });
});
