import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { findCycle, importProblems, type Rules } from "./import-graph.ts";
import { repository } from "./workspace.ts";

const parts = [
  "canon",
  "experience",
  "history",
  "log",
  "mesh",
  "orchestrator",
  "protocol",
  "relay",
  "storage-indexeddb",
  "storage-level",
  "storage-memory",
  "sync",
  "websocket",
];

const rules: Rules = {
  arrows: {
    protocol: [],
    log: ["protocol"],
    experience: ["protocol"],
    embeddings: ["experience"],
    "storage-memory": ["log", "protocol"],
    "storage-level": ["log", "protocol"],
    canon: ["experience", "log", "protocol"],
    history: ["canon", "experience", "log", "protocol"],
    orchestrator: ["canon", "experience", "log", "protocol"],
    sync: ["log", "protocol"],
    relay: ["log", "protocol", "sync"],
    mesh: ["log", "protocol", "sync"],
    "mesh-webrtc": ["mesh"],
    "storage-indexeddb": ["log", "protocol"],
    websocket: ["log", "protocol", "sync"],
    testing: ["experience", "log", "protocol", "sync"],
    herdmind: parts,
    observe: ["herdmind", "protocol"],
    tools: ["experience", "protocol"],
    mcp: ["experience", "protocol", "tools"],
    install: ["protocol", "tools"],
    dashboard: ["protocol"],
    local: ["canon", "dashboard", "experience", "herdmind", "mcp", "observe", "protocol"],
    wrap: ["herdmind", "local", "protocol", "tools"],
    "ai-sdk": ["experience", "tools", "wrap"],
    "openai-agents": ["wrap"],
    cq: ["experience", "history", "protocol"],
    langgraph: ["herdmind", "protocol", "wrap"],
    cli: ["cq", "herdmind", "install", "local", "mcp", "protocol", "shell"],
    shell: [],
    groundhog: ["herdmind", "local", "protocol"],
    browser: ["herdmind"],
    bus: [],
    dev: [],
  },
  noNode: new Set([
    "bus",
    "protocol",
    "log",
    "experience",
    "canon",
    "history",
    "cq",
    "orchestrator",
    "sync",
    "websocket",
    "mesh",
    "mesh-webrtc",
    "storage-memory",
    "tools",
    "wrap",
    "ai-sdk",
    "openai-agents",
  ]),
  noDom: new Set([
    ...parts,
    "bus",
    "mesh-webrtc",
    "testing",
    "herdmind",
    "observe",
    "tools",
    "mcp",
    "dashboard",
    "install",
    "local",
    "wrap",
    "ai-sdk",
    "openai-agents",
    "cq",
    "langgraph",
    "cli",
    "groundhog",
    "browser",
  ]),
  pages: [
    "packages/dashboard/src/page",
    "packages/herdmind/src/browser",
    "packages/storage-indexeddb/src",
    "demo/browser/src/page",
  ],
  bundled: ["packages/dashboard/src/page"],
};

describe("the import graph", () => {
  test("every arrow points down, nothing goes in a circle, and manifests say what is imported", () => {
    expect(importProblems(repository, rules)).toEqual([]);
  });
});

