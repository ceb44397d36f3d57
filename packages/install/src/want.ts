/** What an assistant's files are to hold, whichever their formats: each want is one edit of one file, and can be taken back. */
import type { Chunk, Edited, Fault } from "./edit.js";
import { type JsonData, type JsonWant, putJson, takeJson } from "./json-edit.js";
import { childrenOf, nodeAt, parseJson } from "./json-text.js";
import { putBlock, putFile, takeBlock, takeFile } from "./text-edit.js";
import { putToml, type TomlWant, takeToml } from "./toml-edit.js";

/** `server`: starts `herdmind mcp`. `hooks`: asks when something fails. `rules`: teaches when to ask. */
export type WantKind = "server" | "hooks" | "rules";

export type Want = { readonly file: string; readonly what: WantKind } & (
  | ({ readonly as: "json" } & JsonWant)
  /** A member that the format demands, such as its version: set where there is none, and gone with the last of what it is for. */
  | { readonly as: "default"; readonly name: string; readonly value: JsonData }
  | ({ readonly as: "toml" } & TomlWant)
  | { readonly as: "block"; readonly words: string }
  | { readonly as: "file"; readonly whole: string; readonly mark: string }
);

/** Names a want within its file, the same in every version. */
export const keyOf = (want: Want): string => {
  switch (want.as) {
    case "json":
      return `json ${want.path.join("/")}`;
    case "default":
      return `json ${want.name}`;
    case "toml":
      return `toml ${want.table.join(".")}`;
    default:
      return want.as;
  }
};

export const put = (text: string | undefined, want: Want, chunk?: Chunk): Edited => {
  const there = text ?? "";
  switch (want.as) {
    case "json":
      return putJson(there, want, chunk);
    case "default": {
      const read = parseJson(there);
      if (!read.ok) return read;
      if (nodeAt(read.root, [want.name]) !== undefined)
        return { ok: true, text: there, isSame: true, ...(chunk === undefined ? {} : { chunk }) };
      return putJson(there, { path: [want.name], value: want.value }, chunk);
    }
    case "toml":
      return putToml(there, want, chunk);
    case "block":
      return putBlock(there, want.words, chunk);
    case "file":
      return putFile(text, want.whole, want.mark);
  }
};

export const take = (text: string | undefined, want: Want, chunk?: Chunk): Edited => {
  if (text === undefined) return { ok: true, text, isSame: true };
  switch (want.as) {
    case "json":
      return takeJson(text, want, chunk);
    case "default": {
      const read = parseJson(text);
      if (!read.ok) return read;
      const isAlone = read.root !== undefined && childrenOf(read.root).every(({ name }) => name === want.name);
      if (chunk === undefined || !isAlone) return { ok: true, text, isSame: true };
      return takeJson(text, { path: [want.name], value: want.value }, chunk);
    }
    case "toml":
      return takeToml(text, want, chunk);
    case "block":
      return takeBlock(text, chunk);
    case "file":
      return takeFile(text, want.whole, want.mark, chunk);
  }
};

/** `absent`: nothing of it is there; `other`: it is there, and would be changed. */
export const stateOf = (text: string | undefined, want: Want): "present" | "other" | "absent" | Fault => {
  const edited = put(text, want);
  if (!edited.ok) return edited;
  if (edited.isSame === true) return "present";
  const taken = take(text, want);
  return taken.ok && taken.isSame === true ? "absent" : "other";
};
