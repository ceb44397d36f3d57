// The public API of a package as one readable text, made from the declarations that tsc emitted: every export, and every
// declaration that an export mentions without being exported itself. Comments are left out, names are sorted, so that a
// diff of the report is a change of the API and nothing else.
//
// Our own and small because API Extractor brings a second TypeScript compiler (50 MB) and takes 2 to 3 s a package; this
// takes a few milliseconds.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { parseSync } from "oxc-parser";

type Node = { readonly type: string; readonly start: number; readonly end: number } & Readonly<Record<string, unknown>>;

interface Declaration {
  readonly text: string;
  /** Every identifier and import type in it: what it may refer to. */
  readonly names: ReadonlySet<string>;
  readonly importTypes: readonly { readonly from: string; readonly name: string }[];
}

interface Origin {
  /** Absent for `*` and for what the file declares itself. */
  readonly name: string | undefined;
  readonly from: string;
}

interface DeclarationFile {
  readonly declarations: ReadonlyMap<string, readonly Declaration[]>;
  readonly imports: ReadonlyMap<string, Origin>;
  /** Exported name -> local name. */
  readonly localExports: ReadonlyMap<string, string>;
  readonly reexports: ReadonlyMap<string, Origin>;
  readonly starExports: readonly string[];
}

/** Where a name is declared, or the package it comes from. */
type Place =
  | { readonly kind: "declared"; readonly file: string; readonly name: string }
  | { readonly kind: "namespace"; readonly file: string }
  | { readonly kind: "external"; readonly from: string; readonly name: string };

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";

const visit = (node: Node, see: (node: Node) => void): void => {
  see(node);
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) for (const item of value) isNode(item) && visit(item, see);
    else if (isNode(value)) visit(value, see);
  }
};

const declaredBy = (declaration: Node): readonly string[] => {
  const ids = declaration.type === "VariableDeclaration" ? (declaration.declarations as Node[]) : [declaration];
  return ids.map((item) => item.id).flatMap((id) => (isNode(id) && typeof id.name === "string" ? [id.name] : []));
};

const readDeclarations = (path: string): DeclarationFile => {
  const source = readFileSync(path, "utf8");
  const { program, module, comments, errors } = parseSync(path, source);
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]?.message ?? "unknown error"}`);

  const textOf = (start: number, end: number): string => {
    let text = "";
    let at = start;
    for (const comment of comments) {
      if (comment.start < at || comment.end > end) continue;
      text += source.slice(at, comment.start);
      at = comment.end;
    }
    return (text + source.slice(at, end))
      .split("\n")
      .map((line) => line.trimEnd())
      .filter((line) => line !== "")
      .join("\n")
      .replace(/^declare /, "");
  };

  const declarations = new Map<string, Declaration[]>();
  for (const statement of program.body as unknown as Node[]) {
    const exported = statement.type === "ExportNamedDeclaration" || statement.type === "ExportDefaultDeclaration";
    const node = exported && isNode(statement.declaration) ? statement.declaration : statement;
    const names = new Set<string>();
    const importTypes: { from: string; name: string }[] = [];
    visit(node, (inner) => {
      if (inner.type === "Identifier") names.add(inner.name as string);
      if (inner.type !== "TSImportType" || !isNode(inner.source)) return;
      const qualifier = inner.qualifier;
      const name = isNode(qualifier) && typeof qualifier.name === "string" ? qualifier.name : "*";
      importTypes.push({ from: inner.source.value as string, name });
    });
    for (const name of declaredBy(node)) {
      const list = declarations.get(name) ?? [];
      list.push({ text: textOf(node.start, node.end), names, importTypes });
      declarations.set(name, list);
    }
  }

  const imports = new Map<string, Origin>();
  for (const { moduleRequest, entries } of module.staticImports) {
    for (const { importName, localName } of entries) {
      const name =
        importName.kind === "Name"
          ? (importName.name ?? undefined)
          : importName.kind === "Default"
            ? "default"
            : undefined;
      imports.set(localName.value, { name, from: moduleRequest.value });
    }
  }

  const localExports = new Map<string, string>();
  const reexports = new Map<string, Origin>();
  const starExports: string[] = [];
  for (const entry of module.staticExports.flatMap(({ entries }) => entries)) {
    const exportName = entry.exportName.kind === "Default" ? "default" : entry.exportName.name;
    if (entry.moduleRequest === null) {
      if (exportName !== null && entry.localName.name !== null) localExports.set(exportName, entry.localName.name);
    } else if (entry.importName.kind === "AllButDefault") starExports.push(entry.moduleRequest.value);
    else if (exportName !== null) {
      reexports.set(exportName, { name: entry.importName.name ?? undefined, from: entry.moduleRequest.value });
    }
  }
  return { declarations, imports, localExports, reexports, starExports };
};

/** Follows names through the declaration files of one package. */
const createResolver = () => {
  const files = new Map<string, DeclarationFile>();
  const fileAt = (path: string): DeclarationFile => {
    const known = files.get(path);
    if (known) return known;
    const read = readDeclarations(path);
    files.set(path, read);
    return read;
  };
  const targetOf = (file: string, specifier: string) => join(dirname(file), specifier.replace(/\.js$/, ".d.ts"));

  /** `#name` of a package's manifest, as one of its files has it: everything but a page takes `default`. */
  const privateTarget = (file: string, specifier: string): string => {
    let folder = dirname(file);
    while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
    const { imports = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const target: string = imports[specifier]?.default ?? specifier;
    return target === specifier ? specifier : `./${relative(dirname(file), join(folder, target))}`;
  };

  const follow = (file: string, { name, from }: Origin): Place | undefined => {
    const inside = from.startsWith("#") ? privateTarget(file, from) : from;
    if (!inside.startsWith(".")) return { kind: "external", from, name: name ?? "*" };
    const target = targetOf(file, inside);
    return name === undefined ? { kind: "namespace", file: target } : exportsOf(target).get(name);
  };

  /** What a name means inside of a file. */
  const lookUp = (file: string, name: string): Place | undefined => {
    const { declarations, imports } = fileAt(file);
    if (declarations.has(name)) return { kind: "declared", file, name };
    const origin = imports.get(name);
    return origin && follow(file, origin);
  };

  const exportsOf = (file: string): ReadonlyMap<string, Place> => {
    const { localExports, reexports, starExports } = fileAt(file);
    const found = new Map<string, Place>();
    for (const specifier of starExports) {
      if (!specifier.startsWith(".")) {
        found.set(`* from ${specifier}`, { kind: "external", from: specifier, name: "*" });
        continue;
      }
      for (const [name, place] of exportsOf(targetOf(file, specifier))) if (name !== "default") found.set(name, place);
    }
    for (const [name, origin] of reexports) {
      const place = follow(file, origin);
      if (place) found.set(name, place);
    }
    for (const [name, local] of localExports) {
      const place = lookUp(file, local);
      if (place) found.set(name, place);
    }
    return found;
  };

  return { fileAt, lookUp, exportsOf, follow };
};

