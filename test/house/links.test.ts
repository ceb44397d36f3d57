import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";
import { anchorsOf, linksOf } from "./markdown.ts";
import { filesBelow, repository, shown } from "./workspace.ts";

/** Relative links of a Markdown file that lead nowhere. */
const deadLinks = (path: string, markdown: string): readonly string[] =>
  linksOf(markdown).filter((link) => {
    if (/^[a-z][a-z0-9+.-]*:/i.test(link)) return false; // elsewhere: not ours to check
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? path : resolve(dirname(path), decodeURIComponent(file));
    if (target !== path && !existsSync(target)) return true;
    if (anchor === undefined || !target.endsWith(".md")) return false;
    const text = target === path ? markdown : readFileSync(target, "utf8");
    return !anchorsOf(text).has(anchor);
  });

test("every relative link in a Markdown file leads somewhere", () => {
  const dead = filesBelow(repository, (name) => name.endsWith(".md")).flatMap((path) =>
    deadLinks(path, readFileSync(path, "utf8")).map((link) => `${shown(repository, path)}: ${link}`),
  );
  expect(dead).toEqual([]);
});

test("a dead link is found, one in code or to the outside is not", () => {
  const markdown = [
    "# One: two",
    "[a](missing.md) [b](#one-two) [c](#three) [d](https://example.org/x) ![e](gone.png) `[f](code.md)`",
    "[g]: ./also-missing.md",
    "```md",
    "[h](fenced.md)",
    "```",
  ].join("\n");
  expect(deadLinks(join(repository, "made-up.md"), markdown)).toEqual([
    "missing.md",
    "#three",
    "gone.png",
    "./also-missing.md",
  ]);
});
