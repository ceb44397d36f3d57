/** Bundles what a page imports the way an application would, and weighs it. */
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";

export interface Weighed {
  /** gzip bytes of what a page loads before the entry runs: its own file and all that it imports statically. */
  readonly atStart: number;
  /** gzip bytes of what is loaded later, once, when it is needed, by the name of the module that asks for it. */
  readonly later: Readonly<Record<string, number>>;
  /** Minified code of what is loaded at the start. */
  readonly code: readonly string[];
  /** Modules in what is loaded at the start. */
  readonly modules: readonly string[];
}

/** As a web server sends it: Node's zlib at its default level, which is that of nginx and the like or better. */
const gzipBytes = (code: string): number => gzipSync(code).length;

/** `source`: a module as an application would have it. */
export const weigh = async (source: string): Promise<Weighed> => {
  const entry = resolve(import.meta.dirname, "weighed.ts");
  const built = (await build({
    configFile: false,
    root: import.meta.dirname,
    logLevel: "error",
    publicDir: false,
    cacheDir: join(import.meta.dirname, "../../node_modules/.vite/weighed"),
    plugins: [
      {
        name: "weighed",
        resolveId: (id) => (id === entry ? entry : undefined),
        load: (id) => (id === entry ? source : undefined),
      },
    ],
    build: {
      write: false,
      target: "es2024",
      modulePreload: false,
      rolldownOptions: { input: entry, preserveEntrySignatures: "strict" },
    },
  })) as Rolldown.RolldownOutput;
  const chunks = built.output.filter((item) => item.type === "chunk");
  const chunkByName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const withImports = (name: string, seen: Set<string>): Set<string> => {
    if (seen.has(name)) return seen;
    seen.add(name);
    for (const next of chunkByName.get(name)?.imports ?? []) withImports(next, seen);
    return seen;
  };
  const start = withImports(chunks.find(({ isEntry }) => isEntry)?.fileName ?? "", new Set());
  const sizeOf = (names: Iterable<string>): number =>
    [...names].reduce((sum, name) => sum + gzipBytes(chunkByName.get(name)?.code ?? ""), 0);
  const parts = [...start].flatMap((name) => chunkByName.get(name) ?? []);
  const asked = [...new Set(parts.flatMap(({ dynamicImports }) => dynamicImports))];
  return {
    atStart: sizeOf(start),
    later: Object.fromEntries(
      asked.map((name) => [
        chunkByName.get(name)?.name ?? name,
        sizeOf(withImports(name, new Set()).difference(start)),
      ]),
    ),
    code: parts.map(({ code }) => code),
    modules: parts.flatMap(({ moduleIds }) => moduleIds),
  };
};
