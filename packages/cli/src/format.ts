/** What an export is written as, and an import read as. */
import { InvalidArgumentError } from "commander";

export type Format = "herdmind" | "cq";

export const format = (text: string): Format => {
  if (text === "herdmind" || text === "cq") return text;
  throw new InvalidArgumentError('It is "herdmind" (records with their provenance) or "cq" (knowledge units).');
};
