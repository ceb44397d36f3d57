/** What a model is told when a tool fails: what the tool's owner wants it to know, and what the swarm knows about it. */
import { type Experience, type HerdmindKnown, type KnownOptions, knownAbout, problemOfError } from "@herdmind/wrap";

/** The SDK's `errorFunction`, as `tool()` takes it. */
export type ToolErrors = (
  context: object,
  error: unknown,
  details?: { readonly signal?: AbortSignal },
) => string | Promise<string>;

export interface RecallOptions extends Pick<KnownOptions, "budgetTokens" | "onUnreachable"> {
  /** What the model is told of the error itself; default: the SDK's own words, which say nothing of it. */
  readonly errorFunction?: ToolErrors;
  /** Told what was added to a failure's message. */
  readonly onKnown?: (known: HerdmindKnown, error: unknown) => void;
}

/** As the SDK says it by default: what went wrong may be none of a model's business. */
const sayNothing: ToolErrors = () => "An error occurred while running the tool. Please try again.";

/**
 * An `errorFunction` for `tool()`: the message of the failed tool, and behind it, as data (E4), what is known. In one run an entry is shown
 * once; a problem that comes again gets the next best ones.
 */
export const withRecall = (
  experience: Experience,
  { errorFunction = sayNothing, onKnown, ...options }: RecallOptions = {},
): ((...failure: Parameters<ToolErrors>) => Promise<string>) => {
  const shownIn = new WeakMap<object, string[]>();
  return async (context, error, details) => {
    const message = await errorFunction(context, error, details);
    const shown = shownIn.get(context) ?? [];
    const known = await knownAbout(
      experience,
      { problem: problemOfError(error) },
      { ...options, exclude: shown, signal: details?.signal },
    );
    if (known === undefined) return message;
    shownIn.set(context, [...shown, ...known.entries.map(({ id }) => id)]);
    onKnown?.(known, error);
    return `${message}\n\n${known.text}`;
  };
};
