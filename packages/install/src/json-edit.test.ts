import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Edited } from "./edit.js";
import { type JsonData, type JsonWant, putJson, takeJson } from "./json-edit.js";
import { meaningOf, parseJson } from "./json-text.js";

const server: JsonWant = {
  path: ["mcpServers", "herdmind"],
  value: { command: "/usr/bin/node", args: ["/opt/main.js", "mcp"] },
};
const isOurs = (element: JsonData): boolean => JSON.stringify(element).includes("hook us");
const hook: JsonWant = {
  path: ["hooks", "PostToolUse"],
  value: { matcher: "Bash", hooks: [{ type: "command", command: "hook us" }] },
  isOurs,
};

const ok = (edited: Edited): Extract<Edited, { ok: true }> => {
  if (!edited.ok) throw new Error(`line ${edited.line}: ${edited.reason}`);
  return edited;
};
const meaning = (text: string): string => {
  const read = parseJson(text);
  if (!read.ok) throw new Error(read.reason);
  return meaningOf(read.root);
};
const valuesOf = (text: string): { readonly [name: string]: JsonData } => JSON.parse(meaning(text));

/** Puts all in, checks that it is there once, and takes it out again, last one first. */
const thereAndBack = (
  text: string,
  wants: readonly JsonWant[],
  edit = (installed: string): string => installed,
): string => {
  const chunks = [];
  let installed = text;
  for (const want of wants) {
    const put = ok(putJson(installed, want));
    installed = put.text ?? "";
    chunks.push(put.chunk);
  }
  for (const [index, want] of wants.entries())
    expect(ok(putJson(installed, want, chunks[index]))).toMatchObject({ isSame: true, text: installed });
  let gone = edit(installed);
  for (const [index, want] of [...wants.entries()].reverse()) gone = ok(takeJson(gone, want, chunks[index])).text ?? "";
  return gone;
};

describe("where it goes", () => {
  test.each([
    ["nothing", "", `{\n  "mcpServers": {\n    "herdmind": {\n      "command": "/usr/bin/node"`],
    ["an empty object", "{}", `{\n  "mcpServers": {\n    "herdmind"`],
    ["an empty object on two lines", "{\n}\n", `{\n  "mcpServers": {\n    "herdmind"`],
    [
      "after the last server",
      `{\n\t"mcpServers": {\n\t\t"a": {}\n\t}\n}\n`,
      `"a": {},\n\t\t"herdmind": {\n\t\t\t"command"`,
    ],
    [
      "after a trailing comma",
      `{\n  "mcpServers": {\n    "a": {}, // mine\n  },\n}\n`,
      `// mine\n    "herdmind": {\n      "command"`,
    ],
    [
      "before a comment that ends a list",
      `{\n  "mcpServers": {\n    "a": {}\n    // no more\n  }\n}\n`,
      `{\n    "herdmind": {`,
    ],
    [
      "on one line",
      `{"x":1,"mcpServers":{"a":{}}}`,
      `{"x":1,"mcpServers":{"a":{}, "herdmind": {"command":"/usr/bin/node"`,
    ],
    [
      "with the ends of lines that the file has",
      `{\r\n  "a": 1\r\n}\r\n`,
      `"a": 1,\r\n  "mcpServers": {\r\n    "herdmind"`,
    ],
    ["after words only", "// settings\n", `// settings\n{\n  "mcpServers"`],
  ])("%s", (_, text, expected) => {
    const put = ok(putJson(text, server));
    expect(put.text).toContain(expected);
    expect(valuesOf(put.text ?? "").mcpServers).toMatchObject({ herdmind: server.value });
    expect(thereAndBack(text, [server])).toBe(text);
  });

  test("an element goes behind those that are there, and is found by what it says", () => {
    const text = `{ // mine\n  "hooks": {\n    "PostToolUse": [\n      { "matcher": "Edit", "hooks": [] } /* lint */,\n    ],\n  },\n}\n`;
    const { text: installed = "" } = ok(putJson(text, hook));
    expect(valuesOf(installed)).toEqual({ hooks: { PostToolUse: [{ matcher: "Edit", hooks: [] }, hook.value] } });
    expect(thereAndBack(text, [hook])).toBe(text);
  });
});

