/** A command that a person ran, and how it ended. */
import { boundedText, isFailure, plainText } from "@herdmind/shell";

export interface EndedCommand {
  /** Its words, as far as they are known: what program it is. */
  readonly words: readonly string[];
  /** What makes it the same command another time. */
  readonly key: readonly string[];
  readonly shown: string;
  readonly cwd: string;
  readonly code: number;
  readonly isInterrupted: boolean;
  /** What it said; `undefined` where that could not be seen. */
  readonly output: Uint8Array | undefined;
}

/** The problem that it shows, in its own words; `undefined` when it did not fail, or says nothing that could be looked for. */
export const problemText = ({ words, code, isInterrupted, output }: EndedCommand): string | undefined => {
  if (isInterrupted || output === undefined || !isFailure(words, code)) return undefined;
  const text = boundedText(plainText(output));
  return text === "" ? undefined : text;
};
