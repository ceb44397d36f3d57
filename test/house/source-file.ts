// What one TypeScript source asks of the world outside of it: the modules it imports and the globals it uses.
import { readFileSync } from "node:fs";
import { parseSync } from "oxc-parser";

export interface SourceFacts {
  /** Module specifiers of imports, re-exports, `import()` and import types, as written. */
  readonly imports: readonly string[];
  /** Names used but declared nowhere in the file, and members read from `globalThis`. */
  readonly freeNames: ReadonlySet<string>;
}

type Node = { readonly type: string } & Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";

const nameOf = (value: unknown): string | undefined =>
  isNode(value) && value.type === "Identifier" ? (value.name as string) : undefined;

const childrenOf = (node: Node): readonly Node[] =>
  Object.values(node).flatMap((value) => (Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : []));

const visit = (node: Node, see: (node: Node) => void): void => {
  see(node);
  for (const child of childrenOf(node)) visit(child, see);
};

/** Names that a binding pattern introduces: `{ a, b: [c] = d, ...e }` gives a, c, e (and d, which does no harm). */
const patternNames = (pattern: unknown): readonly string[] => {
  const names: string[] = [];
  if (isNode(pattern)) {
    visit(pattern, (node) => {
      const name = nameOf(node);
      if (name !== undefined) names.push(name);
    });
  }
  return names;
};

const declaredNames = (program: Node): ReadonlySet<string> => {
  const names = new Set<string>();
  visit(program, (node) => {
    // Variables, functions, classes, interfaces, type aliases, namespaces and enums all carry their name as `id`.
    for (const name of patternNames(node.id)) names.add(name);
    for (const key of ["params", "parameters"]) {
      const list = node[key];
      if (Array.isArray(list)) for (const item of list) for (const name of patternNames(item)) names.add(name);
    }
    if (node.type.startsWith("Import") && isNode(node.local))
      for (const name of patternNames(node.local)) names.add(name);
    if (node.type === "CatchClause") for (const name of patternNames(node.param)) names.add(name);
  });
  return names;
};

// Where an identifier is a label on something rather than a use of a name.
const labels: Readonly<Record<string, string>> = {
  MemberExpression: "property",
  Property: "key",
  MethodDefinition: "key",
  PropertyDefinition: "key",
  TSPropertySignature: "key",
  TSMethodSignature: "key",
  TSQualifiedName: "right",
};

const usedNames = (program: Node): ReadonlySet<string> => {
  const names = new Set<string>();
  const walk = (node: Node): void => {
    const name = nameOf(node);
    if (name !== undefined) names.add(name);
    if (node.type === "MemberExpression" && nameOf(node.object) === "globalThis") {
      const member = nameOf(node.property);
      if (member !== undefined) names.add(member);
    }
    const label = labels[node.type];
    const skipped = label !== undefined && node.computed !== true ? node[label] : undefined;
    for (const child of childrenOf(node)) if (child !== skipped) walk(child);
  };
  walk(program);
  return names;
};

/** Reads and parses one source. Throws when it does not parse. */
export const factsOf = (path: string): SourceFacts => {
  const text = readFileSync(path, "utf8");
  const { program, module, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]?.message ?? "unknown error"}`);
  const root = program as unknown as Node;

  const imports = new Set<string>();
  for (const { moduleRequest } of module.staticImports) imports.add(moduleRequest.value);
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest } of entries) if (moduleRequest) imports.add(moduleRequest.value);
  }
  visit(root, (node) => {
    if (node.type !== "ImportExpression" && node.type !== "TSImportType") return;
    const source = node.source ?? node.argument;
    const literal = isNode(source) && isNode(source.literal) ? source.literal : source;
    if (isNode(literal) && typeof literal.value === "string") imports.add(literal.value);
  });

  const declared = declaredNames(root);
  return { imports: [...imports], freeNames: new Set([...usedNames(root)].filter((name) => !declared.has(name))) };
};
