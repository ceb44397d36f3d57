// The import graph of a checkout, and what is wrong with it. Arrows point down only: which package may import which is a
// table, and a package that is not in the table may import nothing of ours.
import { existsSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, relative } from "node:path";
import { factsOf, type SourceFacts } from "./source-file.ts";
import { filesBelow, type Manifest, type Package, packagesOf, readJson, shown } from "./workspace.ts";

export interface Rules {
  /** Package id -> ids of the packages it may import. */
  readonly arrows: Readonly<Record<string, readonly string[]>>;
  /** Packages that run anywhere: no built-in modules of Node, no globals that only Node has. */
  readonly noNode: ReadonlySet<string>;
  /** Packages without globals that only a page has. */
  readonly noDom: ReadonlySet<string>;
  /** Folders for pages in packages that also run elsewhere: whatever their files reach in the package runs without Node, too. */
  readonly pages: readonly string[];
  /** Those of these folders that are built into one piece with all they import: their packages are listed as `devDependencies`. */
  readonly bundled?: readonly string[];
}

// Only names that do not exist on the other side: WebSocket, crypto, fetch, TextEncoder and timers exist on both.
const nodeOnly = [
  "process",
  "Buffer",
  "global",
  "require",
  "__dirname",
  "__filename",
  "setImmediate",
  "clearImmediate",
];
const domOnly = [
  "window",
  "document",
  "location",
  "history",
  "localStorage",
  "sessionStorage",
  "indexedDB",
  "navigator",
  "HTMLElement",
  "Element",
  "XMLHttpRequest",
  "RTCPeerConnection",
  "requestAnimationFrame",
];

/** Tests, and what only tests import: neither is built. */
const isTest = (path: string): boolean => path.endsWith(".test.ts") || path.endsWith(".fixture.ts");
const sourcesOf = (item: Package): readonly string[] =>
  filesBelow(join(item.folder, "src"), (name) => /\.tsx?$/.test(name));

/** `@scope/name/deep` -> `@scope/name`. */
const packageName = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

