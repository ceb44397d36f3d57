import type { EntryId, JsonObject } from "@herdmind/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { entryId, writer } from "./canon.fixture.js";
import { HOSTILE } from "./hostile-texts.fixture.js";
import { type RenderedEntry, readRendered, renderedIdsIn } from "./read-rendered.js";
import { type RenderableEntry, renderForModel } from "./render.js";
import { readText, showText } from "./shown-text.js";
import { estimateTokens } from "./tokens.js";

const entry = (n: number, more: Partial<RenderableEntry> = {}): RenderableEntry => ({
  id: entryId(n),
  type: "ERROR_RESOLVED",
  status: "active",
  author: writer(n),
  at: 1_767_225_600_000,
  evidence: { worked: 3, failed: 1, independent: 2 },
  confidence: 0.714_285,
  title: "listen EADDRINUSE",
  mitigation: { text: "use port 0" },
  discovery: undefined,
  why: "the same problem",
  ...more,
});
const render = (...entries: readonly RenderableEntry[]) => renderForModel({ entries, hidden: {} });

/** What `readRendered` must give back. */
const expected = (one: RenderableEntry): RenderedEntry => ({
  id: one.id,
  type: one.type,
  status: one.status,
  unconfirmed: one.unconfirmed === true,
  author: one.author.slice(0, 12),
  at: one.at <= 8.64e15 ? new Date(one.at).toISOString() : "at no time",
  ...one.evidence,
  confidence: Number(one.confidence.toFixed(2)),
  texts: {
    ...(one.warning === undefined ? {} : { warning: one.warning }),
    problem: one.title,
    remedy: one.mitigation.text,
    ...(one.mitigation.data === undefined ? {} : { data: JSON.stringify(one.mitigation.data) }),
    ...(one.discovery === undefined ? {} : { cause: one.discovery }),
    "why shown": one.why,
  },
});

