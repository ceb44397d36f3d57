/** From flags to a problem: the same flags name the same problem for `report` and for `recall`. */
import type { JsonObject, JsonValue } from "@herdmind/protocol";
import { type Failure, wrongUsage } from "./exit-codes.js";
import type { Io } from "./io.js";
import { isFailure, readOutput } from "./standard-input.js";

export interface ProblemFlags {
  readonly type?: string;
  readonly error?: string;
  readonly name?: string;
  readonly code?: string;
  readonly outputFile?: string;
  readonly text?: string;
  readonly api?: string;
  readonly purpose?: string;
  readonly domain?: string;
  readonly approach?: string;
  readonly fact?: readonly string[];
}

/** `KEY=VALUE` is a text; `KEY:=VALUE` is a number, `true` or `false`, as JSON spells them. */
export const readFacts = (facts: readonly string[] = []): { readonly [name: string]: JsonValue } | Failure => {
  const read: [string, JsonValue][] = [];
  for (const fact of facts) {
    const at = fact.indexOf("=");
    if (at < 1) return wrongUsage(`--fact "${fact}" is not KEY=VALUE.`);
    const typed = fact[at - 1] === ":";
    const key = fact.slice(0, typed ? at - 1 : at).trim();
    const text = fact.slice(at + 1);
    if (key === "") return wrongUsage(`--fact "${fact}" has no name before "=".`);
    if (typed && !/^(true|false|-?\d+(\.\d+)?([eE][+-]?\d+)?)$/.test(text)) {
      return wrongUsage(`--fact "${fact}": after ":=" stands a number, true or false.`);
    }
    read.push([key, typed ? (JSON.parse(text) as JsonValue) : text]);
  }
  return Object.fromEntries(read);
};

/** `undefined` when no flag names a problem. */
export const readProblem = async (io: Io, flags: ProblemFlags): Promise<JsonObject | Failure | undefined> => {
  const { error, name, code, outputFile, text, api, purpose, domain, approach } = flags;
  const facts = readFacts(flags.fact);
  if (isFailure(facts)) return facts;
  const output = outputFile === undefined ? undefined : await readOutput(io, outputFile);
  if (isFailure(output)) return output;
  if (error === undefined && (name !== undefined || code !== undefined)) {
    return wrongUsage("--name and --code belong to an error: give its message with --error.");
  }
  const thrown = error === undefined ? undefined : { message: error, name, code, output };
  // The output of a tool alone is a text; with the message of an error it is that error's output.
  const shown = text ?? (error === undefined ? output : undefined);
  const given = defined({
    error: thrown === undefined ? undefined : defined(thrown),
    text: shown,
    api,
    purpose,
    domain,
    approach,
  });
  if (Object.keys(given).length === 0) return undefined;
  if (error === undefined && text !== undefined && output !== undefined) {
    return wrongUsage(
      "--text and --output-file both describe the problem: give --error beside --output-file, or one of them.",
    );
  }
  return { ...given, ...(Object.keys(facts).length === 0 ? {} : { facts }) };
};

const defined = (values: { readonly [name: string]: JsonValue | undefined }): JsonObject =>
  Object.fromEntries(Object.entries(values).filter((pair): pair is [string, JsonValue] => pair[1] !== undefined));
