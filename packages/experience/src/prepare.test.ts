import { type Problem, type RecordBody, record, type Signal } from "@herdmind/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonOf, entryId, moves, refOf, writer } from "./canon.fixture.js";
import { identify } from "./identity.js";
import { type PreparedEntry, type PrepareOptions, prepare, readTask, type Task } from "./prepare.js";
import { createIndex } from "./recall.js";
import { renderForModel } from "./render.js";
import { emptyView, fold, type View } from "./view.js";

const at = refOf(0, 0);
interface Known {
  readonly type?: string;
  readonly problem: Problem;
  readonly remedy?: string;
  readonly tags?: readonly string[];
  readonly status?: RecordBody<"status">["status"];
}
const viewOf = (...known: readonly Known[]): View => {
  const view = emptyView();
  for (const [n, { type = "ERROR_RESOLVED", problem, remedy = `remedy ${n}`, tags, status }] of known.entries()) {
    const signal: Signal = { type, problem, mitigation: { text: remedy }, at: n };
    const identity = identify(signal);
    if (!identity.ok) throw new Error(identity.refusal.message);
    const { fingerprint, remedyId, title, search } = identity.value;
    const { api, domain, facts } = problem;
    fold(
      view,
      record("immunization", {
        id: entryId(n),
        type,
        fingerprint,
        remedyId,
        title,
        search,
        ...(api === undefined ? {} : { api }),
        ...(domain === undefined ? {} : { domain }),
        ...(facts === undefined ? {} : { facts }),
        ...(tags === undefined ? {} : { tags: [...tags] }),
        mitigation: signal.mitigation,
        author: writer(1),
        of: refOf(1, n),
        at: n,
      }),
      at,
    );
    if (status !== undefined) fold(view, record("status", { entry: entryId(n), status, reason: "votes" }), at);
  }
  return view;
};
const ask = (view: View, task: Task, options?: PrepareOptions) => {
  const index = createIndex(view);
  while (index.indexSome() > 0);
  return prepare(view, index, task, options);
};
const ids = (entries: readonly PreparedEntry[]) => entries.map(({ id }) => id);

const PAYPAL: Known = {
  type: "WORKAROUND_FOUND",
  problem: { api: "PayPal", purpose: "refund a part of an order" },
};
const ROUNDING: Known = {
  type: "VALIDATION_FAILED",
  problem: { domain: "billing", approach: "round each line of an order" },
};
const QUOTA: Known = { problem: { error: { message: "disk quota of ledger volume exceeded while writing snapshot" } } };
const GPU: Known = { problem: { error: { message: "second card does not answer" } }, tags: ["gpu"] };

