/** Signals that reach us and are meant for the command. */
import { constants } from "node:os";

export const codeOf = (code: number | null, signal: NodeJS.Signals | null): number =>
  code ?? 128 + (signal === null ? 0 : constants.signals[signal]);

export const INTERRUPTS: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP"];

/** Takes these signals instead of ending by them, until it is disposed. */
export const catchSignals = (names: readonly NodeJS.Signals[], caught: (name: NodeJS.Signals) => void): Disposable => {
  for (const name of names) process.on(name, caught);
  return {
    [Symbol.dispose]: () => {
      for (const name of names) process.off(name, caught);
    },
  };
};
