// The set-up that runs before `npm start` and `npm test`: it must notice what is missing or stale, and two of them at
// once must take turns.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  isBuilt,
  isPageBuilt,
  markBuilt,
  markPageBuilt,
  pagesOf,
  projectsWithMissingOutputs,
  pruneOutputs,
  sourceStamp,
} from "../../packages/dev/src/build-state.mjs";
import { installProblem } from "../../packages/dev/src/install-state.mjs";
import { linkCommands } from "../../packages/dev/src/link-commands.mjs";
import { repository } from "./workspace.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "ready-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (path: string, content: string | object) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), typeof content === "string" ? content : JSON.stringify(content));
};

describe("install", () => {
  const lock = {
    packages: {
      "": { name: "made-up" },
      "packages/a": { name: "a" },
      "node_modules/a": { resolved: "packages/a", link: true },
      "node_modules/b": { version: "1.0.0", integrity: "sha512-b" },
      "node_modules/elsewhere": { version: "1.0.0", integrity: "sha512-e", optional: true, os: ["other"] },
    },
  };
  const { "": _root, "node_modules/elsewhere": _elsewhere, ...installed } = lock.packages;
  const writeInstalled = (packages: object) => {
    write("package-lock.json", lock);
    write("node_modules/.package-lock.json", { packages });
    for (const path of Object.keys(packages)) mkdirSync(join(root, path), { recursive: true });
  };

  test("a matching node_modules needs nothing, whatever optional packages are absent", () => {
    writeInstalled(installed);
    expect(installProblem(root)).toBeUndefined();
  });

  test("a fresh clone, an interrupted install, another version, a new package, a deleted folder", () => {
    write("package-lock.json", lock);
    expect(installProblem(root)).toContain("nothing is installed");
    write("node_modules/b/package.json", {});
    expect(installProblem(root)).toContain("nothing is installed");
    writeInstalled({ ...installed, "node_modules/b": { version: "1.0.1", integrity: "sha512-b" } });
    expect(installProblem(root)).toContain("node_modules/b is not the version");
    writeInstalled({ "node_modules/a": installed["node_modules/a"] });
    expect(installProblem(root)).toContain("node_modules/b is not installed");
    writeInstalled(installed);
    rmSync(join(root, "node_modules/b"), { recursive: true });
    expect(installProblem(root)).toContain("node_modules/b is gone");
  });

  test("a missing lockfile is an error that says what to do", () => {
    expect(() => installProblem(root)).toThrow(/package-lock\.json is missing\. Restore it/);
  });
});

describe("build", () => {
  beforeEach(() => {
    write("package-lock.json", {});
    write("tsconfig.json", { references: [{ path: "packages/a" }] });
    write("packages/a/package.json", {});
    write("packages/a/tsconfig.json", {});
    write("packages/a/src/index.ts", "export {};\n");
    write("packages/a/src/index.test.ts", "export {};\n");
    write("packages/a/dist/index.js", "export {};\n");
    write("packages/a/dist/index.d.ts", "export {};\n");
  });
  const later = (path: string) => utimesSync(join(root, path), new Date(), new Date(Date.now() + 5000));

  test("is current until a source or an output changes, and a test is neither", () => {
    expect(isBuilt(root)).toBe(false);
    markBuilt(root, sourceStamp(root));
    expect(isBuilt(root)).toBe(true);
    later("packages/a/src/index.test.ts");
    expect(isBuilt(root)).toBe(true);
    for (const path of ["src/index.ts", "dist/index.js", "package.json", "tsconfig.json"]) {
      later(`packages/a/${path}`);
      expect(isBuilt(root), path).toBe(false);
      markBuilt(root, sourceStamp(root));
    }
    write("packages/a/src/more.ts", "");
    expect(isBuilt(root)).toBe(false);
    markBuilt(root, sourceStamp(root));
    rmSync(join(root, "packages/a/dist"), { recursive: true });
    expect(isBuilt(root)).toBe(false);
  });

  test("an edit made while the build ran is not in it", () => {
    const sources = sourceStamp(root);
    later("packages/a/src/index.ts");
    markBuilt(root, sources);
    expect(isBuilt(root)).toBe(false);
  });

  test("finds outputs that are missing, and removes those whose source is gone", () => {
    expect(projectsWithMissingOutputs(root)).toEqual([]);
    rmSync(join(root, "packages/a/dist/index.d.ts"));
    expect(projectsWithMissingOutputs(root)).toEqual(["packages/a"]);
    write("packages/a/dist/gone.js", "");
    write("packages/a/dist/gone.d.ts.map", "");
    write("packages/a/dist/.tsbuildinfo", "");
    expect(pruneOutputs(root)).toEqual([
      join(root, "packages/a/dist/gone.d.ts.map"),
      join(root, "packages/a/dist/gone.js"),
    ]);
  });
});

