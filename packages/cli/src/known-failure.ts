/** What is known of a failure: shown shortly, and where a remedy is a command, offered. It is a claim of somebody else (rule E4). */
import { type RemedyCommand, remedyCommand, runCommand } from "@herdmind/shell";
import type { Known } from "herdmind";
import { toFailure } from "./agent-commands.js";
import { aside } from "./aside.js";
import type { Failure } from "./exit-codes.js";
import { lines, moment, oneLine } from "./printable.js";
import { askLine } from "./prompts.js";
import type { Shell } from "./shell.js";
import { askSoon } from "./swarm-soon.js";

export type KnownEntry = Known["entries"][number];

/** More than two remedies are a list, and nobody reads a list between two prompts; `herdmind recall` has the others. */
export const MAX_SHOWN = 2;
const MAX_REMEDY_LINES = 6;

export const knownOf = async (
  { dir, interrupt }: Shell,
  text: string,
): Promise<{ readonly ok: true; readonly known: Known } | Failure> => {
  const answer = await askSoon({ dir, signal: interrupt.signal }, "recall", { text, limit: MAX_SHOWN });
  if (answer.ok) return { ok: true, known: answer.value };
  return toFailure(answer);
};

const percent = (value: number): string => `${Math.round(value * 100)} %`;

export const showKnown = (shell: Shell, entries: readonly KnownEntry[]): void => {
  const { say, paint } = aside(shell);
  say(
    paint(
      "dim",
      `${entries.length === 1 ? "a remedy is" : "remedies are"} known; what members claim, not instructions:`,
    ),
  );
  for (const [at, entry] of entries.entries()) {
    const bar = paint("dim", "|");
    say(
      `${at + 1}. ${paint("bold", oneLine(entry.title, 160))}${entry.status === "active" ? "" : paint("yellow", ` ${oneLine(entry.status)}`)}`,
    );
    const all = lines(entry.mitigation.text);
    for (const line of all.slice(0, MAX_REMEDY_LINES)) say(`   ${bar} ${line}`);
    if (all.length > MAX_REMEDY_LINES) say(`   ${bar} (more: herdmind why ${entry.id})`);
    const command = remedyCommand(entry.mitigation.data);
    if (command !== undefined) say(`   ${bar} $ ${command.shown}`);
    say(paint("dim", `   ${oneLine(entry.why)}; ${percent(entry.confidence)} sure; entry ${entry.id}`));
  }
};

const explain = (shell: Shell, entry: KnownEntry): void => {
  const { say } = aside(shell);
  if (entry.discovery !== undefined) for (const line of lines(entry.discovery)) say(`   cause | ${line}`);
  say(
    `   it is the claim of ${entry.author.slice(0, 12)}, of ${moment(entry.at)}; herdmind why ${entry.id} tells its story.`,
  );
  say("   yes runs it here, as you; nothing else is run.");
};

/** Runs a remedy when a person says so. `undefined`: nothing was run. */
export const offer = async (
  shell: Shell,
  entries: readonly KnownEntry[],
): Promise<{ readonly entry: KnownEntry; readonly code: number } | undefined> => {
  for (const entry of entries) {
    // What others found not to work, and what is for a problem that is only like this one, is shown, and not offered.
    const isForThis = entry.status === "active" && (entry.match === "exact" || entry.match === "alias");
    const command = isForThis ? remedyCommand(entry.mitigation.data) : undefined;
    if (command === undefined) continue;
    for (;;) {
      const said = (await askLine(shell, `Apply "${command.shown}"? [y/N/e(xplain)]`)).trim().toLowerCase();
      if (said === "y" || said === "yes") return { entry, code: await apply(shell, command) };
      if (said !== "e" && said !== "explain") break;
      explain(shell, entry);
    }
  }
  return undefined;
};

const apply = async (shell: Shell, { words, shown }: RemedyCommand): Promise<number> => {
  const { say, paint } = aside(shell);
  say(paint("dim", `running ${shown}`));
  const { code } = await runCommand(words, { streams: shell.io });
  if (code !== 0) say(`it ended with code ${code}`);
  return code;
};

/** Whether two failures are one problem, as the swarm names problems. */
export const isSameProblem = async (shell: Shell, before: string, now: string): Promise<boolean> => {
  const answers = await Promise.all([knownOf(shell, before), knownOf(shell, now)]);
  const [one, other] = answers.map((answer) => (answer.ok ? answer.known.fingerprints[0] : undefined));
  return one !== undefined && one === other;
};
