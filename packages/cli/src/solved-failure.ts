/** A command that failed before works now: what solved it is asked for, and reported when a person says so, or with `--report`. */

import type { JsonObject } from "@herdmind/protocol";
import { type Changes, changesSince, mitigationOf, type Remembered, summaryOf } from "@herdmind/shell";
import { toFailure } from "./agent-commands.js";
import { aside } from "./aside.js";
import type { EndedCommand } from "./ended-command.js";
import { oneLine } from "./printable.js";
import { askLine } from "./prompts.js";
import type { Shell } from "./shell.js";
import { askSoon } from "./swarm-soon.js";

export interface Telling {
  /** What solved it, from the command line. */
  readonly report?: string;
  readonly as?: string;
}

/** Lines of a difference that are shown; a report carries more of it. */
const MAX_DIFF_LINES = 16;

const ago = (ms: number): string =>
  ms < 90_000
    ? `${Math.round(ms / 1000)} s`
    : ms < 5_400_000
      ? `${Math.round(ms / 60_000)} min`
      : `${Math.round(ms / 3_600_000)} h`;

/** Answers the id of what was reported. */
export const tellSolved = async (
  shell: Shell,
  ended: EndedCommand,
  failure: Remembered,
  { report, as }: Telling,
): Promise<string | undefined> => {
  const { say, paint } = aside(shell);
  if (report === undefined && !shell.interactive) return undefined;
  say(`${oneLine(ended.shown, 120)} failed ${ago(Date.now() - failure.at)} ago, and works now.`);
  if (report === undefined && (await confirmShown(shell, failure, as))) return undefined;
  const changes = failure.snapshot === undefined ? undefined : await changesSince(failure.snapshot);
  const { redact } = await import("herdmind");
  const clean = (await redact({ summary: changes === undefined ? "" : summaryOf(changes), diff: changes?.diff ?? "" }))
    .value;
  if (changes !== undefined && report === undefined) {
    say(clean.summary);
    const all = clean.diff.split("\n").filter((line) => /^(?:@@|[+-](?!\+\+|--))/.test(line));
    for (const line of all.slice(0, MAX_DIFF_LINES)) say(`   ${paint("dim", "|")} ${oneLine(line, 160)}`);
    if (all.length > MAX_DIFF_LINES) say(paint("dim", `   ${all.length - MAX_DIFF_LINES} more lines`));
  }
  const solved = report ?? (await askSolved(shell, clean.summary));
  if (solved === undefined) return undefined;
  const answer = await askSoon({ dir: shell.dir, signal: shell.interrupt.signal }, "report", {
    text: failure.text,
    mitigation: mitigationOf(solved) as JsonObject,
    ...(changes === undefined ? {} : { context: contextOf(changes, clean.diff) }),
    ...(as === undefined ? {} : { as }),
  });
  if (!answer.ok) {
    shell.output.fail(toFailure(answer));
    return undefined;
  }
  const replaced = answer.value.redactions.length;
  say(`reported ${answer.value.id}${replaced === 0 ? "" : `; ${replaced} secrets were replaced before it was signed`}`);
  return answer.value.id;
};

const contextOf = ({ files, more }: Changes, diff: string): JsonObject => ({
  changed: files.map(({ path, added, removed }) => ({ path, added: added ?? null, removed: removed ?? null })),
  ...(more === 0 ? {} : { moreFiles: more }),
  diff,
});

/** What was known may be what solved it: then the swarm hears that it worked, and not a second story of the same. */
const confirmShown = async (shell: Shell, { shown }: Remembered, as: string | undefined): Promise<boolean> => {
  const { say } = aside(shell);
  for (const { id, text } of shown) {
    const said = (await askLine(shell, `Was it "${oneLine(text, 120)}"? [y/N]`)).trim().toLowerCase();
    if (said !== "y" && said !== "yes") continue;
    const answer = await tellOutcome(shell, id, true, as);
    if (answer) say("told the swarm that it worked");
    return true;
  }
  return false;
};

export const tellOutcome = async (
  shell: Shell,
  entry: string,
  success: boolean,
  as: string | undefined,
): Promise<boolean> => {
  const answer = await askSoon({ dir: shell.dir, signal: shell.interrupt.signal }, "outcome", {
    entry,
    success,
    ...(as === undefined ? {} : { as }),
  });
  if (!answer.ok) shell.output.fail(toFailure(answer));
  return answer.ok;
};

const askSolved = async (shell: Shell, summary: string): Promise<string | undefined> => {
  if (summary !== "") {
    const said = (await askLine(shell, "Tell the swarm that this solved it? [y/N/e(dit)]")).trim().toLowerCase();
    if (said === "y" || said === "yes") return summary;
    if (said !== "e" && said !== "edit") return undefined;
  }
  const text = await askLine(shell, 'What solved it ("$ COMMAND" for a command; empty: nothing is reported)', summary);
  return text.trim() === "" ? undefined : text;
};