describe("what is known before a task", () => {
  it("counts a tag once, however often its author writes it", () => {
    const relevanceOf = (tags: readonly string[]) =>
      ask(viewOf({ ...GPU, tags }), { tags: ["gpu"] }).entries.map(({ relevance, why }) => [relevance, why]);
    expect(relevanceOf(["gpu"])).toHaveLength(1);
    expect(relevanceOf(["gpu", "GPU", " gpu", "Gpu "])).toEqual(relevanceOf(["gpu"]));
  });

  it("finds entries by API, domain, tags, tools and words, the most relevant first, and says why", () => {
    const view = viewOf(PAYPAL, ROUNDING, QUOTA, GPU);
    const { entries, hidden, pending } = ask(view, {
      text: "write a snapshot of the ledger volume",
      domain: "Billing",
      apis: ["paypal"],
      tools: ["GPU"],
    });
    expect(ids(entries)).toEqual([entryId(0), entryId(1), entryId(3), entryId(2)]);
    expect(entries.map(({ why }) => why.split(";")[0])).toEqual([
      "the task uses paypal",
      "the task is in billing",
      "it is tagged gpu",
      expect.stringMatching(/^its words are \d+ % alike$/),
    ]);
    expect(entries.every(({ relevance }) => relevance > 0 && relevance <= 1)).toBe(true);
    expect(hidden).toMatchObject({ revoked: 0, notRelevant: 0, overLimit: 0 });
    expect(pending).toBe(0);
    expect(ask(view, { text: "paint the fence" }).entries).toEqual([]);
    expect(ask(view, {}).entries).toEqual([]);
  });

  it("warns of what failed, and of what is contested", () => {
    const { entries } = ask(viewOf(ROUNDING, { ...QUOTA, status: "contested" }), {
      text: "disk quota of ledger volume exceeded",
      domain: "billing",
    });
    expect(new Map(entries.map(({ id, warning }) => [id, warning]))).toEqual(
      new Map([
        [entryId(0), "This approach was tried, and failed."],
        [entryId(1), "Contested: votes"],
      ]),
    );
    expect(entries.every((entry) => !("match" in entry) && !("score" in entry))).toBe(true);
  });

  it("E3 counts what it leaves out: revoked, other facts, of no concern, over the limit", () => {
    const cards = ["a", "b", "c"].map((remedy): Known => ({ ...GPU, remedy }));
    const view = viewOf(
      { ...PAYPAL, status: "revoked" },
      { ...PAYPAL, remedy: "x", status: "superseded" },
      { ...QUOTA, problem: { ...QUOTA.problem, facts: { java: 8 } }, tags: ["gpu"] },
      { type: "WORKAROUND_FOUND", problem: { api: "cuda", purpose: "count cards" }, tags: ["gpu"] },
      ...cards,
    );
    const task: Task = { apis: ["paypal"], tags: ["gpu"], facts: { java: 21 } };
    const { entries, hidden } = ask(view, task, { profile: { apis: ["paypal"] } });
    // Two remedies of one problem are enough while there is none.
    expect(entries).toHaveLength(2);
    expect([entryId(4), entryId(5), entryId(6)]).toEqual(expect.arrayContaining(ids(entries)));
    expect(hidden).toMatchObject({ revoked: 1, superseded: 1, factsDiffer: 1, notRelevant: 1, overLimit: 1 });
    const all = ask(view, task, { profile: { apis: ["paypal"] }, concern: "all" });
    expect(all.hidden.notRelevant).toBe(0);
    expect(ids(all.entries)).toContain(entryId(3));
    // What the task itself names concerns it, whatever the profile says.
    expect(ask(view, { apis: ["CUDA"] }, { profile: { apis: ["paypal"] } }).entries).toHaveLength(1);
    expect(
      ask(view, { ...task, facts: { java: 8 } }).entries.some(({ why }) => why.includes("a fact is the same")),
    ).toBe(true);
  });

  it("keeps to its budget of entries and of tokens, rendered as it says", () => {
    const view = viewOf(
      ...Array.from({ length: 30 }, (_, n) => ({
        ...GPU,
        problem: { text: `card ${"abcdefghijklmnopqrstuvwxyz0123"[n]}x does not answer` },
      })),
    );
    expect(ask(view, { tags: ["gpu"] }).entries).toHaveLength(8);
    expect(ask(view, { tags: ["gpu"] }, { limit: 20 }).entries).toHaveLength(20);
    const nowMs = 1_767_225_600_000;
    for (let budgetTokens = 0; budgetTokens < 2500; budgetTokens += 83) {
      const prepared = ask(view, { tags: ["gpu"] }, { limit: 20, budgetTokens, nowMs });
      expect(prepared.tokens).toBeLessThanOrEqual(budgetTokens);
      expect(prepared.entries.length + prepared.hidden.overLimit).toBe(30);
      const rendered = renderForModel(prepared, { nowMs });
      if (prepared.entries.length > 0) expect(rendered.tokens).toBeLessThanOrEqual(budgetTokens);
      expect(rendered.ids).toEqual(ids(prepared.entries));
    }
  });

  it("knows entries that came after it was first asked", () => {
    const view = viewOf(PAYPAL);
    const index = createIndex(view);
    expect(prepare(view, index, { tags: ["gpu"] }).entries).toEqual([]);
    for (const one of canonOf([])) fold(view, one, at);
    const { immunization } = viewOf(PAYPAL, GPU).entries.get(entryId(1)) as {
      immunization: RecordBody<"immunization">;
    };
    fold(view, record("immunization", immunization), at);
    expect(ids(prepare(view, index, { tags: ["gpu"] }).entries)).toEqual([entryId(1)]);
  });

  it("A4 property: the same canon gives the same preparation, in whatever order its texts were indexed", () => {
    const task = fc.record(
      {
        text: fc.constantFrom("refund a whole order", "ledger snapshot journal", ""),
        domain: fc.constantFrom("billing", "x"),
        apis: fc.constant(["payment gateway v2"]),
        tags: fc.constant(["gpu"]),
        tools: fc.constant(["npm"]),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        moves(60),
        task,
        fc.nat(20),
        fc.constantFrom({}, { tools: ["pnpm"] }),
        (history, asked, cut, profile) => {
          const records = canonOf(history);
          const whole = emptyView();
          for (const one of records) fold(whole, one, at);
          const grown = emptyView();
          const index = createIndex(grown);
          for (const [i, one] of records.entries()) {
            fold(grown, one, at);
            // Asked and indexed in the middle of it.
            if (i === cut) {
              index.indexSome(3);
              prepare(grown, index, asked);
            }
          }
          while (index.indexSome() > 0);
          expect(prepare(grown, index, asked, { profile })).toEqual(ask(whole, asked, { profile }));
        },
      ),
    );
  });

  it.each<[string, unknown, RegExp]>([
    ["a text", "do it", /object/],
    ["a name that is none", { name: 1 }, /name/],
    ["facts that are a list", { facts: [] }, /facts/],
    ["an API that is no list", { apis: "stripe" }, /apis/],
    ["an unknown member", { goal: "x" }, /"goal"/],
  ])("R1 refuses %s", (_, task, why) => {
    const read = readTask(task);
    expect(read).toMatchObject({ ok: false, refusal: { rule: "R1" } });
    expect(read.ok ? "" : read.refusal.message).toMatch(why);
  });
});
