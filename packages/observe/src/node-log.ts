/** The log of a process that serves a node: levels, bounds, and where it goes. */
import type { Logger } from "herdmind";
import { createLogBrake } from "./log-brake.js";
import { openLogFile } from "./log-file.js";
import { formatLine, isLogged, logLevelOf } from "./log-lines.js";

export interface NodeLog extends Disposable {
  readonly log: Logger;
}

export interface NodeLogOptions {
  /** The file; the one before it is `PATH.1`. */
  readonly path: string;
  /** For `HERDMIND_LOG_LEVEL`; default: this process's. */
  readonly env?: { readonly [name: string]: string | undefined };
  /** Milliseconds since 1970; default `Date.now`. */
  readonly now?: () => number;
  /** Default: 4 MiB. */
  readonly maxBytes?: number;
}

export const createNodeLog = ({ path, env = process.env, now = Date.now, maxBytes }: NodeLogOptions): NodeLog => {
  const { level, unknown } = logLevelOf(env);
  const file = openLogFile(path, maxBytes === undefined ? {} : { maxBytes });
  const write: Logger = (line) => {
    if (isLogged(line.level, level)) file.write(formatLine(line, { now: now(), pid: process.pid }));
  };
  if (unknown !== undefined)
    write({
      level: "warn",
      event: "log.level",
      message: `HERDMIND_LOG_LEVEL "${unknown}" is none of debug, info, warn, error, silent: info is taken`,
    });
  // Lines below the level do not count against what is let through.
  const brake = createLogBrake(write, now);
  return {
    log: (line) => {
      if (isLogged(line.level, level)) brake.log(line);
    },
    [Symbol.dispose]: () => {
      brake.end();
      file[Symbol.dispose]();
    },
  };
};