const keyOf = (file: string, name: string) => `${file}\0${name}`;
const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : a > b ? 1 : 0);

export interface EntryPoint {
  /** As the package's `exports` name it: ".", "./part". */
  readonly subpath: string;
  /** Absolute path of its emitted declarations. */
  readonly file: string;
}

/** The entry points that a manifest's `exports` name, sorted. */
export const entryPoints = (folder: string, exports: unknown): readonly EntryPoint[] =>
  Object.entries(exports as Record<string, { readonly types: string }>)
    .map(([subpath, { types }]) => ({ subpath, file: join(folder, types) }))
    .sort((a, b) => (a.subpath < b.subpath ? -1 : 1));

/** The report of a package. Throws when it is not built. */
export const apiReport = (name: string, entries: readonly EntryPoint[]): string => {
  for (const { file } of entries)
    if (!existsSync(file)) throw new Error(`${file} is missing. Build first: npm run build`);
  const { fileAt, lookUp, exportsOf, follow } = createResolver();
  const told = new Set<string>();
  const waiting: { file: string; name: string }[] = [];

  const declarationsAt = (file: string, local: string): readonly string[] => {
    const all = fileAt(file).declarations.get(local) ?? [];
    for (const { names, importTypes } of all) {
      const places = [
        ...[...names].map((mentioned) => lookUp(file, mentioned)),
        ...importTypes.map(({ from, name: wanted }) =>
          follow(file, { from, name: wanted === "*" ? undefined : wanted }),
        ),
      ];
      for (const place of places) if (place?.kind === "declared") waiting.push(place);
    }
    return all.map(({ text }) => text);
  };

  const tell = (prefix: string, file: string): readonly string[] =>
    [...exportsOf(file)].sort(byName).flatMap(([exported, place]) => {
      const shown = `${prefix}${exported}`;
      if (place.kind === "external") return [`// ${shown}: ${place.name} of ${place.from}`];
      if (place.kind === "namespace") return [`// ${shown}: a namespace`, ...tell(`${shown}.`, place.file)];
      told.add(keyOf(place.file, place.name));
      const texts = declarationsAt(place.file, place.name);
      return shown === place.name ? texts : [`// exported as ${shown}\n${texts.join("\n")}`];
    });

  const block = (texts: readonly string[]) => ["```ts", texts.join("\n\n"), "```"];
  const lines = [`# API of ${name}`, "", "Generated by `npm run api` from the built declarations. Do not edit."];
  for (const { subpath, file } of entries) {
    const exported = tell("", file);
    lines.push(
      "",
      `## ${name}${subpath.slice(1)}`,
      "",
      ...(exported.length > 0 ? block(exported) : ["It exports nothing."]),
    );
  }

  const mentioned: [string, string][] = [];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const key = keyOf(next.file, next.name);
    if (told.has(key)) continue;
    told.add(key);
    mentioned.push([next.name, declarationsAt(next.file, next.name).join("\n")]);
  }
  if (mentioned.length > 0) {
    lines.push("", "## Mentioned, not exported", "", ...block(mentioned.sort(byName).map(([, text]) => text)));
  }
  return `${lines.join("\n")}\n`;
};