describe("what stands in the way is named, and left alone", () => {
  test.each([
    ["a comma too few", `{\n  "a": 1\n  "b": 2\n}`, 3, /comma/],
    ["a list", "[]", 1, /no JSON object/],
    ["a text where servers should be", `{\n "mcpServers": "none"\n}`, 2, /"mcpServers" is not an object/],
    ["a text where our server should be", `{\n "mcpServers": { "herdmind": 1 }\n}`, 2, /"herdmind" is not an object/],
    ["servers twice", `{\n "mcpServers": {},\n "mcpServers": {}\n}`, 3, /twice/],
    ["no end", `{ "a": `, 1, /value|\}/],
    ["half a comment", "{} /* x", 1, /comment/],
    ["a thousand levels", `{"a":${"[".repeat(1000)}${"]".repeat(1000)}}`, undefined, /128 levels/],
  ])("%s", (_, text, line, reason) => {
    for (const edited of [putJson(text, server), takeJson(text, server)])
      expect(edited).toEqual({ ok: false, line, reason: expect.stringMatching(reason) });
  });
});

test("hooks that are no list are named, and left alone", () => {
  for (const text of [`{"hooks": { "PostToolUse": {} }}`, `{"hooks": { "PostToolUse": "x" }}`])
    for (const edited of [putJson(text, hook), takeJson(text, hook)])
      expect(edited).toEqual({ ok: false, line: 1, reason: expect.stringContaining("not a list") });
  expect(putJson(`{"hooks": []}`, hook)).toMatchObject({ ok: false, reason: expect.stringContaining("not an object") });
});

test("an entry of another version is brought up to date, and what a person added to it stays", () => {
  const chunk = ok(putJson(`{\n  "x": 1 // one\n}`, server)).chunk;
  const old = `{\n  "mcpServers": {\n    // ours\n    "herdmind": { "command": "old", "env": { "A": "b" }, "args": [] }\n  }\n}`;
  const { text = "" } = ok(putJson(old, server, chunk));
  expect(valuesOf(text).mcpServers).toEqual({ herdmind: { ...(server.value as object), env: { A: "b" } } });
  expect(text).toContain("// ours");
  expect(valuesOf(ok(takeJson(text, server)).text ?? "")).toEqual({ mcpServers: {} });
});

test("after an upgrade, too, every byte comes back", () => {
  const text = `{\n  "x": 1 // one\n}`;
  const first = ok(putJson(text, server));
  const newer: JsonWant = { ...server, value: { command: "/usr/bin/node", args: ["/new/place/main.js", "mcp"] } };
  const second = ok(putJson(first.text ?? "", newer, first.chunk));
  expect(second.isSame).toBeUndefined();
  expect(ok(takeJson(second.text ?? "", newer, second.chunk)).text).toBe(text);
});