describe("the page of a package", () => {
  beforeEach(() => {
    write("package-lock.json", {});
    write("tsconfig.json", { references: [{ path: "packages/a" }, { path: "packages/b" }] });
    write("packages/b/src/index.ts", "export {};\n");
    write("packages/a/vite.config.ts", "export default {};\n");
    write("packages/a/src/index.ts", "export {};\n");
    write("packages/a/src/page/view.tsx", "export const view = <p />;\n");
    write("packages/a/src/page/view.test.ts", "export {};\n");
    for (const name of ["index", "page/view"]) {
      write(`packages/a/dist/${name}.js`, "export {};\n");
      write(`packages/a/dist/${name}.d.ts`, "export {};\n");
    }
    write("packages/a/dist/assets/index.html", "<p></p>\n");
    write("packages/a/dist/assets/view-abc.js", "export {};\n");
  });

  test("is built anew when its sources, its settings or what was built of them change", () => {
    expect(pagesOf(root)).toEqual(["packages/a"]);
    expect(isPageBuilt(root, "packages/a")).toBe(false);
    for (const path of ["src/page/view.tsx", "vite.config.ts", "dist/assets/view-abc.js"]) {
      markPageBuilt(root, "packages/a");
      expect(isPageBuilt(root, "packages/a")).toBe(true);
      write(`packages/a/${path}`, "export const changed = 1;\n");
      expect(isPageBuilt(root, "packages/a"), path).toBe(false);
    }
    markPageBuilt(root, "packages/a");
    write("packages/a/src/page/view.test.ts", "export const changed = 1;\n");
    expect(isPageBuilt(root, "packages/a")).toBe(true);
    rmSync(join(root, "packages/a/dist/assets"), { recursive: true });
    expect(isPageBuilt(root, "packages/a")).toBe(false);
  });

  test("has no outputs of tsc, and its TSX has: neither is pruned or missed", () => {
    expect(pruneOutputs(root)).toEqual([]);
    rmSync(join(root, "packages/a/dist/page/view.js"));
    expect(projectsWithMissingOutputs(root)).toEqual(["packages/a", "packages/b"]);
  });
});

describe("commands", () => {
  test("are there after the first build, which npm came before, and can be run after each", () => {
    write("packages/a/package.json", { name: "@made-up/a", bin: { "made-up": "./dist/main.js" } });
    write("packages/b/package.json", { name: "b" });
    mkdirSync(join(root, "node_modules/@made-up"), { recursive: true });
    symlinkSync("../../packages/a", join(root, "node_modules/@made-up/a"));
    linkCommands(root);
    const command = join(root, "node_modules/.bin/made-up");
    expect(existsSync(command)).toBe(false);

    for (const said of ["one", "two"]) {
      rmSync(join(root, "packages/a/dist"), { recursive: true, force: true });
      write("packages/a/dist/main.js", `#!/bin/sh\necho ${said}\n`);
      linkCommands(root, "win32");
      expect(existsSync(command)).toBe(said === "two");
      linkCommands(root);
      linkCommands(root);
      expect(execFileSync(command, { encoding: "utf8" })).toBe(`${said}\n`);
    }
  });
});

describe("lock", () => {
  const lockModule = pathToFileURL(join(repository, "packages/dev/src/lock.mjs")).href;
  const holderScript = `
    import { appendFileSync } from "node:fs";
    import { takeLock } from ${JSON.stringify(lockModule)};
    const release = await takeLock("lock", { onWait() {} });
    appendFileSync("journal", "in " + process.pid + "\\n");
    await new Promise(setImmediate);
    appendFileSync("journal", "out " + process.pid + "\\n");
    release();
  `;
  const start = () =>
    spawn(process.execPath, ["--input-type=module", "-e", holderScript], { cwd: root, stdio: "inherit" });
  const journal = () => readFileSync(join(root, "journal"), "utf8").trim().split("\n");
  const expectTurns = (count: number) => {
    const lines = journal();
    expect(lines).toHaveLength(2 * count);
    for (let n = 0; n < lines.length; n += 2) expect(lines[n + 1]).toBe(lines[n]?.replace("in", "out"));
  };

  test("six processes take turns", async () => {
    const processes = Array.from({ length: 6 }, start);
    expect(await Promise.all(processes.map(async (child) => (await once(child, "exit"))[0]))).toEqual([
      0, 0, 0, 0, 0, 0,
    ]);
    expectTurns(6);
  });

  test("the lock of a process that is gone is taken over, by one of several", async () => {
    const gone = spawn(process.execPath, ["-e", ""]);
    await once(gone, "exit");
    write("lock", String(gone.pid));
    const processes = Array.from({ length: 4 }, start);
    expect(await Promise.all(processes.map(async (child) => (await once(child, "exit"))[0]))).toEqual([0, 0, 0, 0]);
    expectTurns(4);
  });
});