/** One cycle in a graph, as a path that ends where it began, or undefined. */
export const findCycle = (graph: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined => {
  const done = new Set<string>();
  const path: string[] = [];
  const walk = (node: string): readonly string[] | undefined => {
    if (done.has(node)) return undefined;
    const start = path.indexOf(node);
    if (start >= 0) return [...path.slice(start), node];
    path.push(node);
    for (const next of graph.get(node) ?? []) {
      const cycle = walk(next);
      if (cycle) return cycle;
    }
    path.pop();
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const cycle = walk(node);
    if (cycle) return cycle;
  }
  return undefined;
};

/** Everything that can be reached in a graph from some of its nodes, these included. */
const reachable = (graph: ReadonlyMap<string, readonly string[]>, from: readonly string[]): ReadonlySet<string> => {
  const reached = new Set<string>();
  const walk = (node: string): void => {
    if (reached.has(node)) return;
    reached.add(node);
    for (const next of graph.get(node) ?? []) walk(next);
  };
  for (const node of from) walk(node);
  return reached;
};

/** Everything that is wrong with the imports of a checkout, one sentence each; empty when nothing is. */
export const importProblems = (root: string, rules: Rules): readonly string[] => {
  const problems: string[] = [];
  const packages = packagesOf(root);
  const idByName = new Map(packages.map(({ id, manifest }) => [manifest.name, id]));
  const entryPoints = new Set(
    packages.flatMap(({ manifest }) =>
      [".", ...Object.keys(manifest.exports ?? {})].map((subpath) => `${manifest.name}${subpath.slice(1)}`),
    ),
  );
  const shared =
    readJson<{ devDependencies?: Record<string, string> }>(join(root, "package.json")).devDependencies ?? {};
  const packageGraph = new Map<string, readonly string[]>();

  for (const item of packages) {
    const files = new Map<string, SourceFacts>(sourcesOf(item).map((path) => [path, factsOf(path)]));
    const allowed = rules.arrows[item.id];
    if (allowed === undefined && files.size > 0) problems.push(`${item.id} is not in the table of arrows`);

    const isForPages = (path: string): boolean =>
      rules.pages.some((folder) => shown(root, path).startsWith(`${folder}/`)) && !isTest(path);
    const isBundled = (path: string): boolean =>
      (rules.bundled ?? []).some((folder) => shown(root, path).startsWith(`${folder}/`));
    /** The source that an import names: what is compiled to `.js` may be written as `.tsx`. */
    const sourceOf = (target: string): string => {
      const source = target.replace(/\.js$/, ".ts");
      return files.has(source) ? source : `${source}x`;
    };
    const fileGraph = new Map<string, string[]>();
    const reached = new Set<string>();
    const used = new Set<string>();
    for (const [path, { imports, freeNames }] of files) {
      const at = shown(root, path);
      const inTest = isTest(path);
      const edges: string[] = [];
      if (!inTest) fileGraph.set(path, edges);

      for (const specifier of imports) {
        if (specifier.startsWith(".")) {
          const target = sourceOf(join(dirname(path), specifier));
          if (relative(join(item.folder, "src"), target).startsWith("..")) {
            problems.push(`${at} reaches out of its package: ${specifier}`);
          } else if (files.has(target)) edges.push(target);
          continue;
        }
        if (specifier.startsWith("#")) {
          const targets = Object.values(item.manifest.imports?.[specifier] ?? {});
          if (targets.length === 0) problems.push(`${at} imports ${specifier}, which its package.json does not name`);
          for (const target of targets) {
            const source = join(item.folder, target.replace(/^\.\/dist\//, "src/").replace(/\.js$/, ".ts"));
            if (files.has(source)) edges.push(source);
            else problems.push(`${item.id}: ${specifier} stands for ${target}, which nothing is built into`);
          }
          continue;
        }
        if (isBuiltin(specifier)) {
          if (!specifier.startsWith("node:")) problems.push(`${at} imports ${specifier}: write node:${specifier}`);
          if (!inTest && rules.noNode.has(item.id))
            problems.push(`${at} imports ${specifier}: ${item.id} runs without Node`);
          continue;
        }
        const name = packageName(specifier);
        const id = idByName.get(name);
        if (id !== undefined && !entryPoints.has(specifier)) {
          problems.push(`${at} imports a part of ${name} that it does not export: ${specifier}`);
        }
        if (inTest) {
          const { dependencies, devDependencies, peerDependencies } = item.manifest;
          const known = { ...shared, ...dependencies, ...devDependencies, ...peerDependencies };
          if (id === undefined && !(name in known)) problems.push(`${at} imports ${name}, which no package.json lists`);
          continue;
        }
        if (isBundled(path) && id === undefined) {
          if (!(name in (item.manifest.devDependencies ?? {})))
            problems.push(`${at} imports ${name}: add it to the devDependencies of ${item.id}`);
          continue;
        }
        used.add(name);
        if (id === undefined || id === item.id) continue;
        reached.add(id);
        if (!allowed?.includes(id)) problems.push(`${at} imports ${name}: no arrow from ${item.id} to ${id}`);
      }

      if (inTest) continue;
      for (const name of nodeOnly) {
        if (freeNames.has(name) && rules.noNode.has(item.id))
          problems.push(`${at} uses ${name}: ${item.id} runs without Node`);
      }
      for (const name of domOnly) {
        if (freeNames.has(name) && rules.noDom.has(item.id) && !isForPages(path))
          problems.push(`${at} uses ${name}: ${item.id} runs without a page`);
      }
    }

    for (const path of reachable(fileGraph, [...files.keys()].filter(isForPages))) {
      const { imports, freeNames } = files.get(path) as SourceFacts;
      const met = [...imports.filter((name) => isBuiltin(name)), ...nodeOnly.filter((name) => freeNames.has(name))];
      for (const name of met) problems.push(`${shown(root, path)} needs ${name}, and a page loads it`);
    }

    const fileCycle = findCycle(fileGraph);
    if (fileCycle) problems.push(`files import each other: ${fileCycle.map((path) => shown(root, path)).join(" -> ")}`);
    packageGraph.set(item.id, [...reached]);

    if (files.size === 0) continue;
    const declared = { ...item.manifest.dependencies, ...item.manifest.peerDependencies };
    for (const name of used) {
      if (name !== item.manifest.name && !(name in declared))
        problems.push(`${item.id} imports ${name}: add it to its dependencies`);
    }
    const asPeer = peersOf(root, used);
    for (const name of Object.keys(item.manifest.dependencies ?? {})) {
      if (!used.has(name) && !asPeer.has(name)) problems.push(`${item.id} depends on ${name} and never imports it`);
    }
    problems.push(...referenceProblems(item, packages, reached));
  }

  const packageCycle = findCycle(packageGraph);
  if (packageCycle) problems.push(`packages import each other: ${packageCycle.join(" -> ")}`);
  return problems;
};

/** What the used packages expect their user to bring along: listed for their sake, not imported. */
const peersOf = (root: string, used: ReadonlySet<string>): ReadonlySet<string> =>
  new Set(
    [...used]
      .map((name) => join(root, "node_modules", name, "package.json"))
      .filter((path) => existsSync(path))
      .flatMap((path) => Object.keys(readJson<Manifest>(path).peerDependencies ?? {})),
  );

/** `tsc --build` orders its work by `references`: a package imported but not referenced is built too late, or not at all. */
const referenceProblems = (
  item: Package,
  packages: readonly Package[],
  reached: ReadonlySet<string>,
): readonly string[] => {
  const path = join(item.folder, "tsconfig.json");
  if (reached.size === 0) return [];
  if (!existsSync(path)) return [`${item.id} has no tsconfig.json`];
  const { references = [] } = JSON.parse(readFileSync(path, "utf8")) as { references?: { path: string }[] };
  const referenced = new Set(references.map((reference) => join(item.folder, reference.path)));
  return packages
    .filter(({ id, folder }) => reached.has(id) && !referenced.has(folder))
    .map(({ id }) => `${item.id} imports ${id}: add it to the references in its tsconfig.json`);
};
