import fc from "fast-check";
import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import type { Edited } from "./edit.js";
import { putToml, type TomlWant, takeToml } from "./toml-edit.js";

const want: TomlWant = {
  table: ["mcp_servers", "herdmind"],
  value: { command: "/usr/bin/node", args: ['/opt/a b\\c"d.js', "mcp"] },
};
const ok = (edited: Edited): Extract<Edited, { ok: true }> => {
  if (!edited.ok) throw new Error(`line ${edited.line}: ${edited.reason}`);
  return edited;
};
const texts = (edited: Edited): string => ok(edited).text ?? "";

const REAL = `# Codex, as a person keeps it
model = "gpt-5"   # the big one
approval_policy = 'on-request'

[mcp_servers.docs]   # documentation
command = "npx"
args = [
  "-y",  # yes
  "docs-mcp",
]

[mcp_servers.docs.env]
TOKEN = "x"

[profiles."odd name"]
when = 2026-05-04T12:30:00Z
`;

test.each([
  ["a real one", REAL],
  ["without a last line end", REAL.trimEnd()],
  ["of another system", REAL.replaceAll("\n", "\r\n")],
  ["an empty one", ""],
  ["comments only", "# nothing\n\n"],
  ["one array of tables", '[[hooks.Stop]]\nmatcher = "x"\n'],
])("%s: our table is added, and taken out to the byte", (_, text) => {
  const put = ok(putToml(text, want));
  expect(put.text?.startsWith(text)).toBe(true);
  expect(parse(put.text ?? "")).toMatchObject({ mcp_servers: { herdmind: want.value } });
  expect(ok(putToml(put.text ?? "", want, put.chunk))).toMatchObject({ isSame: true, text: put.text });
  expect(texts(takeToml(put.text ?? "", want, put.chunk))).toBe(text);
  // Also where a person went on below it, and where nothing is known of how it was put there.
  const more = '\n[mcp_servers.more]\ncommand = "y"\n';
  expect(texts(takeToml(`${put.text}${more}`, want, put.chunk))).toBe(`${text}${more}`);
  const guessed = parse(texts(takeToml(`${put.text}${more}`, want)));
  expect(guessed).toEqual(parse(text + more));
});

test("a table of another version is brought up to date in its place, and its environment stays", () => {
  const old = `${REAL}\n[mcp_servers.herdmind]\ncommand = "old"\nargs = [\n  "x",\n]\n\n# mine\n[mcp_servers.herdmind.env]\nA = "b"\n\n[tui]\ntheme = "dark"\n`;
  const edited = texts(putToml(old, want));
  expect(parse(edited)).toEqual({
    ...parse(old),
    mcp_servers: { ...(parse(old).mcp_servers as object), herdmind: { ...want.value, env: { A: "b" } } },
  });
  expect(edited).toContain("# mine");
  const gone = texts(takeToml(edited, want));
  expect(parse(gone)).toEqual({ ...parse(REAL), tui: { theme: "dark" } });
  expect(gone).toContain("# mine");
});

describe("what stands in the way is named, and left alone", () => {
  test.each([
    ["broken", `model = "x"\nmodel = \n`, 2, /./],
    ["an inline table", `mcp_servers = { docs = { command = "npx" } }\n`, undefined, /by hand/],
    ["ours with keys of a person", `[mcp_servers.herdmind]\ncommand = "old"\nenabled = false\n`, 1, /keys of your own/],
    ["ours as an inline value", `[mcp_servers]\nherdmind = { command = "old" }\n`, undefined, /remove it/],
  ])("%s", (_, text, line, reason) => {
    expect(putToml(text, want)).toEqual({ ok: false, line, reason: expect.stringMatching(reason) });
  });
});

test("whatever stands before and after it: nothing else changes, and every byte comes back", () => {
  const line = fc.constantFrom(
    "# [mcp_servers.herdmind]",
    "a = 1",
    'b = """\n[mcp_servers.herdmind]\ncommand = 1\n"""',
    "[x]",
    "[mcp_servers.other]",
    '[mcp_servers."her.dmind"]',
    "[[list]]",
    "",
    "c = [ 1,\n 2 ] # two",
  );
  fc.assert(
    fc.property(fc.uniqueArray(line, { maxLength: 6 }), fc.constantFrom("", "\n", "\n\n"), (lines, end) => {
      const text = lines.join("\n") + end;
      const put = putToml(text, want);
      if (!put.ok) return;
      expect(texts(takeToml(put.text ?? "", want, put.chunk))).toBe(text);
      const edited = (put.text ?? "").replace("a = 1", 'a = 2\nz = "new"');
      expect(texts(takeToml(edited, want, put.chunk))).toBe(text.replace("a = 1", 'a = 2\nz = "new"'));
      const gone = takeToml(put.text ?? "", want);
      if (gone.ok) expect(parse(gone.text ?? "")).toEqual(parse(text));
    }),
  );
});
