/** Which problem a signal is about, by its type, and which remedy it proposes. */
import {
  accept,
  type JsonValue,
  type Problem,
  type RemedyId,
  type Result,
  refuse,
  type Signal,
} from "@herdmind/protocol";
import { nameError } from "./error-name.js";
import {
  factsKey,
  fingerprintOf,
  type Identified,
  identified,
  type Named,
  remedyIdOf,
  titleOf,
} from "./fingerprint.js";
import { normaliseWords } from "./normalise-words.js";
import { searchTextOf } from "./search-text.js";

export interface Identity extends Identified {
  readonly remedyId: RemedyId;
}

/** Custom signal types and the fields that make their identity, as `view.signalTypes` holds them. */
export type SignalTypes = ReadonlyMap<string, readonly string[]>;

type Kind = "workaround" | "validation";
const FIELDS: { readonly [kind in Kind]: readonly [keyof Problem & string, keyof Problem & string] } = {
  workaround: ["api", "purpose"],
  validation: ["domain", "approach"],
};

const byFields = (kind: string, fields: readonly (readonly [string, string])[], problem: Problem): Named => {
  const values = fields.map(([, value]) => normaliseWords(value));
  const identity: JsonValue = kind in FIELDS ? values : fields.map(([name], i) => [name, values[i] as string]);
  return {
    fingerprint: fingerprintOf(kind, identity, problem.facts),
    title: () => titleOf(fields.map(([, value]) => value).join(": ")),
    search: () =>
      searchTextOf([...fields.map(([, value]) => value), ...(problem.text === undefined ? [] : [problem.text])]),
    causes: values,
    coordinates: () => [],
    isLong: false,
    isGuess: false,
  };
};

const isText = (value: unknown): value is string => typeof value === "string" && normaliseWords(value) !== "";

/** Identity of a problem as a signal of this type would have it. Refused (R1) when a field of its identity is missing. */
export const identifyProblem = (
  type: string,
  problem: Problem,
  customTypes: SignalTypes = new Map(),
): Result<Identified> => {
  const named = nameProblem(type, problem, customTypes);
  return named.ok ? accept(identified(named.value)) : named;
};

export const nameProblem = (type: string, problem: Problem, customTypes: SignalTypes): Result<Named> => {
  const missing = (fields: readonly string[]) =>
    refuse(
      "R1",
      "none",
      `A ${type} signal is identified by ${fields.join(" and ")}; give ${fields.length > 1 ? "all of them" : "it"} in its problem.`,
    );
  switch (type) {
    case "ERROR_RESOLVED": {
      const known = nameError(problem);
      // A failure without a word is what its facts are.
      return known.causes.some((cause) => cause !== "") || factsKey(problem.facts) !== ""
        ? accept(known)
        : missing(["error (a message or output) or text"]);
    }
    case "WORKAROUND_FOUND":
    case "VALIDATION_PASSED":
    case "VALIDATION_FAILED": {
      const kind = type === "WORKAROUND_FOUND" ? "workaround" : "validation";
      const fields = FIELDS[kind].map((name) => [name, problem[name]] as const);
      return fields.every((field): field is readonly [keyof Problem & string, string] => isText(field[1]))
        ? accept(byFields(kind, fields, problem))
        : missing(FIELDS[kind]);
    }
    default: {
      const names = customTypes.get(type);
      if (names === undefined) {
        return refuse(
          "R1",
          "none",
          `Signal type ${type} is not registered in canon; the orchestrator registers it with a signal-type record.`,
        );
      }
      const fields = names.map((name) => [name, problem.fields?.[name]] as const);
      return fields.every((field): field is readonly [string, string] => isText(field[1]))
        ? accept(byFields(type, fields, problem))
        : missing(names.map((name) => `fields.${name}`));
    }
  }
};

/** What a signal of this type is about: problems of two kinds are never the same. */
export const problemKind = (type: string): string => {
  switch (type) {
    case "ERROR_RESOLVED":
      return "error";
    case "WORKAROUND_FOUND":
      return "workaround";
    case "VALIDATION_PASSED":
    case "VALIDATION_FAILED":
      return "validation";
    default:
      return type;
  }
};

/** Problem and remedy of a signal. `customTypes`: the registered ones (`view.signalTypes`). */
export const identify = (
  signal: Pick<Signal, "type" | "problem" | "mitigation">,
  customTypes: SignalTypes = new Map(),
): Result<Identity> => {
  const known = identifyProblem(signal.type, signal.problem, customTypes);
  return known.ok ? accept({ ...known.value, remedyId: remedyIdOf(signal.mitigation) }) : known;
};
