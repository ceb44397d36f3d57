/**
 * Queries about agents and entries, as entries and rules carry them: a part of MongoDB's query syntax, judged here and matched by
 * `sift`. Whoever may write a record may write one, and every peer runs it on each recall; so only what compares is allowed. There are no
 * patterns and no code (`$regex`, `$where`), a name is one that is known here, and the size is bounded (L7).
 *
 * Texts are compared as words: in lower case, with single spaces.
 */
import { accept, type Result, refuse } from "@herdmind/protocol";
import sift from "sift";
import { normaliseWords } from "./normalise-words.js";

/** Conditions and values of one query: one that costs more than the recall that looks at its entry. */
export const MAX_QUERY_PARTS = 64;
/** Levels of groups: a stack that overflows in the matcher. */
export const MAX_QUERY_DEPTH = 6;
/** Characters of the names and texts of one query: one as large as a remedy, held by every peer. */
export const MAX_QUERY_CHARS = 2000;

type Scalar = string | number | boolean;
export type QueryValue = Scalar | readonly Scalar[] | undefined;

export interface Matcher {
  /** The names that it asks for. */
  readonly names: readonly string[];
  matches(valueByName: (name: string) => QueryValue): boolean;
}

const GROUPS = ["$and", "$or", "$nor"];
const LISTS = ["$in", "$nin", "$all"];
const VALUES = ["$eq", "$ne"];

// CommonJS to Node and TypeScript, ESM to bundlers: the default import is the function in both, its type only in one.
const compile = sift as unknown as (typeof sift)["default"];

const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const words = (value: Scalar): Scalar => (typeof value === "string" ? normaliseWords(value) : value);
const NOTHING = {};

/** A query, ready to match. `isName`: which names it may ask for; `names` says them. */
export const readQuery = (query: unknown, isName: (name: string) => boolean, names: string): Result<Matcher> => {
  const placeByName = new Map<string, string>();
  let parts = 0;
  let why: string | undefined;
  /** The first fault counts; what is read after it is worth nothing. */
  const fault = (text: string): typeof NOTHING => {
    why ??= text;
    return NOTHING;
  };
  const count = (by = 1): boolean => {
    parts += by;
    if (parts > MAX_QUERY_PARTS) fault(`it has more than ${MAX_QUERY_PARTS} conditions and values`);
    return why === undefined;
  };
  let chars = 0;
  const countChars = (text: string): boolean => {
    chars += text.length;
    if (chars > MAX_QUERY_CHARS) fault(`its names and texts have more than ${MAX_QUERY_CHARS} characters`);
    return why === undefined;
  };
  const readScalar = (value: unknown): Scalar | typeof NOTHING => {
    if (typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))) return value;
    if (typeof value !== "string") return fault("a value is no text, number or boolean");
    return countChars(value) ? words(value) : NOTHING;
  };
  const readOperand = (operator: string, operand: unknown, depth: number): unknown => {
    if (VALUES.includes(operator)) return readScalar(operand);
    if (LISTS.includes(operator)) {
      if (!Array.isArray(operand) || operand.length === 0) return fault(`${operator} needs a list`);
      return count(operand.length) ? operand.map(readScalar) : NOTHING;
    }
    if (operator === "$exists") return typeof operand === "boolean" ? operand : fault("$exists needs true or false");
    if (operator !== "$not") return fault(`"${operator.slice(0, 40)}" is no operator of a condition`);
    return isObject(operand) ? readCondition(operand, depth + 1) : fault("$not needs a condition");
  };
  const readCondition = (condition: unknown, depth: number): unknown => {
    if (!isObject(condition)) return readScalar(condition);
    if (depth > MAX_QUERY_DEPTH) return fault(`it is deeper than ${MAX_QUERY_DEPTH} levels`);
    const operators = Object.entries(condition);
    if (operators.length === 0) return fault("a condition says nothing");
    if (!count(operators.length)) return NOTHING;
    return Object.fromEntries(
      operators.map(([operator, operand]) => [operator, readOperand(operator, operand, depth)]),
    );
  };
  const placeOf = (name: string): string => {
    const place = placeByName.get(name) ?? `n${placeByName.size}`;
    placeByName.set(name, place);
    return place;
  };
  const readGroup = (group: unknown, depth: number): object => {
    if (!isObject(group)) return fault("a query is no object");
    if (depth > MAX_QUERY_DEPTH) return fault(`it is deeper than ${MAX_QUERY_DEPTH} levels`);
    const read: { [name: string]: unknown } = {};
    const members = Object.entries(group);
    // It would cost a part of nothing, and there could be any number of them.
    if (members.length === 0 && depth > 1) return fault("a query in a group asks for nothing");
    for (const [name, value] of members) {
      if (!count() || !countChars(name)) break;
      if (GROUPS.includes(name)) {
        if (!Array.isArray(value) || value.length === 0) return fault(`${name} needs a list of queries`);
        read[name] = value.map((one) => readGroup(one, depth + 1));
      } else if (isName(name)) {
        // A place instead of the name: the matcher would take a name with dots for a path.
        read[placeOf(name)] = readCondition(value, depth);
      } else return fault(`"${name.slice(0, 40)}" is none of ${names}, $and, $or, $nor`);
    }
    return read;
  };

  const read = readGroup(query, 1);
  if (why !== undefined) return refuse("R1", "none", `This query cannot be used: ${why}.`);
  const test = compile(read);
  return accept({
    names: [...placeByName.keys()],
    matches: (valueByName) => {
      const asked: { [place: string]: Scalar | readonly Scalar[] } = {};
      for (const [name, place] of placeByName) {
        const value = valueByName(name);
        if (value !== undefined) asked[place] = typeof value === "object" ? value.map(words) : words(value);
      }
      return test(asked);
    },
  });
};
