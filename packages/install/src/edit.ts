/**
 * An edit of one configuration file: what is wanted in it, and what was put there. Every format (JSON with comments, TOML, Markdown, a file of
 * our own) has the same three operations on texts; nothing here touches a disk.
 */

/** Why a file is left as it is: where, and what a person can do about it. */
export interface Fault {
  readonly ok: false;
  /** Counted from 1; `undefined` where it is about the whole file. */
  readonly line: number | undefined;
  readonly reason: string;
}

/**
 * One text that was inserted, all in one place. As long as it still stands there as it was written, taking it out again gives back every
 * byte that was there before.
 */
export interface Chunk {
  readonly text: string;
  /** JSON: the outermost member that came with it, such as `["mcpServers"]` where the file had none. */
  readonly top?: readonly string[];
}

export type Edited =
  | {
      readonly ok: true;
      /** `undefined`: nothing is left, and the file goes. */
      readonly text: string | undefined;
      /** What was inserted, for the day it is taken away. */
      readonly chunk?: Chunk;
      /** Is there already, as it is wanted; `text` is unchanged. */
      readonly isSame?: boolean;
    }
  | Fault;

/** How a file's lines end; a new file has `\n`. */
export const eolOf = (text: string): "\n" | "\r\n" => {
  const all = text.split("\n").length - 1;
  return all > 0 && text.split("\r\n").length - 1 > all / 2 ? "\r\n" : "\n";
};

export const lineOf = (text: string, offset: number): number => text.slice(0, offset).split("\n").length;

export const fault = (reason: string, line?: number): Fault => ({ ok: false, line, reason });

/** Where a chunk stands, if it does so once: twice, nobody could say which of them is ours. */
export const placeOf = (text: string, chunk: Chunk | undefined): number | undefined => {
  if (chunk === undefined || chunk.text === "") return undefined;
  const at = text.indexOf(chunk.text);
  return at >= 0 && text.indexOf(chunk.text, at + 1) < 0 ? at : undefined;
};

export const without = (text: string, at: number, length: number): string =>
  text.slice(0, at) + text.slice(at + length);
