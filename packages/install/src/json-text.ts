/** JSON with comments and trailing commas, as editors read it: parsed into nodes that know where they stand in the text. */
import { createScanner, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { type Fault, fault, lineOf } from "./edit.js";

export type { Node };

/** Levels of nesting: a deeper file would overflow the stack of the parser. No configuration comes near. */
const MAX_DEPTH = 128;

const isTooDeep = (text: string): boolean => {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (let token = scanner.scan(); token !== TOKEN.end; token = scanner.scan()) {
    if (token === TOKEN.openBrace || token === TOKEN.openBracket) depth += 1;
    if (token === TOKEN.closeBrace || token === TOKEN.closeBracket) depth -= 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
};

/** Kinds of tokens, as the scanner numbers them. */
export const TOKEN = {
  openBrace: 1,
  closeBrace: 2,
  openBracket: 3,
  closeBracket: 4,
  comma: 5,
  lineComment: 12,
  blockComment: 13,
  end: 17,
} as const;

const WORDS: { readonly [code: string]: string } = {
  InvalidSymbol: "something here is no JSON",
  InvalidNumberFormat: "this is no number",
  PropertyNameExpected: "a name in quotes is missing here",
  ValueExpected: "a value is missing here",
  ColonExpected: "a colon is missing here",
  CommaExpected: "a comma is missing here",
  CloseBraceExpected: "a } is missing here",
  CloseBracketExpected: "a ] is missing here",
  EndOfFileExpected: "the file goes on after its end",
  UnexpectedEndOfComment: "this comment has no end",
  UnexpectedEndOfString: "this text has no closing quote",
};

/** The whole of a file; `root` is `undefined` where there are only white space and comments. */
export const parseJson = (text: string): { readonly ok: true; readonly root: Node | undefined } | Fault => {
  if (isTooDeep(text)) return fault(`it is nested more than ${MAX_DEPTH} levels deep`);
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true, allowEmptyContent: true });
  const [first] = errors;
  if (first !== undefined) {
    const code = printParseErrorCode(first.error);
    return fault(WORDS[code] ?? `it is no JSON (${code})`, lineOf(text, first.offset));
  }
  if (root !== undefined && root.type !== "object")
    return fault("it is no JSON object: {...}", lineOf(text, root.offset));
  return { ok: true, root };
};

/** The members of an object by name and value, or the elements of an array. */
export const childrenOf = (
  node: Node,
): readonly { readonly name: string; readonly whole: Node; readonly value: Node }[] =>
  (node.children ?? []).map((child, index) =>
    node.type === "array"
      ? { name: String(index), whole: child, value: child }
      : { name: String(child.children?.[0]?.value), whole: child, value: child.children?.[1] ?? child },
  );

/** A member by its path; an array's elements are named by their numbers. */
export const nodeAt = (root: Node | undefined, path: readonly string[]): Node | undefined =>
  path.reduce<Node | undefined>(
    (node, name) => (node === undefined ? undefined : childrenOf(node).find((child) => child.name === name)?.value),
    root,
  );

/** A member that is there twice: programs do not agree on which one counts. */
export const twiceIn = (root: Node | undefined, path: readonly string[]): Node | undefined => {
  for (let depth = 0; depth < path.length; depth += 1) {
    const node = nodeAt(root, path.slice(0, depth));
    if (node?.type !== "object") return undefined;
    const same = childrenOf(node).filter(({ name }) => name === path[depth]);
    if (same.length > 1) return same[1]?.whole;
  }
  return undefined;
};

/** The value of a node, without comments and white space, in the order of the file; without what is at `skipped`. */
export const meaningOf = (node: Node | undefined, skipped?: readonly string[]): string => {
  if (node === undefined || skipped?.length === 0) return "";
  if (node.type !== "object" && node.type !== "array") return JSON.stringify(node.value);
  const members = childrenOf(node)
    .filter(({ name }) => skipped?.length !== 1 || name !== skipped[0])
    .map(({ name, value }) => {
      const inner = meaningOf(value, skipped?.[0] === name ? skipped.slice(1) : undefined);
      return node.type === "array" ? inner : `${JSON.stringify(name)}:${inner}`;
    });
  return node.type === "array" ? `[${members.join()}]` : `{${members.join()}}`;
};

export interface Token {
  readonly kind: number;
  readonly offset: number;
  readonly end: number;
}

/** The tokens between two places that are no white space: commas, comments and brackets. */
export const tokensBetween = (text: string, from: number, to: number): readonly Token[] => {
  const scanner = createScanner(text, false);
  scanner.setPosition(from);
  const tokens: Token[] = [];
  for (let kind: number = scanner.scan(); kind !== TOKEN.end; kind = scanner.scan()) {
    const offset = scanner.getTokenOffset();
    if (offset >= to) break;
    if (kind < 14) tokens.push({ kind, offset, end: offset + scanner.getTokenLength() });
  }
  return tokens;
};
