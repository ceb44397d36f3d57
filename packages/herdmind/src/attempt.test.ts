import type { RecalledEntry } from "@herdmind/experience";
import type { Fingerprint } from "@herdmind/protocol";
import { describe, expect, it } from "vitest";
import { attempt } from "./attempt.js";
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

  it("what is no failure, also while a remedy is tried, and nothing is told of that remedy", async () => {
    await using swarm = await createSwarm({ name: "paused", relay: false });
    const jammed = new Error("the gear is jammed");
    const known = await swarm.report({ problem: jammed, mitigation: "oil it" });
    await (known.ok ? known.verdict : undefined);
    const pause = new Error("paused");
    const thrown = [jammed, pause, jammed];
    const receipts: string[] = [];
    const attempted = (await swarm.as("other")).attempt(
      {},
      () => {
        throw thrown.shift();
      },
      {
        apply: () => undefined,
        solve: () => ({ mitigation: "never" }),
        isFailure: (error) => error !== pause,
        onReceipt: (_receipt, kind) => receipts.push(kind),
      },
    );
    await expect(attempted).rejects.toBe(pause);
    expect([thrown, receipts]).toEqual([[jammed], []]);
  });

  it("A1 an observer's attempt rejects, and never throws before it gave a promise", async () => {
    await using swarm = await createSwarm({ name: "observed" });
    await using observer = await join(await swarm.invite({ role: "observer" }), { name: "o" });
    const promise = observer.attempt({}, () => 1);
    await expect(promise).rejects.toMatchObject({ refusal: { rule: "A1" } });
  });
});