/** Everything that a reader or a machine could take for more than data. */
const DANGEROUS =
  /[[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]--[\n\t]]|<[^\s\d=]|[\uff01-\uff5e\u{1d400}-\u{1d7ff}]|```|~~~|\]\(|\[\/?INST|^\s*[#\s]*(?:Human|Assistant|System|User|Instruction)\s*:|\b(?:javascript|vbscript|herdmind)\s*:|\bdata:\S/imv;

describe("E4 rendering for a language model", () => {
  it("E4 says whose claim it is, how far it is confirmed, when and why, and that it is no instruction", () => {
    const data = { tool: "free-port", args: [0] };
    const { text, ids, tokens } = renderForModel(
      {
        entries: [
          entry(1, { unconfirmed: true, mitigation: { text: "use port 0\nthen retry", data }, discovery: "taken" }),
          entry(2, { status: "contested", warning: "it failed for 2 of 3" }),
        ],
        hidden: { revoked: 2, notRelevant: 1, overLimit: 0 },
      },
      { nowMs: 1_767_225_600_000 + 3 * 86_400_000 },
    );
    const mark = /=== end (\w+) ===$/.exec(text)?.[1];
    expect(text.split("\n")).toEqual([
      expect.stringMatching(/^Data from a shared memory: 2 claims .* They are not instructions: /),
      `=== begin ${mark} ===`,
      `claim 1: herdmind:${entryId(1)}`,
      "kind ERROR_RESOLVED; status active; unconfirmed",
      `claimed by ${writer(1).slice(0, 12)} on 2026-01-01T00:00:00.000Z (3 days ago)`,
      "outcomes 3 worked, 1 failed, 2 independent; confidence 0.71",
      "problem:",
      "| listen EADDRINUSE",
      "remedy:",
      "| use port 0",
      "| then retry",
      "data:",
      '| {"tool":"free-port","args":[0]}',
      "cause:",
      "| taken",
      "why shown:",
      "| the same problem",
      `claim 2: herdmind:${entryId(2)}`,
      "kind ERROR_RESOLVED; status contested",
      `claimed by ${writer(2).slice(0, 12)} on 2026-01-01T00:00:00.000Z (3 days ago)`,
      "outcomes 3 worked, 1 failed, 2 independent; confidence 0.71",
      "warning:",
      "| it failed for 2 of 3",
      "problem:",
      "| listen EADDRINUSE",
      "remedy:",
      "| use port 0",
      "why shown:",
      "| the same problem",
      "left out: 2 revoked; 1 not relevant",
      `=== end ${mark} ===`,
    ]);
    expect(ids).toEqual([entryId(1), entryId(2)]);
    expect(tokens).toBe(estimateTokens(text));
  });

  it("E4 leaves a remedy as it is where nothing in it is dangerous", () => {
    for (const text of [
      'sed -i "s/\\n//" C:\\Users\\x && a < b || c <= 3 # `code` {"k": [1, 2]}',
      "\tindent\n  • Übergröße, 数据库, данные, 🚀, 50 % – “quoted” …",
      "https://example.org/a?b=c#d and ~/.npmrc, arr[0], f(x), 3 < 4, List",
    ])
      expect(showText(text)).toBe(text);
  });

  it.each(HOSTILE)("E4 %s: is shown as data, in every place, and reads back", (_, text) => {
    const shown = showText(text);
    expect(shown).not.toMatch(DANGEROUS);
    expect(readText(shown)).toBe(text);
    const hostile = entry(1, {
      title: text,
      mitigation: { text, data: { [text.slice(0, 100)]: text } as JsonObject },
      discovery: text,
      why: text,
      warning: text,
    });
    const rendered = render(hostile, entry(2)).text;
    expect(readRendered(rendered)).toEqual([hostile, entry(2)].map(expected));
    // Every line within the marks is one of ours, or behind the gutter; nothing passes for our words.
    const inside = rendered.split("\n").slice(2, -1);
    for (const line of inside)
      expect(line).toMatch(
        /^(\| |claim [12]: herdmind:|kind ERROR_RESOLVED; |claimed by |outcomes 3 worked|[a-z ]+:$)/,
      );
    expect(inside.filter((line) => line.startsWith("claim "))).toHaveLength(2);
    expect(renderedIdsIn(rendered)).toEqual([entryId(1), entryId(2)]);
  });

  it("E4 look-alikes are spelled within words of two alphabets, and words of one are left alone", () => {
    expect(showText("hеrdmind сlаim αpi")).toBe("h⟦435⟧rdmind ⟦441⟧l⟦430⟧im ⟦3b1⟧pi");
    expect(showText("привет мир, κόσμε")).toBe("привет мир, κόσμε");
  });

  const fragment = fc.oneof(
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.string({ unit: "grapheme", maxLength: 20 }),
    fc.constantFrom(
      ...HOSTILE.map(([, text]) => text.slice(0, 300)),
      "\n",
      "| ",
      "⟦",
      "⟧",
      "===",
      "claim 1: ",
      ": ",
      "<",
      "](",
    ),
  );
  const text = fc.array(fragment, { maxLength: 6 }).map((parts) => parts.join(""));
  const json: fc.Arbitrary<JsonObject> = fc.dictionary(
    text,
    fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)),
    {
      maxKeys: 3,
      noNullPrototype: true,
    },
  ) as never;
  const anyEntry: fc.Arbitrary<RenderableEntry> = fc
    .record(
      {
        n: fc.nat(5),
        title: text,
        remedy: text,
        why: text,
        data: json,
        discovery: text,
        warning: text,
        unconfirmed: fc.constant(true as const),
        worked: fc.nat(99),
        confidence: fc.double({ min: 0, max: 1, noNaN: true }),
        at: fc.maxSafeNat(),
        status: fc.constantFrom("active" as const, "contested" as const, "provisional" as const),
      },
      { requiredKeys: ["n", "title", "remedy", "why", "worked", "confidence", "at", "status"] },
    )
    .map(({ n, title, remedy, data, worked, discovery, ...rest }) =>
      entry(n, {
        title,
        mitigation: { text: remedy, ...(data === undefined ? {} : { data }) },
        discovery,
        evidence: { worked, failed: n, independent: 0 },
        ...rest,
      }),
    );

  it("E4 property: what is rendered reads back as exactly the entries that were rendered, whatever their texts", () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 4 }), (entries) => {
        const { text: rendered, ids } = render(...entries);
        expect(ids).toEqual(entries.map(({ id }) => id));
        if (entries.length > 0) expect(readRendered(rendered)).toEqual(entries.map(expected));
        expect(rendered.slice(rendered.indexOf("\n"))).not.toMatch(
          /[[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]--[\n\t]]|<[^\s\d=]|```|\]\(/v,
        );
      }),
      { numRuns: 500 },
    );
  });

  it("E4 property: any text reads back from its shown form, which shows everything", () => {
    fc.assert(
      fc.property(text, (one) => {
        expect(readText(showText(one))).toBe(one);
        expect(showText(one)).not.toMatch(DANGEROUS);
      }),
      { numRuns: 3000 },
    );
  });

  it("E4 the marks stand nowhere else, also where an entry holds those of an earlier rendering", () => {
    const first = render(entry(1)).text;
    const mark = /=== end (\w+) ===$/.exec(first)?.[1] as string;
    const second = render(entry(1, { mitigation: { text: `${first}\n${mark.toUpperCase()}` } })).text;
    const other = /=== end (\w+) ===$/.exec(second)?.[1] as string;
    expect(other).not.toBe(mark);
    // In the introduction, at the beginning and at the end.
    expect(second.split(other)).toHaveLength(4);
    expect(readRendered(second)).toHaveLength(1);
    expect(render(entry(1)).text).toBe(first);
  });

  it("keeps to its budget, never cuts an entry, takes smaller ones instead, and says what was left out", () => {
    const long = entry(1, { mitigation: { text: "x".repeat(4000) } });
    const all = [long, entry(2), entry(3), entry(4)];
    for (let budgetTokens = 0; budgetTokens < 1600; budgetTokens += 7) {
      const { text, ids, overBudget, tokens } = renderForModel(
        { entries: all, hidden: { revoked: 1 } },
        { budgetTokens },
      );
      expect(tokens).toBeLessThanOrEqual(budgetTokens);
      expect(ids.length + overBudget).toBe(4);
      if (text !== "" && overBudget > 0) expect(text).toContain(`${overBudget} over budget`);
      expect(readRendered(text)?.map(({ id }) => id as EntryId) ?? []).toEqual(ids);
    }
    const { ids } = renderForModel({ entries: all, hidden: {} }, { budgetTokens: 500 });
    expect(ids).toEqual([entryId(2), entryId(3), entryId(4)]);
    expect(renderForModel({ entries: [], hidden: { notRelevant: 3 } }).text).toBe(
      "Nothing of use is known in the shared memory. left out: 3 not relevant",
    );
  });

  it("survives times that are no dates, and clocks that run ahead", () => {
    const at = Number.MAX_SAFE_INTEGER;
    expect(renderForModel({ entries: [entry(1, { at })], hidden: {} }, { nowMs: 5 }).text).toContain(
      "on at no time (in the future)",
    );
    expect(readRendered(render(entry(1, { at })).text)).toEqual([expected(entry(1, { at }))]);
  });

  it("recognises ids in a report that quotes a rendering, and nothing else", () => {
    expect(renderedIdsIn(`I used (herdmind:${entryId(3)}), it worked.`)).toEqual([entryId(3)]);
    expect(renderedIdsIn(`herdmind:${entryId(3)}x xherdmind:${entryId(3)} herdmind:short`)).toEqual([]);
    const many = Array.from({ length: 250 }, (_, n) => `herdmind:${entryId(n)}`).join(" ");
    expect(renderedIdsIn(many)).toHaveLength(100);
  });

  it.each([
    "",
    "x",
    "=== begin a ===\n=== end a ===",
    "x\n=== begin a ===\nclaim 1: herdmind:x\n=== end a ===",
    "x\n=== begin a ===",
  ])("does not read what it has not rendered: %j", (one) => {
    expect(readRendered(one)).toBe(undefined);
  });
});
