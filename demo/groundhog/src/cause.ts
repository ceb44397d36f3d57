/** What a root cause is to the workshop. The causes themselves stand in `causes-*.ts`, the table in `causes.ts`. */
import type { Names } from "./names.js";
import type { Site } from "./site.js";

export interface Cause {
  /** For tables and tests. No program, file or output carries it. */
  readonly name: string;
  /** What its own failure prints; tests tell it by this from an accident of the harness. */
  readonly symptom: RegExp;
  /** Draws the names and numbers of one task; the returned function sets the task up for a run, as often as asked. */
  readonly invent: (names: Names) => (site: Site) => Promise<Setup>;
}

export interface Setup {
  /** Program and arguments. `NODE` stands for the Node that runs the demo. */
  readonly command: readonly string[];
  /** Added to the clean environment of a run. */
  readonly env?: Readonly<Record<string, string>>;
  /** Absolute; the site's directory unless given. */
  readonly cwd?: string;
  /** Text that the program prints only when it has done its work. Exit code 0 without it is a failure. */
  readonly proof: string;
}

export const NODE = process.execPath;

/** Lines to a source text. */
export const source = (...lines: readonly string[]): string => `${lines.join("\n")}\n`;
