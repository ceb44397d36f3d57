/** Ctrl-C: the first one asks everything to end cleanly, the second one forces it. */
import { rmSync } from "node:fs";
import { EXIT, type ExitCode } from "./exit-codes.js";

export interface Interrupt extends Disposable {
  /** Aborts at the first SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  /** 130 or 143 once interrupted. */
  readonly code: ExitCode | undefined;
  /** A file to remove even when the end is forced. */
  onForce(path: string): void;
}

export const catchInterrupts = (): Interrupt => {
  const controller = new AbortController();
  const files: string[] = [];
  let code: ExitCode | undefined;
  const caught = (name: NodeJS.Signals): void => {
    if (code !== undefined) {
      for (const file of files) rmSync(file, { force: true });
      process.exit(EXIT.interrupted);
    }
    code = name === "SIGINT" ? EXIT.interrupted : EXIT.terminated;
    controller.abort(new Error(`ended by ${name}`));
  };
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of names) process.on(name, caught);
  return {
    signal: controller.signal,
    get code() {
      return code;
    },
    onForce: (path) => files.push(path),
    [Symbol.dispose]: () => {
      for (const name of names) process.off(name, caught);
    },
  };
};
