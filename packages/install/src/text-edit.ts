/** Edits of Markdown that people write, and files that are ours alone: our words stand between two marks. */
import { type Chunk, type Edited, eolOf, fault, lineOf, placeOf, without } from "./edit.js";

const BEGIN = "<!-- herdmind: begin (written by herdmind install; --uninstall removes it) -->";
const END = "<!-- herdmind: end -->";
/** Also of other versions, which may say more. */
const ANY_BEGIN = /<!-- herdmind: begin\b[^\n]*-->/g;
const ANY_END = /<!-- herdmind: end\b[^\n]*-->/g;

export const marked = (words: string): string => `${BEGIN}\n${words}\n${END}\n`;

/** Where our block stands, with its marks and the end of its line. */
const blockIn = (
  text: string,
):
  | { readonly ok: true; readonly at: { readonly from: number; readonly to: number } | undefined }
  | ReturnType<typeof fault> => {
  const begins = [...text.matchAll(ANY_BEGIN)];
  const ends = [...text.matchAll(ANY_END)];
  const [begin, end] = [begins[0], ends[0]];
  if (begin === undefined && end === undefined) return { ok: true, at: undefined };
  if (begin === undefined || end === undefined || begins.length > 1 || ends.length > 1 || end.index < begin.index)
    return fault(
      "the marks of herdmind's words are damaged: remove the words and their marks by hand",
      lineOf(text, (begin ?? end)?.index ?? 0),
    );
  const to = end.index + end[0].length;
  return { ok: true, at: { from: begin.index, to: to + (/^\r?\n/.exec(text.slice(to))?.[0].length ?? 0) } };
};

export const putBlock = (text: string, words: string, chunk?: Chunk): Edited => {
  const found = blockIn(text);
  if (!found.ok) return found;
  const eol = eolOf(text);
  const block = marked(words).replaceAll("\n", eol);
  if (found.at === undefined) {
    const inserted = `${text === "" ? "" : text.endsWith("\n") ? eol : eol + eol}${block}`;
    return { ok: true, text: text + inserted, chunk: { text: inserted } };
  }
  const { from, to } = found.at;
  const old = text.slice(from, to);
  if (old.trimEnd() === block.trimEnd())
    return { ok: true, text, isSame: true, ...(chunk === undefined ? {} : { chunk }) };
  const next = chunk?.text.endsWith(old) === true ? { text: chunk.text.slice(0, -old.length) + block } : undefined;
  return {
    ok: true,
    text: text.slice(0, from) + block + text.slice(to),
    ...(next === undefined ? {} : { chunk: next }),
  };
};

export const takeBlock = (text: string, chunk?: Chunk): Edited => {
  const found = blockIn(text);
  if (!found.ok) return found;
  if (found.at === undefined) return { ok: true, text, isSame: true };
  const at = placeOf(text, chunk);
  if (at !== undefined) return { ok: true, text: without(text, at, (chunk as Chunk).text.length) };
  return { ok: true, text: without(text, found.at.from, found.at.to - found.at.from) };
};

/** A file that is ours alone. `mark` stands in every version of it, and in nobody else's file of that name. */
export const putFile = (text: string | undefined, whole: string, mark: string): Edited => {
  if (text === whole) return { ok: true, text, isSame: true };
  if (text !== undefined && text.trim() !== "" && !text.includes(mark))
    return fault("a file of this name is there already, and it is not herdmind's");
  return { ok: true, text: whole, chunk: { text: whole } };
};

export const takeFile = (text: string | undefined, whole: string, mark: string, chunk?: Chunk): Edited => {
  if (text === undefined || !text.includes(mark)) return { ok: true, text, isSame: true };
  if (text === whole || text === chunk?.text) return { ok: true, text: undefined };
  return fault("it was changed since herdmind wrote it: remove it by hand if you do not need it");
};
