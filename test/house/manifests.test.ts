/** Every package can leave this repository: what it says of itself is whole, and what is packed is what a stranger needs. */
import { describe, expect, test } from "vitest";
import { isPublic, packagesOf, repository } from "./workspace.ts";

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
