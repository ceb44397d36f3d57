/** Every package can leave this repository: what it says of itself is whole, and what is packed is what a stranger needs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { filesBelow, isPublic, packagesOf, repository, shown } from "./workspace.ts";

const packed = ["dist", "src", "!dist/.tsbuildinfo", "!**/*.test.ts", "!**/*.fixture.*", "!**/fixtures"];

describe("manifests", () => {
  const packages = packagesOf(repository).filter((item) => isPublic(item) && item.folder.includes("packages"));

  test.each(packages.map((item) => [item.manifest.name, item.manifest] as const))("%s", (_, manifest) => {
    expect(manifest).toMatchObject({
      description: expect.stringMatching(/\S{3}/),
      engines: { node: ">=22" },
      files: [...packed, ...(manifest.files ?? []).slice(packed.length, -1), "README.md"],
      license: "Apache-2.0",
      scripts: { prepack: "node ../dev/src/licence.mjs" },
      sideEffects: expect.anything(),
      type: "module",
    });
    const types = Object.values(manifest.exports ?? {}).map((target) => Object.keys(target as object)[0]);
    expect(types).toEqual(types.map(() => "types"));
  });
});

describe("what a stranger is told to run from the registry", () => {
  // Inside a checkout `npx NAME` also finds the command of any package in it; elsewhere NAME is a package that npx fetches, and it runs
  // that package's only command. `npm install --global NAME` puts nothing on the PATH when NAME has none.
  const told = /\b(?:npx(?:\s+-\S+)*|npm (?:install|i) (?:--global|-g))\s+((?:@herdmind\/)?[a-z][a-z-]*)/g;
  const commands = new Map(
    packagesOf(repository)
      .filter(isPublic)
      .map(({ manifest: { name, bin = {} } }) => [name, Object.keys(bin)] as const),
  );
  const namesIn = (text: string): readonly string[] =>
    [...text.matchAll(told)].map(([, name = ""]) => name).filter((name) => commands.has(name));
  const wrongIn = (text: string): readonly string[] => namesIn(text).filter((name) => commands.get(name)?.length !== 1);

  test("names the package that has the command", () => {
    // What the demo prints is run in the checkout.
    const pages = filesBelow(repository, (name) => name.endsWith(".md"));
    const sources = filesBelow(join(repository, "packages"), (name) => /(?<!\.test|\.fixture)\.tsx?$/.test(name));
    const texts = [...pages, ...sources].map((path) => ({ path, text: readFileSync(path, "utf8") }));
    expect(
      texts.flatMap(({ path, text }) => wrongIn(text).map((name) => `${shown(repository, path)}: ${name}`)),
    ).toEqual([]);
    const readme = texts.find(({ path }) => path === join(repository, "README.md"));
    expect(namesIn(readme?.text ?? "")).toContain("@herdmind/cli");
  });

  test("a package without a command is found, another's is not looked at", () => {
    const text =
      "npx herdmind up; `npx -y\n  @herdmind/cli` npx turbo run; npm install --global @herdmind/local\nnpm install herdmind";
    expect(wrongIn(text)).toEqual(["herdmind", "@herdmind/local"]);
  });
});
