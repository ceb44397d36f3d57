import { describe, expect, it } from "vitest";
import { createSwarm, join, type Known } from "./index.js";

const revoked = Proxy.revocable({}, {});
revoked.revoke();

describe("attempt: what user code throws passes through unchanged", () => {
  it.each<readonly [string, unknown]>([
    ["an object without a prototype", Object.create(null)],
    [
      "an object whose getter throws",
      {
        get message() {
          throw new Error("of the getter");
        },
      },
    ],
    [
      "an object whose toString throws",
      {
        toString() {
          throw new Error("of toString");
        },
      },
    ],
    ["a revoked proxy", revoked.proxy],
    ["a symbol", Symbol("mine")],
    ["nothing", undefined],
  ])("%s", async (_name, thrown) => {
    await using swarm = await createSwarm({ name: "odd", relay: false });
    const caught = await swarm
      .attempt(
        {},
        () => {
          throw thrown;
        },
        { solve: () => undefined },
      )
      .then(
        () => "nothing was thrown",
        (error: unknown) => (Object.is(error, thrown) ? "the same" : error),
      );
    expect(caught).toBe("the same");
    expect((await swarm.recall({ error: thrown })).entries).toEqual([]);
  });

  it("A1 an observer's attempt rejects, and never throws before it gave a promise", async () => {
    await using swarm = await createSwarm({ name: "observed" });
    await using observer = await join(await swarm.invite({ role: "observer" }), { name: "o" });
    const promise = observer.attempt({}, () => 1);
    await expect(promise).rejects.toMatchObject({ refusal: { rule: "A1" } });
  });
});

describe("attempt: races with what the swarm learns", () => {
  it("applies a remedy that was learned while known ones were tried", async () => {
    await using swarm = await createSwarm({ name: "late", relay: false });
    const stuck = new Error("the lift is stuck");
    const report = async (mitigation: string): Promise<void> => {
      const receipt = await swarm.report({ problem: stuck, mitigation });
      expect(receipt.ok && (await receipt.verdict).status).toBe("admitted");
    };
    await report("wait");
    let applied = "";
    let solved = 0;
    const value = await swarm.attempt(
      {},
      async () => {
        if (applied === "call the janitor") return "moving";
        // The one who tries "wait" is slow: meanwhile somebody else finds what helps.
        if (applied === "wait") await report("call the janitor");
        throw stuck;
      },
      {
        apply: (entry) => {
          applied = entry.mitigation.text;
        },
        solve: () => {
          solved += 1;
          return undefined;
        },
      },
    );
    expect([value, solved]).toEqual(["moving", 0]);
  });

  it("does not stop who looks for a remedy when nothing could apply the one that was learned", async () => {
    await using swarm = await createSwarm({ name: "hands off", relay: false });
    const jammed = new Error("the gate is jammed");
    let calls = 0;
    const value = await swarm.attempt(
      {},
      () => {
        throw jammed;
      },
      {
        solve: async (_error, { learned }) => {
          calls += 1;
          const receipt = await swarm.report({ problem: jammed, mitigation: "oil it" });
          expect(receipt.ok && (await receipt.verdict).status).toBe("admitted");
          return learned.aborted ? undefined : { mitigation: "use the other gate", value: "through" };
        },
      },
    );
    expect([value, calls]).toEqual(["through", 1]);
  });
});

describe("E2 a problem is recalled though its report was redacted", () => {
  const SECRET = ["connect postgres://app:tr0ub4", "dor@db:5432/x failed"].join("");
  const OTHER = ["connect postgres://app:an0ther", "w0rd@db:5432/x failed"].join("");

  it("by an error, by a problem, by facts, and in the loop", async () => {
    await using swarm = await createSwarm({ name: "secretive", relay: false });
    const facts = { dsn: SECRET };
    for (const report of [
      { problem: new Error(SECRET), mitigation: "restart it" },
      { problem: SECRET, facts, mitigation: "restart that" },
    ]) {
      const receipt = await swarm.report(report);
      expect(receipt.ok && receipt.redactions.length).toBeGreaterThan(0);
      expect(receipt.ok && (await receipt.verdict).status).toBe("admitted");
    }
    const texts = ({ entries }: Known): readonly string[] => entries.map(({ mitigation }) => mitigation.text);
    // Also with another secret at the same place.
    for (const text of [SECRET, OTHER]) {
      expect(texts(await swarm.recall({ error: new Error(text), similar: "never" }))).toEqual(["restart it"]);
    }
    expect(texts(await swarm.recall({ problem: { text: SECRET }, facts, similar: "never" }))).toEqual(["restart that"]);
    let isUp = false;
    const value = await swarm.attempt(
      {},
      () => {
        if (!isUp) throw new Error(OTHER);
        return "up";
      },
      {
        apply: () => {
          isUp = true;
        },
      },
    );
    expect(value).toBe("up");
  });
});

it("a long output is recalled by the text that was reported", async () => {
  await using swarm = await createSwarm({ name: "long", relay: false });
  const lines = (from: number): string =>
    Array.from({ length: 400 }, (_, i) => `step ${from + i} of the build`).join("\n");
  // The cause stands in the middle, which a record has no room for.
  const output = `${lines(0)}\nTypeError: spool is not a function\n${lines(400)}\nerror: build stopped`;
  const receipt = await swarm.report({ problem: output, mitigation: "pin spool" });
  expect(receipt.ok && (await receipt.verdict).status).toBe("admitted");
  expect((await swarm.recall({ text: output, similar: "never" })).entries).toHaveLength(1);
});
