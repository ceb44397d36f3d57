/** What flags take, checked while they are read, and how a help text shows examples. */
import { isPort } from "@herdmind/local/client";
import { InvalidArgumentError } from "commander";
import { oneLine } from "./printable.js";

export const wholeNumber =
  (what: string, least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`${what} is a whole number from ${least} to ${most}.`);
    return value;
  };

export const port = (text: string): number => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !isPort(value))
    throw new InvalidArgumentError("A port is a whole number from 0 (any free one) to 65535.");
  return value;
};

export const share = (text: string): number => {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1)) throw new InvalidArgumentError("It is a number from 0 to 1.");
  return value;
};

/** Names travel in credentials, which bound them. */
const MAX_NAME_BYTES = 200;
export const name = (text: string): string => {
  if (text.trim() === "" || Buffer.byteLength(text) > MAX_NAME_BYTES || oneLine(text) !== text)
    throw new InvalidArgumentError(`A name has 1 to ${MAX_NAME_BYTES} bytes, and no invisible characters.`);
  return text;
};

export const collect = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`;
