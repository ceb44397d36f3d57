import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { apiReport, entryPoints } from "../../packages/dev/src/api-report.ts";
import { isPublic, packagesOf, repository } from "./workspace.ts";

describe("the API reports", () => {
  for (const item of packagesOf(repository).filter(isPublic)) {
    test(`${item.manifest.name}: api.md is what the build exports`, () => {
      const path = join(item.folder, "api.md");
      const built = apiReport(item.manifest.name, entryPoints(item.folder, item.manifest.exports));
      const kept = existsSync(path) ? readFileSync(path, "utf8") : "";
      expect(kept, "the public API changed. Run `npm run api`, read the diff, and commit it if you mean it").toBe(
        built,
      );
    });
  }
});

describe("the report itself, on made-up declarations", () => {
  const reportOf = (files: Readonly<Record<string, string>>): string => {
    const folder = mkdtempSync(join(tmpdir(), "api-report-"));
    try {
      mkdirSync(folder, { recursive: true });
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
      return apiReport(
        "made-up",
        entryPoints(folder, { ".": { types: "index.d.ts" }, "./part": { types: "part.d.ts" } }),
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  const parts = {
    "index.d.ts":
      'export type * from "./a.js";\nexport { make as create } from "./b.js";\nexport { z } from "outside";\n',
    "a.d.ts": "/** Said elsewhere. */\nexport interface Shape {\n  /** In units. */\n  readonly size: number;\n}\n",
    "b.d.ts": [
      'import type { Shape } from "./a.js";',
      "interface Options { deep: import('./c.js').Deep }",
      "interface Unused { x: 1 }",
      "export declare function make(options: Options): Shape;",
      "export declare function make(): Shape;",
      "",
    ].join("\n"),
    "c.d.ts": "export type Deep = 1;\nexport type Shallow = 2;\n",
    "part.d.ts": "export declare const part = 1;\n",
  };

  test("lists exports with overloads and aliases, then what they mention, and no comments", () => {
    const report = reportOf(parts);
    expect(report).toContain("interface Shape {\n  readonly size: number;\n}");
    expect(report).toContain("// exported as create\nfunction make(options: Options): Shape;\nfunction make(): Shape;");
    expect(report).toContain("// z: z of outside");
    expect(report).toContain("## made-up/part\n\n```ts\nconst part = 1;\n```");
    expect(report.slice(report.indexOf("## Mentioned"))).toContain("type Deep = 1;\n\ninterface Options");
    for (const absent of ["Unused", "Shallow", "In units"]) expect(report).not.toContain(absent);
  });

  test("changes when a type changes that is only mentioned", () => {
    expect(reportOf({ ...parts, "c.d.ts": "export type Deep = 3;\n" })).not.toBe(reportOf(parts));
  });

  test("does not change with comments or the order of declarations", () => {
    const turned = { ...parts, "c.d.ts": "/** Other words. */\nexport type Shallow = 2;\nexport type Deep = 1;\n" };
    expect(reportOf(turned)).toBe(reportOf(parts));
  });
});
