/** What a person saw of an output: without colours, with progress lines as they ended, and without what a full-screen program drew. */
import { stripVTControlCharacters } from "node:util";

/** Between these a program draws on a screen of its own, which is gone when it ends. */
const OTHER_SCREEN = /\u001b\[\?(?:1049|1047|47)h[\s\S]*?(?:\u001b\[\?(?:1049|1047|47)l|$)/g;
/**
 * Up to the string terminator: titles, links, marks of a shell. Node's own function leaves some of them. Of one without an end the beginning
 * goes: Node's looks for its end from each one to the end of the text, which took 5 s for 80 KiB of them.
 */
const COMMANDS = /\u001b[\]P_^X](?:[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c))?/g;
const CONTROLS = /[\u0000-\u0007\u000b\u000c\u000e-\u001f\u007f]/g;

/** What is left of a line after backspaces and carriage returns: a progress bar is its last state. */
const settle = (line: string): string => {
  const returned =
    line
      .replace(/\r+$/, "")
      .split("\r")
      .findLast((part) => part !== "") ?? "";
  if (!returned.includes("\b")) return returned;
  // Each takes one character back; man pages print bold as "x\bx".
  const kept: string[] = [];
  for (const char of returned) {
    if (char === "\b") kept.pop();
    else kept.push(char);
  }
  return kept.join("");
};

export const plainText = (bytes: Uint8Array): string =>
  stripVTControlCharacters(
    new TextDecoder().decode(bytes).replace(OTHER_SCREEN, "").replace(COMMANDS, "").replaceAll("\r\n", "\n"),
  )
    .split("\n")
    .map(settle)
    .join("\n")
    .replace(CONTROLS, "");

/** UTF-16 units that are asked with, and remembered: a node cuts a problem's text to as many. */
const MAX_TEXT = 8000;
const TEXT_HEAD = 2000;

/** A text of a bounded length, cut in its middle. */
export const boundedText = (text: string): string => {
  const trimmed = text.trim();
  if (trimmed.length <= MAX_TEXT) return trimmed;
  const mark = "\n[...]\n";
  return `${trimmed.slice(0, TEXT_HEAD)}${mark}${trimmed.slice(mark.length + TEXT_HEAD - MAX_TEXT)}`.toWellFormed();
};
