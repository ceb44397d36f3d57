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
  const shownIn = new WeakMap<object, { readonly ids: Set<string>; turn: Promise<unknown> }>();
  return async (context, error, details) => {
    const message = await errorFunction(context, error, details);
    const shown = shownIn.get(context) ?? { ids: new Set(), turn: Promise.resolve() };
    shownIn.set(context, shown);
    // In turn: tools that a model calls together fail together, and what one of them shows the next one need not.
    const recalling = shown.turn.then(async () => {
      const problem = problemOfError(error);
      const asking = { ...options, exclude: [...shown.ids], signal: details?.signal };
      const found = await knownAbout(experience, { problem }, asking);
      for (const { id } of found?.entries ?? []) shown.ids.add(id);
      return found;
    });
    shown.turn = recalling.catch(() => undefined);
    const known = await recalling;
    if (known === undefined) return message;
    onKnown?.(known, error);
    return `${message}\n\n${known.text}`;
  };
};
