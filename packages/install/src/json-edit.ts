/**
 * Edits of JSON with comments. What is added stands in one piece, so that taking it out gives back every byte. Every edit is parsed again:
 * all that is not ours must mean what it meant before, or nothing is changed.
 */
import { isDeepStrictEqual } from "node:util";
import { applyEdits, getNodeValue, modify } from "jsonc-parser";
import { type Chunk, type Edited, eolOf, type Fault, fault, lineOf, placeOf, without } from "./edit.js";
import { childrenOf, meaningOf, type Node, nodeAt, parseJson, TOKEN, tokensBetween, twiceIn } from "./json-text.js";

export type JsonData = string | number | boolean | null | readonly JsonData[] | { readonly [name: string]: JsonData };

const isObject = (value: JsonData): value is { readonly [name: string]: JsonData } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A member of an object that is ours, or one element of an array. */
export interface JsonWant {
  readonly path: readonly string[];
  readonly value: JsonData;
  /** `value` is an element of the array at `path`; this tells whether an element is ours, of any version. */
  readonly isOurs?: (element: JsonData) => boolean;
  /** Elements have a list under this name, and `isOurs` is about its elements: people may have put theirs beside ours. */
  readonly within?: string;
}

const surprised = (): Fault => fault("the edit would change something else as well; please report this, with the file");

/** Puts `want` into a text, or brings it up to date there. */
export const putJson = (text: string, want: JsonWant, chunk?: Chunk): Edited => {
  const read = readable(text, want);
  if (!read.ok) return read;
  const { root } = read;
  const known = findOurs(root, want);
  if (known !== undefined) return update(text, known, wantedAt(known, want), chunk);
  const container = deepest(root, want.path);
  const value = wrap(want, container.path.length);
  const place =
    container.node === undefined
      ? { chunk: newFile(text, value), at: text.length }
      : insertion(text, container.node, value);
  const edited = text.slice(0, place.at) + place.chunk + text.slice(place.at);
  const again = parseJson(edited);
  const added = again.ok ? findOurs(again.root, want) : undefined;
  if (!again.ok || added === undefined) return surprised();
  const top = added.slice(0, container.path.length + 1);
  if (meaningOf(again.root, container.node === undefined ? [] : top) !== meaningOf(root)) return surprised();
  return { ok: true, text: edited, chunk: { text: place.chunk, top } };
};

/** Takes what `putJson` put there out again, whatever else was changed since. */
export const takeJson = (text: string, want: JsonWant, chunk?: Chunk): Edited => {
  const read = readable(text, want);
  if (!read.ok) return read;
  const { root } = read;
  const known = findOurs(root, want);
  if (known === undefined) return { ok: true, text, isSame: true };
  const top = chunk?.top ?? known;
  const at = placeOf(text, chunk);
  if (at !== undefined) {
    const before = without(text, at, (chunk as Chunk).text.length);
    const again = parseJson(before);
    // Only if nobody has put something of theirs into what came with it.
    if (again.ok && meaningOf(again.root) === meaningOf(root, again.root === undefined ? [] : topIn(root, top, known)))
      return { ok: true, text: before };
  }
  return removeMember(text, known, chunk?.top?.length ?? known.length);
};

/** The member that came with the chunk, as it is named now: an element's number changes when others come or go before it. */
const topIn = (root: Node | undefined, top: readonly string[], known: readonly string[]): readonly string[] => {
  const named = known.slice(0, top.length);
  return nodeAt(root, named) === undefined ? top : named;
};

const readable = (
  text: string,
  { path, value, isOurs }: JsonWant,
): { readonly ok: true; readonly root: Node | undefined } | Fault => {
  const read = parseJson(text);
  if (!read.ok) return read;
  const twice = twiceIn(read.root, path);
  if (twice !== undefined)
    return fault(
      `"${twice.children?.[0]?.value}" is there twice, and programs do not agree on which one counts`,
      lineOf(text, twice.offset),
    );
  const isList = isOurs !== undefined;
  for (let depth = 1; depth <= path.length; depth += 1) {
    const node = nodeAt(read.root, path.slice(0, depth));
    // Only at its end does a path lead to anything but an object: to a list, or to a value that is none.
    const isScalar = depth === path.length && !isObject(value);
    if (node !== undefined && isList && depth === path.length && node.type !== "array")
      return fault(`"${path[depth - 1]}" is not a list: [...]`, lineOf(text, node.offset));
    if (node !== undefined && !(isList && depth === path.length) && !isScalar && node.type !== "object")
      return fault(`"${path[depth - 1]}" is not an object: {...}`, lineOf(text, node.offset));
  }
  return read;
};

