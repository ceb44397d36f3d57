/**
 * Marks between what a shell's commands write: where the output of one begins and ends. A shell prints them into its terminal as commands
 * that terminals do not know and pass over, so they stand in order with what the commands wrote, and what is shown is handed on unchanged.
 */
import { createExcerpt, type Excerpt } from "./excerpt.js";

/** The number of an operating system command that no terminal known to us uses. */
const NUMBER = 6973;
/** With a secret of the session, so that what a command prints is no mark; ends with a bell. */
const prefixOf = (secret: string): string => `\u001b]${NUMBER};${secret};`;
const MAX_MARK_BYTES = 128;
const BELL = 0x07;

export interface Marks {
  add(part: Uint8Array): void;
}

export interface MarkEvents {
  began(): void;
  /** The command of this name ended, and said this. */
  ended(name: string, output: Uint8Array): void;
}

export const createMarks = (secret: string, { began, ended }: MarkEvents): Marks => {
  const prefix = Buffer.from(prefixOf(secret));
  let rest: Buffer = Buffer.alloc(0);
  let running: Excerpt | undefined;

  const marked = (mark: string): void => {
    const [kind, name = ""] = mark.split(";");
    if (kind === "b") {
      running = createExcerpt();
      began();
    }
    if (kind !== "e") return;
    const output = running?.bytes() ?? new Uint8Array();
    running = undefined;
    ended(name, output);
  };

  /** Where a mark may begin whose end has not come yet. */
  const openEnd = (bytes: Buffer): number => {
    for (let at = Math.max(0, bytes.length - MAX_MARK_BYTES); at < bytes.length; at++) {
      const tail = bytes.subarray(at);
      const length = Math.min(tail.length, prefix.length);
      if (tail[0] === prefix[0] && tail.subarray(0, length).equals(prefix.subarray(0, length))) return at;
    }
    return bytes.length;
  };

  return {
    add: (part) => {
      let bytes = rest.length === 0 ? Buffer.from(part) : Buffer.concat([rest, part]);
      for (let at = bytes.indexOf(prefix); at >= 0; at = bytes.indexOf(prefix)) {
        const end = bytes.indexOf(BELL, at);
        if (end < 0) break;
        running?.add(bytes.subarray(0, at));
        marked(bytes.toString("latin1", at + prefix.length, end));
        bytes = bytes.subarray(end + 1);
      }
      const from = openEnd(bytes);
      running?.add(bytes.subarray(0, from));
      rest = Buffer.from(bytes.subarray(from));
    },
  };
};

/** What a shell prints: when a command begins, and with its name when it has ended. As `printf` of a shell spells them. */
export const printedMarks = (secret: string): { readonly begin: string; readonly end: string } => ({
  begin: `\\033]${NUMBER};${secret};b\\007`,
  end: `\\033]${NUMBER};${secret};e;%s\\007`,
});
