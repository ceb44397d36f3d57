// Every ```ts block of a package's README, and of the root's, is a program: it type-checks, runs against the built
// packages, and ends by itself with exit code 0. What is marked ```ts browser runs in a page instead: see
// test/browser/readme-samples.test.ts.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { splitCode } from "./markdown.ts";
import { runTool } from "./run-tool.ts";
import { filesBelow, isPublic, packagesOf, repository, shown } from "./workspace.ts";

const packages = packagesOf(repository);
// Inside the tree, so that imports resolve; one folder for each run, so that two runs do not meet. Ignored by git.
const folder = join(repository, "test/.samples", String(process.pid));
const longestSample = 60_000; // ms; a sample that waits for something that never comes must not hang the run

const guide = join(repository, "packages/herdmind/guide");
const readmes = [repository, ...packages.map((item) => item.folder)]
  .map((home) => join(home, "README.md"))
  .filter((path) => existsSync(path))
  .concat(filesBelow(guide, (name) => name.endsWith(".md")));

const samples = readmes.flatMap((path) =>
  splitCode(readFileSync(path, "utf8"))
    .blocks.filter(({ language }) => language === "ts")
    .map(({ code, line, note }) => {
      const at = shown(repository, path);
      return {
        title: `${at}:${line}`,
        file: `${at.replace(/[^a-z0-9]+/gi, "-").toLowerCase()}-${line}.ts`,
        code,
        inPage: note === "browser",
        readme: path,
      };
    }),
);

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  for (const { file, code } of samples) writeFileSync(join(folder, file), code);
  const compilerOptions = {
    composite: false,
    declaration: false,
    declarationMap: false,
    noEmit: true,
    types: ["node"],
    moduleDetection: "force",
  };
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: "../../../tsconfig.json", compilerOptions, include: ["*.ts"], references: [] }),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("READMEs", () => {
  for (const item of packages) {
    test(`${item.manifest.name} has one${isPublic(item) ? ", with a sample that runs" : ""}`, () => {
      const path = join(item.folder, "README.md");
      expect(existsSync(path), `${shown(repository, path)} is missing`).toBe(true);
      if (!isPublic(item)) return;
      const count = samples.filter(({ readme }) => readme === path).length;
      expect(count, `${shown(repository, path)} has no \`\`\`ts block`).toBeGreaterThan(0);
    });
  }
});

describe("README samples", () => {
  if (samples.length > 0)
    test("type-check", async () => {
      const { code, output } = await runTool([join(repository, "node_modules/typescript/bin/tsc"), "-p", folder], {
        cwd: repository,
      });
      expect(code, `${output}\n`).toBe(0);
    });

  for (const { title, file } of samples.filter(({ inPage }) => !inPage)) {
    test(`${title} runs`, async () => {
      const home = join(folder, file.replace(/\.ts$/, ""));
      mkdirSync(home);
      const { code, output } = await runTool(["--disable-warning=ExperimentalWarning", join(folder, file)], {
        cwd: home,
        env: { HERDMIND_HOME: join(home, "herdmind") },
        signal: AbortSignal.timeout(longestSample),
      });
      expect(code, `${output}\n`).toBe(0);
    });
  }
});
