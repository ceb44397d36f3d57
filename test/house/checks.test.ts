// The plain tools, run over the whole tree. Each failure shows what the tool said.
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { describe, expect, test } from "vitest";
import { runTool } from "./run-tool.ts";
import { isPublic, packagesOf, readJson, repository } from "./workspace.ts";

const bin = (name: string) => join(repository, "node_modules", name);
const expectClean = async (args: readonly string[], cwd = repository) => {
  const { code, output } = await runTool(args, { cwd });
  expect(code, `${output}\n`).toBe(0);
};

describe("the tools", () => {
  test("biome: lint and format (repair with `npm run format`)", async () => {
    await expectClean([bin("@biomejs/biome/bin/biome"), "check", "--error-on-warnings", "--colors=off", "."]);
  });

  test("tsc: every test and every tool type-checks", async () => {
    await expectClean(
      [bin("typescript/bin/tsc"), "--build", "tsconfig.json", "tsconfig.unit.json"],
      join(repository, "test"),
    );
  });

  test("knip: no file, export or dependency that nothing uses", async () => {
    await expectClean([bin("knip/bin/knip.js"), "--no-progress"]);
  });

  describe("publint: what is published can be imported", () => {
    for (const { manifest, folder } of packagesOf(repository).filter(isPublic)) {
      test(manifest.name, async () => {
        const { messages } = await publint({ pkgDir: folder, pack: false, strict: true });
        const pkg = readJson<Record<string, unknown>>(join(folder, "package.json"));
        expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
      });
    }
  });
});
