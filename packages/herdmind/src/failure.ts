/** An error for calls that throw: it carries the refusal with its rule id. */
import type { Refusal, Refused } from "@herdmind/protocol";

export interface HerdmindError extends Error {
  readonly refusal: Refusal;
}

export const refusalError = (refused: Refused): HerdmindError => {
  const { refusal } = refused;
  return Object.assign(new Error(`${refusal.rule}: ${refusal.message}`), { name: "HerdmindError", refusal });
};

export const isHerdmindError = (error: unknown): error is HerdmindError =>
  error instanceof Error && error.name === "HerdmindError" && "refusal" in error;