/** The path of what is ours: of the member, or of the element and its number. */
const findOurs = (root: Node | undefined, { path, isOurs, within }: JsonWant): readonly string[] | undefined => {
  const node = nodeAt(root, path);
  if (node === undefined || isOurs === undefined) return node === undefined ? undefined : path;
  const isOurNode = (one: Node): boolean => isOurs(getNodeValue(one) as JsonData);
  for (const { name, value } of childrenOf(node)) {
    const list = within === undefined ? undefined : nodeAt(value, [within]);
    if (within === undefined ? isOurNode(value) : list?.type === "array") {
      const all = list === undefined ? [] : childrenOf(list);
      const ours = all.filter((one) => isOurNode(one.value));
      if (ours.length === all.length && (list === undefined || ours.length > 0)) return [...path, name];
      if (ours[0] !== undefined) return [...path, name, within as string, ours[0].name];
    }
  }
  return undefined;
};

/** What is wanted at a place where `findOurs` found it: the whole, or where people have put theirs beside it, the one within. */
const wantedAt = (known: readonly string[], { path, value, within }: JsonWant): JsonData => {
  if (within === undefined || known.length <= path.length + 1) return value;
  return ((value as { readonly [name: string]: JsonData })[within] as readonly JsonData[])[0] as JsonData;
};

/** The deepest object on the way that is there already. */
const deepest = (
  root: Node | undefined,
  path: readonly string[],
): { readonly node: Node | undefined; readonly path: readonly string[] } => {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const node = nodeAt(root, path.slice(0, depth));
    if (node !== undefined) return { node, path: path.slice(0, depth) };
  }
  return { node: root, path: [] };
};

interface Member {
  /** Of the member that is inserted; a number where it is an element. */
  readonly name: string;
  readonly value: JsonData;
}

/** What has to be inserted at a depth of the path, so that the rest of the path is there. */
const wrap = ({ path, value, isOurs }: JsonWant, depth: number): Member => {
  const leaf: JsonData = isOurs === undefined ? value : [value];
  const [name, ...rest] = path.slice(depth);
  if (name === undefined) return { name: "", value };
  return { name, value: rest.reduceRight<JsonData>((inner, member) => ({ [member]: inner }), leaf) };
};

interface Layout {
  readonly eol: string;
  /** One level. */
  readonly unit: string;
}

/** Characters from whose lines the indent is taken. */
const LAYOUT_CHARS = 64 * 1024;

const layoutOf = (text: string): Layout => {
  const indented = /^([ \t]+)["\]}[{]/m.exec(text.slice(0, LAYOUT_CHARS).replace(/\/\*[\s\S]*?\*\//g, ""))?.[1] ?? "  ";
  return { eol: eolOf(text), unit: indented.startsWith("\t") ? "\t" : indented.length > 8 ? "  " : indented };
};

const written = (value: JsonData, { eol, unit }: Layout, indent: string): string =>
  JSON.stringify(value, undefined, unit).replaceAll("\n", eol + indent);

const newFile = (text: string, { name, value }: Member): string => {
  const layout = layoutOf(text);
  const before = text === "" || text.endsWith("\n") ? "" : layout.eol;
  return `${before}${written({ [name]: value }, layout, "")}${layout.eol}`;
};

/** Where a member goes, and the text that makes it one: after the last one that is there, or as the first. */
const insertion = (
  text: string,
  container: Node,
  { name, value }: Member,
): { readonly at: number; readonly chunk: string } => {
  const layout = layoutOf(text);
  const children = container.children ?? [];
  const [first, last] = [children[0], children.at(-1)];
  const inside = container.offset + 1;
  const end = container.offset + container.length - 1;
  const member = (indent: string): string =>
    (container.type === "array" ? "" : `${JSON.stringify(name)}: `) + written(value, layout, indent);
  const outer = indentOf(text, container.offset);
  if (first === undefined || last === undefined) {
    const indent = outer + layout.unit;
    const closing = text.slice(inside, end).includes("\n") ? "" : layout.eol + outer;
    return { at: inside, chunk: `${layout.eol}${indent}${member(indent)}${closing}` };
  }
  const isOneLine = !text.slice(container.offset, first.offset).includes("\n");
  const indent = isOneLine ? outer : indentOf(text, first.offset);
  const apart = isOneLine ? " " : layout.eol + indent;
  const one = isOneLine
    ? (container.type === "array" ? "" : `${JSON.stringify(name)}: `) + JSON.stringify(value)
    : member(indent);
  const tokens = tokensBetween(text, last.offset + last.length, end);
  const comma = tokens.find(({ kind }) => kind === TOKEN.comma);
  if (comma !== undefined) return { at: afterComment(text, comma.end, end), chunk: `${apart}${one},` };
  if (tokens.length === 0) return { at: last.offset + last.length, chunk: `,${apart}${one}` };
  // A comment after the last member stays with it.
  return { at: afterComment(text, inside, first.offset), chunk: `${apart}${one},` };
};

/** Behind a comment that stands on the same line. */
const afterComment = (text: string, from: number, to: number): number => {
  const [token] = tokensBetween(text, from, to);
  const isComment = token !== undefined && (token.kind === TOKEN.lineComment || token.kind === TOKEN.blockComment);
  return isComment && !text.slice(from, token.end).includes("\n") ? token.end : from;
};

const indentOf = (text: string, offset: number): string =>
  /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset))?.[0] ?? "";

