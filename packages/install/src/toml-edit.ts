/**
 * Edits of TOML: one table of ours, at the end of the file. No writer of TOML keeps comments, so the text is edited by hand and parsed again:
 * all that is not ours must have the value it had before, or nothing is changed.
 */
import { isDeepStrictEqual } from "node:util";
import { parse, TomlError } from "smol-toml";
import { type Chunk, type Edited, eolOf, type Fault, fault, placeOf, without } from "./edit.js";

/** A table of texts and lists of texts, such as `[mcp_servers.herdmind]`. */
export interface TomlWant {
  /** Of bare keys. */
  readonly table: readonly string[];
  readonly value: { readonly [name: string]: string | readonly string[] };
}

type Table = { [name: string]: unknown };

const surprised = (): Fault => fault("the edit would change something else as well; please report this, with the file");

const parsed = (text: string): { readonly ok: true; readonly value: Table } | Fault => {
  try {
    return { ok: true, value: parse(text) as Table };
  } catch (error) {
    if (error instanceof TomlError) return fault(error.message.split("\n", 1)[0] ?? "it is no TOML", error.line);
    // Nested too deep for the parser.
    return fault(error instanceof Error ? error.message : String(error));
  }
};

const tableAt = (value: Table, table: readonly string[]): unknown =>
  table.reduce<unknown>((at, name) => (typeof at === "object" && at !== null ? (at as Table)[name] : undefined), value);

/** The same document without our table, and without what is empty then. */
const othersIn = (value: Table, [name, ...rest]: readonly string[]): Table => {
  // Copies, because the parser's objects have no prototype, and so would equal none of the copies.
  if (name === undefined || !(name in value)) return { ...value };
  const { [name]: at, ...others } = value;
  if (rest.length === 0) return others;
  const inner = othersIn(at as Table, rest);
  return Object.keys(inner).length === 0 ? others : { ...others, [name]: inner };
};

/** JSON's texts are TOML's, but for one character. */
const written = (value: string | readonly string[]): string =>
  JSON.stringify(value, undefined, 1)
    .replaceAll(/\n\s*/g, " ")
    .replaceAll("[ ", "[")
    .replaceAll(" ]", "]")
    .replaceAll("\x7f", "\\u007f");

const section = ({ table, value }: TomlWant, eol: string): string =>
  [`[${table.join(".")}]`, ...Object.entries(value).map(([name, one]) => `${name} = ${written(one)}`), ""].join(eol);

export const putToml = (text: string, want: TomlWant, chunk?: Chunk): Edited => {
  const before = parsed(text);
  if (!before.ok) return before;
  const eol = eolOf(text);
  const known = tableAt(before.value, want.table);
  if (known !== undefined) return update(text, before.value, want, chunk);
  const inserted = `${text === "" ? "" : text.endsWith("\n") ? eol : eol + eol}${section(want, eol)}`;
  const edited = text + inserted;
  const after = parsed(edited);
  // The outer table may be written in a way that a section cannot add to.
  if (!after.ok)
    return fault(
      `"${want.table[0]}" is written so that no table can be added to it; add ${want.table.join(".")} there by hand`,
    );
  if (!isDeepStrictEqual(othersIn(after.value, want.table), othersIn(before.value, want.table))) return surprised();
  return { ok: true, text: edited, chunk: { text: inserted } };
};

const update = (text: string, before: Table, want: TomlWant, chunk: Chunk | undefined): Edited => {
  const known = tableAt(before, want.table) as Table;
  if (Object.entries(want.value).every(([name, one]) => isDeepStrictEqual(known[name], one)))
    return { ok: true, text, isSame: true, ...(chunk === undefined ? {} : { chunk }) };
  const at = sectionsOf(text, want.table)[0];
  const byHand = `[${want.table.join(".")}] is there and differs, in a way that cannot be changed here: remove it, and run this again`;
  if (at === undefined) return fault(byHand);
  const own = parsed(text.slice(at.from, at.to));
  const inner = own.ok ? (tableAt(own.value, want.table) as Table) : {};
  if (Object.keys(inner).some((name) => !(name in want.value)))
    return fault(`${byHand} (it has keys of your own)`, at.line);
  const eol = eolOf(text);
  const edited = text.slice(0, at.from) + section(want, eol) + text.slice(at.to);
  const after = parsed(edited);
  if (!after.ok || !isDeepStrictEqual(othersIn(after.value, want.table), othersIn(before, want.table)))
    return surprised();
  const place = placeOf(text, chunk);
  if (place === undefined) return { ok: true, text: edited };
  const grown = edited.length - text.length;
  return { ok: true, text: edited, chunk: { text: edited.slice(place, place + (chunk as Chunk).text.length + grown) } };
};

export const takeToml = (text: string, want: TomlWant, chunk?: Chunk): Edited => {
  const before = parsed(text);
  if (!before.ok) return before;
  if (tableAt(before.value, want.table) === undefined) return { ok: true, text, isSame: true };
  const others = othersIn(before.value, want.table);
  const isRight = (edited: string): boolean => {
    const after = parsed(edited);
    return (
      after.ok &&
      isDeepStrictEqual(othersIn(after.value, want.table), others) &&
      tableAt(after.value, want.table) === undefined
    );
  };
  const at = placeOf(text, chunk);
  const exact = at === undefined ? undefined : without(text, at, (chunk as Chunk).text.length);
  if (exact !== undefined && isRight(exact)) return { ok: true, text: exact };
  let edited = text;
  for (const { from, to } of sectionsOf(text, want.table).reverse()) edited = without(edited, from, to - from);
  return isRight(edited)
    ? { ok: true, text: edited }
    : fault(`${want.table.join(".")} is written in a way that cannot be taken out here; remove it by hand`);
};

/** The sections of a table and of those within it: from the header to the last line that is no comment and not empty. */
const sectionsOf = (
  text: string,
  table: readonly string[],
): { readonly from: number; readonly to: number; readonly line: number }[] => {
  const found: { from: number; to: number; line: number }[] = [];
  let at = 0;
  let open: { from: number; to: number; line: number } | undefined;
  for (const [index, line] of text.split(/(?<=\n)/).entries()) {
    const header = /^\s*\[\[?([^\]]+)\]\]?\s*(?:#.*)?$/.exec(line.trimEnd())?.[1];
    if (header !== undefined) {
      const names = header.split(".").map((name) => name.trim().replace(/^(["'])(.*)\1$/, "$2"));
      const isOurs = table.every((name, depth) => names[depth] === name);
      open = isOurs ? { from: at, to: at, line: index + 1 } : undefined;
      if (open !== undefined) found.push(open);
    }
    at += line.length;
    if (open !== undefined && line.trim() !== "" && !line.trim().startsWith("#")) open.to = at;
  }
  return found;
};
