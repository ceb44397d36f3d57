/**
 * A remedy that is a command, in the machine-readable part of a mitigation (`mitigation.data`), as one of
 *
 * - `{ "command": ["npm", "ci"] }`: a program and its arguments, run without a shell;
 * - `{ "shell": "rm -rf node_modules && npm ci" }`: a line for `/bin/sh`.
 *
 * Other members beside it are ignored. It is a claim of somebody else: a person sees it whole before it is run, so what cannot be shown on
 * one line as it is, is no remedy that could be offered.
 */

export interface RemedyCommand {
  readonly words: readonly string[];
  /** What a person is shown, and nothing else is run. */
  readonly shown: string;
}

/** What is longer nobody reads to its end. */
const MAX_SHOWN = 300;

const PLAIN = /^[\w@%+=:,./-]+$/;
const quoted = (word: string): string => (PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

// Letters, marks, numbers, punctuation, symbols and spaces that are seen; a variation selector or a direction is none of them.
const SEEN = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u;
const UNSEEN = /\p{Default_Ignorable_Code_Point}/u;

/** Words as a shell would be given them. */
export const shownCommand = (words: readonly string[]): string => words.map(quoted).join(" ");

const offered = (words: readonly string[], shown: string): RemedyCommand | undefined =>
  shown.length <= MAX_SHOWN && SEEN.test(shown) && !UNSEEN.test(shown) && shown.trim() !== ""
    ? { words, shown }
    : undefined;

export const remedyCommand = (data: unknown): RemedyCommand | undefined => {
  if (typeof data !== "object" || data === null) return undefined;
  const { command, shell } = data as { readonly command?: unknown; readonly shell?: unknown };
  if (Array.isArray(command) && command.length > 0 && command.every((word) => typeof word === "string")) {
    return command[0] === "" ? undefined : offered(command, shownCommand(command));
  }
  return typeof shell === "string" ? offered(["/bin/sh", "-c", shell], shell) : undefined;
};

/** What is reported of what solved it: a text, or after `$ ` a command, in the shape that is offered to others. */
export const mitigationOf = (
  text: string,
): { readonly text: string; readonly data?: { readonly command: readonly string[] } | { readonly shell: string } } => {
  const trimmed = text.trim();
  if (!trimmed.startsWith("$ ")) return { text: trimmed };
  const line = trimmed.slice(2).trim();
  const words = line.split(/\s+/);
  const isPlain = words.every((word) => PLAIN.test(word)) && !/^\w+=/.test(line);
  return { text: `Run: ${line}`, data: isPlain ? { command: words } : { shell: line } };
};
