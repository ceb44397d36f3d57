/** `herdmind invite`, `inspect` and `stats`: what a person asks of a node. */
import type { Answers, VerbName } from "@herdmind/local/client";
import type { JsonObject } from "@herdmind/protocol";
import { parseDuration } from "./duration.js";
import { EXIT, type ExitCode, type Failure, refusedBy, wrongUsage } from "./exit-codes.js";
import type { Paint } from "./output.js";
import { ask } from "./reach.js";
import type { Shell } from "./shell.js";
import { aboutTicket, showStats } from "./show.js";
import { showInspected } from "./show-inspected.js";

const show = async <Name extends VerbName>(
  { dir, interrupt, logger, output }: Shell,
  verb: Name,
  input: JsonObject,
  lines: (paint: Paint, value: Answers[Name]) => readonly string[],
  document: (value: Answers[Name]) => unknown = (value) => value,
  asides: (value: Answers[Name]) => readonly string[] = () => [],
): Promise<ExitCode> => {
  const answer = await ask({ dir, signal: interrupt.signal, logger }, verb, input);
  if (!answer.ok) return output.fail("code" in answer ? (answer as Failure) : refusedBy(answer.rule, answer.message));
  const value = answer.value as Answers[Name];
  output.answer(document(value), (paint) => lines(paint, value));
  for (const line of asides(value)) output.aside(line);
  return EXIT.ok;
};

export interface InviteFlags {
  readonly role?: string;
  readonly expires?: string;
  readonly uses?: number;
}

export const invite = async (shell: Shell, { role, expires, uses }: InviteFlags): Promise<ExitCode> => {
  const lifetimeMs = expires === undefined ? undefined : parseDuration(expires);
  if (expires !== undefined && lifetimeMs === undefined) {
    return shell.output.fail(wrongUsage(`--expires "${expires}" is no duration: 90s, 15m, 12h, 7d or 2w.`));
  }
  const input = {
    ...(role === undefined ? {} : { role }),
    ...(lifetimeMs === undefined ? {} : { lifetimeMs }),
    ...(uses === undefined ? {} : { uses }),
  };
  return show(
    shell,
    "invite",
    input,
    (_, { ticket }) => [ticket],
    (answer) => answer,
    aboutTicket,
  );
};

/** Of one part, the document is that part alone. */
export const inspectNode = (shell: Shell, what: string | undefined): Promise<ExitCode> =>
  show(shell, "inspect", what === undefined ? {} : { what }, showInspected, (value) =>
    what === undefined ? value : (value as { readonly [name: string]: unknown })[what],
  );

export const stats = (shell: Shell): Promise<ExitCode> => show(shell, "stats", {}, showStats);
