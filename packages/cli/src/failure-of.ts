/** What the library throws as a refusal, as a failure of a command. Anything else is a bug and goes on. */
import { isHerdmindError } from "herdmind";
import { type Failure, refusedBy } from "./exit-codes.js";

export const failureOf = (error: unknown): Failure => {
  if (isHerdmindError(error)) return refusedBy(error.refusal.rule, error.refusal.message);
  throw error;
};
