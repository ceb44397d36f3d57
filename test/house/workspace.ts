// What is in this checkout: its packages, their manifests and their sources. Every house rule starts from here.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";

export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly bin?: Readonly<Record<string, string>>;
  readonly files?: readonly string[];
  readonly exports?: Readonly<Record<string, unknown>>;
  /** `#name`: the file of this package that stands for it, by condition. */
  readonly imports?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export interface Package {
  /** Last part of the folder: how the rules name it. */
  readonly id: string;
  /** Absolute path. */
  readonly folder: string;
  readonly manifest: Manifest;
}

export const repository = resolve(import.meta.dirname, "../..");

export const readJson = <T>(path: string): T => JSON.parse(readFileSync(path, "utf8")) as T;

/** Path below `root`, with forward slashes on every system. */
export const shown = (root: string, path: string): string => relative(root, path).split(sep).join("/");

/** Packages in `packages/` and `demo/`, sorted by folder. */
export const packagesOf = (root: string): readonly Package[] =>
  ["packages", "demo"]
    .filter((group) => existsSync(join(root, group)))
    .flatMap((group) =>
      readdirSync(join(root, group))
        .sort()
        .map((id) => ({ id, folder: join(root, group, id) })),
    )
    .filter(({ folder }) => existsSync(join(folder, "package.json")))
    .map(({ id, folder }) => ({ id, folder, manifest: readJson<Manifest>(join(folder, "package.json")) }));

export const isPublic = (item: Package): boolean => item.manifest.private !== true;

const notOurs = new Set(["node_modules", "dist"]);

/** Every file below `folder` that belongs to the project: no installed, built or dot folders. Sorted. */
export const filesBelow = (folder: string, accept: (name: string) => boolean): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .flatMap((entry) => {
          const path = join(folder, entry.name);
          if (entry.isDirectory()) {
            return notOurs.has(entry.name) || entry.name.startsWith(".") ? [] : filesBelow(path, accept);
          }
          return entry.isFile() && accept(entry.name) ? [path] : [];
        })
    : [];
