/** What has failed, in the messages that a model is about to read. */
import { cutLines, findCauses } from "@herdmind/experience";
import { type ToolOutput, textOfOutput } from "./prompt.js";

/**
 * How sure it must be that a line says why something failed. Below it stand the recognisers that take any line with "error" in it, and the
 * last line of a text where nothing was recognised.
 */
const SURE_STRENGTH = 60;

/** Whether a text holds a line that says why something failed: a typed error, a compiler's or a package manager's. */
export const saysWhy = (text: string): boolean =>
  findCauses(cutLines(text)).some(({ strength }) => strength >= SURE_STRENGTH);

/** The words of a tool's failure; `undefined`: it did not fail. */
export const failureIn = (output: ToolOutput): string | undefined => {
  switch (output.type) {
    case "error-text":
      return output.value;
    case "error-json":
      return wordsOf(output.value) ?? JSON.stringify(output.value);
    case "text":
      return saysWhy(output.value) ? output.value : undefined;
    case "json":
      return failureInJson(output.value);
    case "content": {
      const text = textOfOutput(output);
      return saysWhy(text) ? text : undefined;
    }
    default:
      return undefined;
  }
};

/** What tools answer that do not throw: how a process ended, `isError`, or an error beside no result. */
const failureInJson = (value: unknown): string | undefined => {
  if (typeof value === "string") return saysWhy(value) ? value : undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const {
    isError,
    success,
    ok,
    error,
    exitCode,
    exit_code: exitStatus,
  } = value as { readonly [name: string]: unknown };
  const ended = exitCode ?? exitStatus;
  const hasFailed =
    isError === true ||
    success === false ||
    ok === false ||
    (typeof ended === "number" && ended !== 0) ||
    (error !== undefined && error !== null && error !== false && error !== "");
  return hasFailed ? wordsOf(value) : undefined;
};

/** Members in which tools say what went wrong, in the order in which they are read. */
const MEMBERS = ["error", "message", "stderr", "output", "stdout", "content", "text"] as const;
/** Levels of members within members that are looked into. */
const MAX_DEPTH = 3;

const wordsOf = (value: unknown, depth = 0): string | undefined => {
  if (typeof value === "string") return value.trim() === "" ? undefined : value;
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return undefined;
  const parts = Array.isArray(value)
    ? value
    : MEMBERS.map((name) => (value as { readonly [name: string]: unknown })[name]);
  const words = parts.map((part) => wordsOf(part, depth + 1)).filter((part) => part !== undefined);
  return words.length === 0 ? undefined : words.join("\n");
};
