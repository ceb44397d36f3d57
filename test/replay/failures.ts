/** Failures with their known remedy, one JSON object a line: what a replay runs on. */

/** A build that broke when one dependency was updated. The remedy is to go back to `change.previousVersion`. */
export interface Failure {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly log: string;
  readonly change: Change;
}

export interface Change {
  readonly groupId: string;
  readonly artifactId: string;
  readonly previousVersion: string;
  readonly newVersion: string;
}

/** Two failures are the same problem when these are equal. */
export const groupOf = ({ groupId, artifactId, newVersion }: Change): string =>
  JSON.stringify([groupId, artifactId, newVersion]);

const CHANGE_FIELDS = ["groupId", "artifactId", "previousVersion", "newVersion"] as const;

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isFilled = (value: unknown): value is string => typeof value === "string" && value.trim() !== "";

const readFailure = (text: string, line: number): Failure => {
  const wrong = (what: string): never => {
    throw new Error(`line ${line}: ${what}`);
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return wrong(`not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  if (!isObject(value)) return wrong("not a JSON object");
  const { log, change } = value;
  // A build can fail without a word; then its facts are all there is.
  if (typeof log !== "string") return wrong('"log" is not a text');
  if (!isObject(change)) return wrong('"change" is not an object');
  const missing = CHANGE_FIELDS.find((name) => !isFilled(change[name]));
  if (missing !== undefined) return wrong(`"change.${missing}" is not a text, or empty`);
  const { groupId, artifactId, previousVersion, newVersion } = change as unknown as Change;
  return { line, log, change: { groupId, artifactId, previousVersion, newVersion } };
};

/** All failures of a file's text, in its order; other members of a line are not looked at. Throws an error that names the line. */
export const readFailures = (text: string): readonly Failure[] => {
  const failures = text
    .replace(/^\ufeff/, "")
    .split("\n")
    .flatMap((line, i) => (line.trim() === "" ? [] : [readFailure(line, i + 1)]));
  if (failures.length === 0) throw new Error("there is no failure in it");
  return failures;
};