/** Changes the members of ours that differ; what a person added there stays. */
const update = (text: string, known: readonly string[], value: JsonData, chunk: Chunk | undefined): Edited => {
  const path = known.map((name, depth) => (isElement(text, known, depth) ? Number(name) : name));
  // As plain objects: the parser's have no prototype, and so would equal none.
  const now = JSON.parse(meaningOf(nodeAt(rootOf(text), known))) as JsonData;
  const { eol, unit } = layoutOf(text);
  const formattingOptions = { eol, insertSpaces: unit !== "\t", tabSize: unit === "\t" ? 1 : unit.length };
  let edited = text;
  const set = (at: readonly (string | number)[], wanted: JsonData): void => {
    edited = applyEdits(edited, modify(edited, [...at], wanted, { formattingOptions }));
  };
  if (!isObject(now) || !isObject(value)) {
    if (!isDeepStrictEqual(now, value)) set(path, value);
  } else
    for (const [name, wanted] of Object.entries(value))
      if (!isDeepStrictEqual(now[name], wanted)) set([...path, name], wanted);
  if (edited === text) return { ok: true, text, isSame: true, ...(chunk === undefined ? {} : { chunk }) };
  const again = parseJson(edited);
  if (!again.ok || meaningOf(again.root, known) !== meaningOf(rootOf(text), known)) return surprised();
  const at = placeOf(text, chunk);
  const grown = edited.length - text.length;
  // The piece stands where it stood, with other words in it.
  const moved = at === undefined ? undefined : edited.slice(at, at + (chunk as Chunk).text.length + grown);
  const next = moved === undefined ? chunk : { ...chunk, text: moved };
  return { ok: true, text: edited, ...(next === undefined ? {} : { chunk: next }) };
};

const rootOf = (text: string): Node | undefined => {
  const read = parseJson(text);
  return read.ok ? read.root : undefined;
};
const isElement = (text: string, path: readonly string[], depth: number): boolean =>
  nodeAt(rootOf(text), path.slice(0, depth))?.type === "array";

/** Takes a member out with its comma, and what is empty then, down to a depth that came with it. */
const removeMember = (text: string, path: readonly string[], topDepth: number): Edited => {
  const root = rootOf(text);
  let at = path;
  while (at.length > topDepth && childrenOf(nodeAt(root, at.slice(0, -1)) as Node).length === 1) at = at.slice(0, -1);
  const container = nodeAt(root, at.slice(0, -1)) as Node;
  const children = childrenOf(container);
  const index = children.findIndex(({ name }) => name === at.at(-1));
  const node = (children[index] as (typeof children)[number]).whole;
  const end = node.offset + node.length;
  const previous = children[index - 1]?.whole;
  const nextEnd = children[index + 1]?.whole.offset ?? container.offset + container.length - 1;
  const comma = tokensBetween(text, end, nextEnd).find(({ kind }) => kind === TOKEN.comma);
  const before =
    comma !== undefined || previous === undefined
      ? undefined
      : tokensBetween(text, previous.offset + previous.length, node.offset).find(({ kind }) => kind === TOKEN.comma);
  const white = text.slice(0, node.offset).trimEnd().length;
  // With the line on which it stands; or without, where that line's beginning is what ends a comment.
  for (const from of [white, node.offset]) {
    // A comment before its own comma goes as well: it is about what is taken away.
    let edited = without(text, from, (comma?.end ?? end) - from);
    if (before !== undefined) edited = without(edited, before.offset, 1);
    const again = parseJson(edited);
    if (again.ok && meaningOf(again.root) === meaningOf(root, at)) return { ok: true, text: edited };
  }
  return surprised();
};
