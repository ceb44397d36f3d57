/**
 * What is published, as a stranger gets it: every package packed, judged by publint and by the resolution of types, installed into an empty
 * project, compiled against, imported, and its command run by npx.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isPublic, packagesOf, repository } from "../house/workspace.ts";

const run = promisify(execFile);
const packages = packagesOf(repository).filter((item) => isPublic(item) && item.folder.includes("packages"));
const names = packages.map(({ manifest }) => manifest.name);
/** Of a page only: nothing in Node can import them. */
const forPages = /\/browser$|storage-indexeddb/;

let dir: string;
/** Where each package was packed, by name. */
const tarballs = new Map<string, { readonly path: string; readonly files: readonly string[] }>();
const project = (): string => join(dir, "empty");

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "herdmind-packed-"));
  const chosen = names.flatMap((name) => ["--workspace", name]);
  const { stdout } = await run("npm", ["pack", ...chosen, "--pack-destination", dir, "--json"], { cwd: repository });
  for (const packed of Object.values(JSON.parse(stdout)) as {
    name: string;
    filename: string;
    files: { path: string }[];
  }[])
    tarballs.set(packed.name, { path: join(dir, packed.filename), files: packed.files.map(({ path }) => path) });

  await mkdir(join(project(), "no-react-native"), { recursive: true });
  await writeFile(
    join(project(), "no-react-native/package.json"),
    '{ "name": "react-native-webrtc", "version": "124.0.8" }',
  );
  await writeFile(
    join(project(), "package.json"),
    // As the README of @herdmind/mesh-webrtc says.
    JSON.stringify({ private: true, type: "module", overrides: { "react-native-webrtc": "file:./no-react-native" } }),
  );
  const nodeTypes = join(repository, "node_modules/@types/node");
  const flags = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"];
  await run("npm", ["install", ...[...tarballs.values()].map(({ path }) => path), nodeTypes, ...flags], {
    cwd: project(),
  });
}, 180_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

describe("every package", () => {
  test.each(names)("%s is packed whole, and its types are found", async (name) => {
    const tarball = tarballs.get(name);
    if (tarball === undefined) throw new Error(`${name} was not packed`);
    expect(tarball.files).toEqual(expect.arrayContaining(["LICENSE", "README.md", "package.json", "dist/index.js"]));
    // The page is built by another tool than the rest: without it a node answers that nothing is served there.
    if (name === "@herdmind/dashboard") expect(tarball.files).toContain("dist/assets/index.html");
    expect(tarball.files.filter((path) => /\.test\.|\.fixture\.|tsbuildinfo/.test(path))).toEqual([]);

    const bytes = new Uint8Array(await readFile(tarball.path));
    const { messages } = await publint({ pack: { tarball: bytes.buffer }, strict: true });
    expect(messages).toEqual([]);
    const analysis = await checkPackage(createPackageFromTarballData(bytes));
    // These packages are ES modules only, for a Node that can `require` one.
    const problems = "problems" in analysis ? analysis.problems : [];
    expect(problems.filter(({ kind }) => kind !== "CJSResolvesToESM" && kind !== "NoResolution")).toEqual([]);
  });
});

describe("in an empty project", () => {
  test("every package can be compiled against, with its declarations checked, and imported", async () => {
    const paths = packages.flatMap(({ manifest }) =>
      Object.keys(manifest.exports ?? {}).map((path) => `${manifest.name}${path.slice(1)}`),
    );
    const source = paths.map((path, i) => `import * as _${i} from "${path}";\nexport { _${i} };\n`).join("");
    await writeFile(join(project(), "all.ts"), source);
    const config = {
      compilerOptions: { module: "nodenext", target: "es2024", noEmit: true, strict: true, types: ["node"] },
      files: ["all.ts"],
    };
    await writeFile(join(project(), "tsconfig.json"), JSON.stringify(config));
    const tsc = join(repository, "node_modules/.bin/tsc");
    const told = await run(tsc, ["-p", project()], { cwd: project() }).catch((error: { stdout: string }) => error);
    expect(told.stdout).toBe("");

    const inNode = paths.filter((path) => !forPages.test(path));
    const program = `for (const path of ${JSON.stringify(inNode)}) await import(path);`;
    const { stdout, stderr } = await run(process.execPath, ["--input-type=module", "--eval", program], {
      cwd: project(),
    });
    expect(stdout + stderr).toBe("");
  });

  test("npx herdmind begins a swarm, takes a report and recalls it", async () => {
    const at = ["--dir", join(dir, "herd")];
    const npx = async (...words: readonly string[]) =>
      (await run("npx", ["--no-install", "herdmind", ...words], { cwd: project() })).stdout;
    expect(await npx("--version")).toMatch(/^\d+\.\d+\.\d+/);

    const node = spawn("npx", ["--no-install", "herdmind", "up", "--json", "--port", "0", ...at], {
      cwd: project(),
      detached: true, // a process group of its own, as from a terminal: Ctrl-C reaches all of it
      stdio: ["ignore", "pipe", "ignore"],
    });
    try {
      const [ready] = (await once(createInterface(node.stdout), "line")) as [string];
      expect(JSON.parse(ready)).toMatchObject({ ticket: expect.any(String) });
      const error = "listen EADDRINUSE: address already in use :::3000";
      await npx("report", "--error", error, "--mitigation", "ask for port 0", "--wait", ...at);
      const known = JSON.parse(await npx("recall", error.replace("3000", "8080"), "--json", ...at));
      expect(known.entries[0].mitigation.text).toBe("ask for port 0");
    } finally {
      process.kill(-(node.pid ?? 0), "SIGINT");
      await once(node, "close");
    }
  });
});