describe("the check itself, on a made-up tree", () => {
  const roots: string[] = [];
  afterEach(() => {
    for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
  });

  const tree = (files: Readonly<Record<string, string>>): string => {
    const root = mkdtempSync(join(tmpdir(), "import-graph-"));
    roots.push(root);
    const manifest = (name: string, dependencies: Record<string, string> = {}) =>
      JSON.stringify({ name, dependencies });
    const base: Record<string, string> = {
      "package.json": JSON.stringify({ devDependencies: { vitest: "1.0.0" } }),
      "packages/low/package.json": manifest("@made-up/low"),
      "packages/low/tsconfig.json": "{}",
      "packages/low/src/index.ts": "export const low = 1;\n",
      "packages/high/package.json": manifest("@made-up/high", { "@made-up/low": "1.0.0" }),
      "packages/high/tsconfig.json": JSON.stringify({ references: [{ path: "../low" }] }),
      "packages/high/src/index.ts": 'import { low } from "@made-up/low";\nexport const high = low + 1;\n',
    };
    for (const [path, text] of Object.entries({ ...base, ...files })) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return root;
  };
  const madeUp: Rules = {
    arrows: { low: [], high: ["low"] },
    noNode: new Set(["low"]),
    noDom: new Set(["low", "high"]),
    pages: ["packages/high/src/page", "packages/high/src/built"],
    bundled: ["packages/high/src/built"],
  };
  const problemsWith = (files: Readonly<Record<string, string>>) => importProblems(tree(files), madeUp);

  test("a clean tree passes", () => {
    expect(problemsWith({})).toEqual([]);
  });

  test("an arrow upwards, and the cycle it closes", () => {
    expect(
      problemsWith({
        "packages/low/package.json": JSON.stringify({
          name: "@made-up/low",
          dependencies: { "@made-up/high": "1.0.0" },
        }),
        "packages/low/tsconfig.json": JSON.stringify({ references: [{ path: "../high" }] }),
        "packages/low/src/index.ts": 'export type { high } from "@made-up/high";\n',
      }),
    ).toEqual([
      "packages/low/src/index.ts imports @made-up/high: no arrow from low to high",
      "packages import each other: high -> low -> high",
    ]);
  });

  test("an import type and a dynamic import are imports", () => {
    const problem = ["packages/low/src/index.ts imports @made-up/high: no arrow from low to high"];
    expect(
      problemsWith({ "packages/low/src/index.ts": 'export type H = typeof import("@made-up/high").high;\n' }),
    ).toEqual(expect.arrayContaining(problem));
    expect(problemsWith({ "packages/low/src/index.ts": 'export const h = () => import("@made-up/high");\n' })).toEqual(
      expect.arrayContaining(problem),
    );
  });

  test("a private name that the manifest does not know, stands for nothing, or hides a circle", () => {
    const circle = {
      "packages/low/src/a.ts": 'export { b } from "#b";\n',
      "packages/low/src/b.ts": 'import type { b as again } from "./a.js";\nexport const b: typeof again | 1 = 1;\n',
    };
    expect(problemsWith(circle)).toEqual(["packages/low/src/a.ts imports #b, which its package.json does not name"]);
    const named = (target: string) => ({
      ...circle,
      "packages/low/package.json": JSON.stringify({ name: "@made-up/low", imports: { "#b": { default: target } } }),
    });
    expect(problemsWith(named("./dist/c.js"))).toEqual(["low: #b stands for ./dist/c.js, which nothing is built into"]);
    expect(problemsWith(named("./dist/b.js"))).toEqual([
      "files import each other: packages/low/src/a.ts -> packages/low/src/b.ts -> packages/low/src/a.ts",
    ]);
  });

  test("a package that the table does not know", () => {
    expect(
      problemsWith({
        "packages/new/package.json": JSON.stringify({ name: "@made-up/new" }),
        "packages/new/tsconfig.json": "{}",
        "packages/new/src/index.ts": "export const x = 1;\n",
      }),
    ).toEqual(["new is not in the table of arrows"]);
  });

  test("files of one package in a circle", () => {
    expect(
      problemsWith({
        "packages/low/src/a.ts": 'import { b } from "./b.js";\nexport const a = () => b;\n',
        "packages/low/src/b.ts": 'import type { a } from "./a.js";\nexport const b: typeof a | 1 = 1;\n',
      }),
    ).toEqual(["files import each other: packages/low/src/a.ts -> packages/low/src/b.ts -> packages/low/src/a.ts"]);
  });

  test("Node and the page below the line", () => {
    expect(
      problemsWith({
        "packages/low/src/node.ts": 'import { readFileSync } from "node:fs";\nexport const read = readFileSync;\n',
        "packages/low/src/globals.ts": "export const x = [process.pid, globalThis.document, typeof window];\n",
        "packages/high/src/bare.ts": 'import { sep } from "path";\nexport const at = [sep, process.pid];\n',
      }),
    ).toEqual([
      "packages/high/src/bare.ts imports path: write node:path",
      "packages/low/src/globals.ts uses process: low runs without Node",
      "packages/low/src/globals.ts uses window: low runs without a page",
      "packages/low/src/globals.ts uses document: low runs without a page",
      "packages/low/src/node.ts imports node:fs: low runs without Node",
    ]);
  });

  test("a folder for pages, and Node in what it reaches", () => {
    expect(
      problemsWith({
        "packages/high/src/page/view.ts":
          'import { shared } from "../shared.js";\nexport const at = [document, shared];\n',
        "packages/high/src/shared.ts": 'import { pid } from "node:process";\nexport const shared = [pid, Buffer];\n',
        "packages/high/src/other.ts": 'import { sep } from "node:path";\nexport const other = [sep, document];\n',
      }),
    ).toEqual([
      "packages/high/src/other.ts uses document: high runs without a page",
      "packages/high/src/shared.ts needs node:process, and a page loads it",
      "packages/high/src/shared.ts needs Buffer, and a page loads it",
    ]);
  });

  test("a folder that is built into one piece brings its packages along, and may be written in TSX", () => {
    const files = {
      "packages/high/src/built/view.tsx": [
        'import { drawn } from "drawing";',
        'import { pid } from "../pid.js";',
        "export const view = <p>{drawn(document, pid)}</p>;",
        "",
      ].join("\n"),
      "packages/high/src/pid.ts": 'import { pid as own } from "node:process";\nexport const pid = own;\n',
    };
    const reaches = "packages/high/src/pid.ts needs node:process, and a page loads it";
    expect(problemsWith(files)).toEqual([
      "packages/high/src/built/view.tsx imports drawing: add it to the devDependencies of high",
      reaches,
    ]);
    const manifest = {
      name: "@made-up/high",
      dependencies: { "@made-up/low": "1.0.0" },
      devDependencies: { drawing: "1.0.0" },
    };
    expect(problemsWith({ ...files, "packages/high/package.json": JSON.stringify(manifest) })).toEqual([reaches]);
  });

  test("a name that a file declares itself, a member and a key are not globals", () => {
    expect(
      problemsWith({
        "packages/low/src/names.ts": [
          "export interface Page { readonly document: string; location(history: number): void }",
          "export const f = (document: Page, { window }: { window: number }) => [document.document, window];",
          "export const g = { process: 1, navigator() {} };",
          "",
        ].join("\n"),
      }),
    ).toEqual([]);
  });

  test("imports that no manifest lists, dependencies that nothing imports, parts of other packages", () => {
    expect(
      problemsWith({
        "packages/high/src/more.ts": [
          'import { deep } from "@made-up/low/dist/deep.js";',
          'import { part } from "@made-up/low/part";',
          'import { other } from "other";',
          'import { low } from "../../low/src/index.js";',
          "export const all = [deep, part, other, low];",
          "",
        ].join("\n"),
        "packages/low/package.json": JSON.stringify({
          name: "@made-up/low",
          exports: { ".": {}, "./part": {} },
          dependencies: { unused: "1.0.0" },
        }),
        "packages/high/tsconfig.json": "{}",
        "packages/low/src/low.test.ts":
          'import "vitest";\nimport "elsewhere";\nimport "@made-up/high";\nimport "node:fs";\n',
      }),
    ).toEqual([
      "packages/high/src/more.ts imports a part of @made-up/low that it does not export: @made-up/low/dist/deep.js",
      "packages/high/src/more.ts reaches out of its package: ../../low/src/index.js",
      "high imports other: add it to its dependencies",
      "high imports low: add it to the references in its tsconfig.json",
      "packages/low/src/low.test.ts imports elsewhere, which no package.json lists",
      "low depends on unused and never imports it",
    ]);
  });

  test("findCycle names the whole circle", () => {
    const graph = new Map([
      ["a", ["b"]],
      ["b", ["c", "d"]],
      ["c", []],
      ["d", ["b"]],
    ]);
    expect(findCycle(graph)).toEqual(["b", "d", "b"]);
    expect(findCycle(new Map([...graph, ["d", ["c"]]]))).toBeUndefined();
  });
});
