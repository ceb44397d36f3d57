/** What every command is given: where its data lies, where it writes, whether it may ask, and when to stop. */
import type { Logger } from "herdmind";
import type { Interrupt } from "./interrupt.js";
import type { Io } from "./io.js";
import type { Output } from "./output.js";

export interface Shell {
  readonly dir: string;
  readonly output: Output;
  readonly io: Io;
  readonly interrupt: Interrupt;
  readonly logger: Logger;
  /** A person is there to be asked: a terminal, not CI. */
  readonly interactive: boolean;
}

export const isInteractive = ({ stdin, stderr }: Io, env: NodeJS.ProcessEnv = process.env): boolean =>
  stdin.isTTY === true && stderr.isTTY === true && (env.CI ?? "") === "";

/** Warnings and errors of the node; what it tells besides is for its developers. */
export const createLogger =
  (output: Output): Logger =>
  ({ level, message }) => {
    if (level !== "info") output.warn(message);
  };

/** Both hear every line. */
export const bothLoggers =
  (one: Logger, other: Logger): Logger =>
  (line) => {
    one(line);
    other(line);
  };