test.each([
  [
    "a comment before it that ends with its line",
    `{ // mine\n  "mcpServers": { // ours\n    "herdmind": 1.5 }, "x": 2}`,
  ],
  ["the last one of a list with a comma at its end", `{"mcpServers": {"a": 1, /* b */ "herdmind": {}, }, "x": 2}`],
  ["the last one", `{"mcpServers": {"a": 1 /* b */, // c\n "herdmind": {} /* d */ }, "x": 2}`],
  ["the first one", `{"mcpServers": {"herdmind": {} /* a */ , "a": 1}, "x": 2}`],
])("found by its name, %s: the rest keeps its meaning and its comments", (_, text) => {
  const own = text.replace("1.5", "{}");
  const gone = ok(takeJson(own, server)).text ?? "";
  const { mcpServers, ...others } = valuesOf(own);
  const { herdmind: _ours, ...kept } = mcpServers as { readonly [name: string]: JsonData };
  expect(valuesOf(gone)).toEqual({ ...others, mcpServers: kept });
  for (const comment of own.match(/\/\/ \w+|\/\* [bd] \*\//g) ?? []) expect(gone).toContain(comment);
});

test("a person who put a server of theirs into what came with ours keeps it", () => {
  const gone = thereAndBack("{}", [server], (installed) =>
    installed.replace(`"herdmind"`, `"mine": { "command": "x" },\n "herdmind"`),
  );
  expect(valuesOf(gone)).toEqual({ mcpServers: { mine: { command: "x" } } });
  expect(
    thereAndBack(`{\n  "hooks": {}\n}`, [hook], (installed) =>
      installed.replace(`"hooks": {`, `"hooks": {\n "Stop": [],`),
    ),
  ).toContain(`"Stop": []`);
});

/** JSON as people leave it: with comments, trailing commas, odd indents, one line or many. */
interface Style {
  readonly unit: string;
  readonly eol: string;
  readonly comments: boolean;
  readonly trailing: boolean;
  readonly isOneLine: boolean;
}
const style: fc.Arbitrary<Style> = fc.record({
  unit: fc.constantFrom("  ", "\t", "    ", " ", ""),
  eol: fc.constantFrom("\n", "\r\n"),
  comments: fc.boolean(),
  trailing: fc.boolean(),
  isOneLine: fc.boolean(),
});
const print = (value: JsonData, how: Style, depth = 0): string => {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Array.isArray(value)
    ? value.map((one) => print(one, how, depth + 1))
    : Object.entries(value).map(
        ([name, one]) => `${JSON.stringify(name)}:${how.unit === "" ? "" : " "}${print(one, how, depth + 1)}`,
      );
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  if (members.length === 0) return how.comments && !how.isOneLine ? `${open} /* none */ ${close}` : `${open}${close}`;
  if (how.isOneLine) return `${open}${members.join(",")}${how.trailing ? "," : ""}${close}`;
  const indent = how.unit.repeat(depth + 1);
  const lines = members.map((member, index) => {
    const comma = index < members.length - 1 || how.trailing ? "," : "";
    return `${how.comments && index % 2 === 1 ? `${indent}// about it${how.eol}` : ""}${indent}${member}${comma}${how.comments && index % 3 === 0 ? " /* why */" : ""}`;
  });
  const last = how.comments ? `${how.eol}${indent}// the end` : "";
  return `${open}${how.comments ? " // begins" : ""}${how.eol}${lines.join(how.eol)}${last}${how.eol}${how.unit.repeat(depth)}${close}`;
};

const leaf: fc.Arbitrary<JsonData> = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
const other = fc.constantFrom("a", "b", "__proto__", "é\n", "mcp");
const objectOf = (value: fc.Arbitrary<JsonData>): fc.Arbitrary<JsonData> =>
  fc.dictionary(other, value, { maxKeys: 3, noNullPrototype: true });
const member = fc.oneof(leaf, objectOf(leaf), fc.array(leaf, { maxLength: 2 }));
const document = fc.record(
  {
    mark: fc.constant("MARK"),
    first: member,
    mcpServers: objectOf(objectOf(leaf)),
    hooks: fc.record(
      { PostToolUse: fc.array(objectOf(leaf), { maxLength: 2 }), Stop: fc.array(leaf, { maxLength: 1 }) },
      { requiredKeys: [] },
    ),
    last: member,
  },
  { requiredKeys: ["mark"], noNullPrototype: true },
) as fc.Arbitrary<JsonData>;

/** What people do to other parts meanwhile: any text that leaves JSON where the mark was. */
const edits = fc.constantFrom(
  `"MARK"`,
  `1`,
  `"x", "new": { "y": [1, 2] }`,
  `[\n1\n], // more\n "z": {}`,
  `"x" /* ,{ */`,
);
const ends = fc.constantFrom("", "\n", "\r\n", "\n\n", "\n// bye\n");

test("whatever a file looks like: nothing else changes, and taking it out gives back every byte, also when other parts were edited", () => {
  fc.assert(
    fc.property(document, style, edits, ends, fc.boolean(), (value, how, edit, end, isHookFirst) => {
      const text = print(value, how) + end;
      const wants = isHookFirst ? [hook, server, { ...hook, path: ["hooks", "Prompt"] }] : [server, hook];
      for (const want of wants) {
        const put = ok(putJson(text, want));
        expect(put.text?.startsWith(text.slice(0, 1))).toBe(true);
        const at = (put.text ?? "").indexOf(put.chunk?.text ?? "?");
        expect((put.text ?? "").replace(put.chunk?.text ?? "?", () => "")).toBe(text);
        expect(at).toBeGreaterThanOrEqual(0);
      }
      expect(thereAndBack(text, wants)).toBe(text);
      const edited = text.replace(`"MARK"`, () => edit);
      expect(thereAndBack(text, wants, (installed) => installed.replace(`"MARK"`, () => edit))).toBe(edited);
      // Without the note of what was put where, and after a formatter went over it, the rest still means what it meant.
      const { text: installed = "" } = ok(putJson(text, server));
      const formatted = JSON.stringify(JSON.parse(meaning(installed)), undefined, 3);
      const kept = valuesOf(text);
      const expected = "mcpServers" in kept ? kept : { ...kept, mcpServers: {} };
      expect(valuesOf(ok(takeJson(formatted, server)).text ?? "")).toEqual(expected);
    }),
    { numRuns: 120 },
  );
});