describe("attempt: what the agent found itself", () => {
  it("is applied again before canon has judged it, also without a network, and counts for nobody", async () => {
    const swarm = await createSwarm({ name: "cut off" });
    await using member = await join(await swarm.invite(), { name: "alone" });
    await member.synced();
    await swarm.close();
    const searched: string[] = [];
    const tries = async (floor: number): Promise<string> => {
      let remedy = "";
      return member.attempt(
        {},
        () => {
          if (remedy === "") throw new Error(`the lift is stuck at floor ${floor}`);
          return remedy;
        },
        {
          apply: ({ mitigation, provisional, why }) => {
            expect(provisional).toBe(true);
            expect(why).toContain("found by this agent itself");
            remedy = `${mitigation.text}, again`;
          },
          solve: () => {
            searched.push(`floor ${floor}`);
            remedy = "press all buttons";
            return { mitigation: remedy, value: remedy };
          },
        },
      );
    };
    expect(await tries(1)).toBe("press all buttons");
    expect(await tries(2)).toBe("press all buttons, again");
    expect(searched).toEqual(["floor 1"]);
    expect(member.stats()).toMatchObject({ signals: 1, outcomes: 0, repeatsPrevented: 1 });
  });

  it("is forgotten for canon's entry once canon has judged it", async () => {
    await using swarm = await createSwarm({ name: "judged", relay: false });
    const stuck = new Error("the door is jammed");
    let applied: RecalledEntry | undefined;
    const attemptOnce = (isFree: () => boolean, free: () => void) =>
      swarm.attempt(
        {},
        () => {
          if (!isFree()) throw stuck;
          return "open";
        },
        {
          apply: (entry) => {
            applied = entry;
            free();
          },
          solve: () => {
            free();
            return { mitigation: "lift the handle" };
          },
        },
      );
    for (let round = 0; round < 2; round++) {
      let isOpen = false;
      await attemptOnce(
        () => isOpen,
        () => {
          isOpen = true;
        },
      );
      await expect.poll(() => swarm.stats().pending).toBe(0);
    }
    expect(applied?.provisional).toBeUndefined();
    expect(applied?.status).toBe("active");
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

  it("searches on when the remedy that was learned cannot be applied here", async () => {
    await using swarm = await createSwarm({ name: "not here", relay: false });
    const jammed = new Error("the press is jammed");
    let calls = 0;
    const value = await swarm.attempt(
      {},
      () => {
        throw jammed;
      },
      {
        apply: () => false,
        solve: async (_error, { learned }) => {
          calls += 1;
          if (calls > 1) return { mitigation: "use the other press", value: "printed" };
          const receipt = await swarm.report({ problem: jammed, mitigation: "call the vendor" });
          expect(receipt.ok && (await receipt.verdict).status).toBe("admitted");
          return learned.aborted ? undefined : { mitigation: "none", value: "not told" };
        },
      },
    );
    expect([value, calls]).toEqual(["printed", 2]);
  });

  it("searches after a remedy that came during its recall did not help", async () => {
    const fingerprint = `f1_${"a".repeat(32)}` as Fingerprint;
    const entry = (id: string): RecalledEntry => ({ id, mitigation: { text: id } }) as unknown as RecalledEntry;
    let learn = (): void => {};
    let recalls = 0;
    const asked: string[] = [];
    const value = await attempt<string>(
      {
        recall: async () => {
          recalls += 1;
          // The second remedy arrives while the first recall after it is under way.
          if (recalls === 3) learn();
          const entries = recalls === 1 ? [entry("first")] : recalls === 3 ? [entry("second")] : [];
          return { entries, fingerprints: [fingerprint] } as unknown as Known;
        },
        report: async () => ({ ok: false, refusal: { rule: "L8", fault: "none", message: "" } }),
        outcome: async () => ({ ok: false, refusal: { rule: "L8", fault: "none", message: "" } }),
      },
      {
        count: () => undefined,
        onLearned: (_fingerprint, learned) => {
          learn = learned;
          return () => undefined;
        },
      },
      {},
      () => {
        throw new Error("still jammed");
      },
      {
        apply: ({ mitigation }) => {
          asked.push(mitigation.text);
        },
        solve: () => ({ mitigation: "own", value: "found" }),
      },
    );
    expect([value, asked]).toEqual(["found", ["first", "second"]]);
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
  const output = `${lines(0)}\nTypeError: spool is not a function\n${lines(400)}\nBuildError: stopped at the last step`;
  const receipt = await swarm.report({ problem: output, mitigation: "pin spool" });
  expect(receipt.ok && (await receipt.verdict).status).toBe("admitted");
  expect((await swarm.recall({ text: output, similar: "never" })).entries).toHaveLength(1);
});

describe("attempt: the same facts under another symptom", () => {
  const facts = { pier: "north", crane: "C7", cable: "12 mm" };
  const hums = new Error("the motor hums");
  const swings = new Error("hook below the water line, cannot lift");

  /** A swarm that knows a remedy for one crane, and those of so many others. */
  const swarmWith = async (others: number) => {
    const swarm = await createSwarm({ name: "cranes", relay: false });
    const report = async (given: typeof facts, mitigation: string): Promise<void> => {
      const receipt = await swarm.report({ problem: hums, facts: given, mitigation });
      expect(receipt.ok && (await receipt.verdict).status).toBe("admitted");
    };
    await report(facts, "oil it");
    for (let n = 0; n < others; n++) await report({ ...facts, crane: `D${n}` }, `call mechanic ${n}`);
    return swarm;
  };

  it("a cure is reported as this symptom's, and a failure is no outcome of the other", async () => {
    await using swarm = await swarmWith(1);
    const told: string[] = [];
    let oiled = false;
    const lift = async (error: Error, helps: boolean) =>
      swarm.attempt(
        { facts },
        () => {
          if (oiled && helps) return "lifted";
          throw error;
        },
        {
          apply: (entry) => {
            expect([entry.match, entry.mitigation.text]).toEqual(["facts", "oil it"]);
            oiled = true;
          },
          onReceipt: (receipt, kind) => told.push(receipt.ok ? kind : receipt.refusal.message),
        },
      );
    await expect(lift(new Error("cabin is full of smoke, alarm failed"), false)).rejects.toThrow("smoke");
    expect(told).toEqual([]);
    oiled = false;
    expect(await lift(swings, true)).toBe("lifted");
    expect(told).toEqual(["report"]);
    expect(swarm.stats().repeatsPrevented).toBe(1);
  });

  it("nothing is applied while too little shows that such facts define a problem; `solve` sees it", async () => {
    await using swarm = await swarmWith(0);
    const seen: string[] = [];
    const value = await swarm.attempt(
      { facts },
      () => {
        throw swings;
      },
      {
        apply: () => expect.unreachable(),
        solve: (_error, { known }) => {
          seen.push(...known.entries.map(({ match, mitigation }) => `${match}: ${mitigation.text}`));
          return { mitigation: "shorten the cable", value: "lifted" };
        },
      },
    );
    expect([value, seen]).toEqual(["lifted", ["facts: oil it"]]);
  });
});
