/** `herdmind replay`, `why` and `log`: what a swarm remembers. */
import type { Answers } from "@herdmind/local/client";
import { isEntryId, isFingerprint, type JsonObject } from "@herdmind/protocol";
import { EXIT, type ExitCode, type Failure, refusedBy, wrongUsage } from "./exit-codes.js";
import { parseMoment, parseTime, TIME_WORDS } from "./moment.js";
import { type ProblemFlags, readProblem } from "./problem-input.js";
import { ask } from "./reach.js";
import { reach } from "./reached.js";
import type { Shell } from "./shell.js";
import { showReplay, showTold, showWhy } from "./show-history.js";
import { isFailure } from "./standard-input.js";
import { writeLine } from "./write-line.js";

const failed = (shell: Shell, refused: { readonly rule: string; readonly message: string }): ExitCode =>
  shell.output.fail("code" in refused ? (refused as Failure) : refusedBy(refused.rule, refused.message));

export interface ReplayFlags extends ProblemFlags {
  readonly at?: string;
  readonly limit?: number;
  readonly minScore?: number;
  readonly anyFacts?: boolean;
  readonly similar?: string;
}

export const replay = async (shell: Shell, source: string | undefined, flags: ReplayFlags): Promise<ExitCode> => {
  const { output, dir, interrupt, logger } = shell;
  if (flags.at === undefined) return output.fail(wrongUsage("Name a moment: --at TIME or --at NUMBER."));
  const moment = parseMoment(flags.at, Date.now());
  if (moment === undefined)
    return output.fail(wrongUsage(`--at "${flags.at}" is neither a number of blocks nor ${TIME_WORDS}.`));
  if (source !== undefined && flags.error !== undefined)
    return output.fail(wrongUsage(`"${source}" and --error both describe the problem.`));
  const problem = await readProblem(shell.io, source === undefined ? flags : { ...flags, error: source });
  if (isFailure(problem)) return output.fail(problem);
  const { type, limit, minScore, anyFacts, similar } = flags;
  const how = { type, limit, minScore, anyFacts, similar };
  const given = Object.fromEntries(Object.entries(how).filter(([, value]) => value !== undefined)) as JsonObject;
  if (problem === undefined && Object.keys(given).length > 0)
    return output.fail(wrongUsage("There is nothing to look for: give the error's message, --text or --output-file."));
  const answer = await ask({ dir, signal: interrupt.signal, logger }, "replay", {
    ...moment,
    ...(problem === undefined ? {} : { query: { ...problem, ...given } }),
  });
  if (!answer.ok) return failed(shell, answer);
  const value = answer.value as Answers["replay"];
  output.answer(value, (paint) => showReplay(paint, value));
  return value.recall?.entries.length === 0 ? EXIT.unknown : EXIT.ok;
};

export const why = async (shell: Shell, given: string | undefined): Promise<ExitCode> => {
  const { output, dir, interrupt, logger } = shell;
  const id = given?.trim() ?? "";
  if (!isEntryId(id))
    return output.fail(
      wrongUsage(
        id === ""
          ? "Name an entry, or what a receipt named: herdmind why ID. Recall shows ids."
          : `"${id}" is no id: copy it whole from a recall or a receipt, 43 characters of A-Z, a-z, 0-9, - and _.`,
      ),
    );
  const answer = await ask({ dir, signal: interrupt.signal, logger }, "why", { id });
  if (!answer.ok) return failed(shell, answer);
  const value = answer.value as Answers["why"];
  output.answer(value, (paint) => showWhy(paint, value));
  return value.state === "unknown" ? EXIT.unknown : EXIT.ok;
};

export interface LogFlags {
  readonly canon?: boolean;
  readonly proposals?: boolean;
  readonly type?: string;
  readonly writer?: string;
  readonly author?: string;
  readonly since?: string;
  readonly until?: string;
  readonly entry?: string;
  readonly fingerprint?: string;
  readonly from?: number;
  readonly to?: number;
  readonly all?: boolean;
  readonly limit?: number;
  readonly newest?: boolean;
}

/** Shown of the newest where no limit is given: a screen or two. */
const DEFAULT_NEWEST = 50;

const logInput = (flags: LogFlags): JsonObject | Failure => {
  const { canon, proposals, type, author, writer = author, entry, fingerprint, from, to, all, limit, newest } = flags;
  if (canon === true && proposals === true)
    return wrongUsage("--canon shows canon only, --proposals the agents' records only: leave both out to see both.");
  if (entry !== undefined && !isEntryId(entry)) return wrongUsage(`--entry "${entry}" is not the id of an entry.`);
  if (fingerprint !== undefined && !isFingerprint(fingerprint))
    return wrongUsage(`--fingerprint "${fingerprint}" is no fingerprint: f1_ and 32 characters, as why shows it.`);
  const now = Date.now();
  const times: { [name: string]: number } = {};
  for (const name of ["since", "until"] as const) {
    const text = flags[name];
    if (text === undefined) continue;
    const time = parseTime(text, now);
    if (time === undefined) return wrongUsage(`--${name} "${text}" is not ${TIME_WORDS}.`);
    times[name] = time;
  }
  const input = {
    kind: canon === true ? "canon" : proposals === true ? "proposal" : undefined,
    type,
    writer,
    ...times,
    entry,
    fingerprint,
    from,
    to,
    all,
    limit: limit ?? (newest === true ? DEFAULT_NEWEST : undefined),
    newestFirst: newest,
  };
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as JsonObject;
};

export const log = async (shell: Shell, flags: LogFlags): Promise<ExitCode> => {
  const { output, dir, interrupt, logger, io } = shell;
  const input = logInput(flags);
  if (isFailure(input)) return output.fail(input);
  const done = await reach({ dir, signal: interrupt.signal, logger }, { connects: false }, async (reached) => {
    const stream = await reached.stream("log", input);
    if (!stream.ok) return stream;
    let isWhole = false;
    for await (const line of stream.lines) {
      if (line.ok === false) return { ok: false, rule: String(line.rule), message: String(line.message) } as const;
      if (line.herdmind === "end") isWhole = true;
      for (const text of output.json ? [JSON.stringify(line)] : showTold(output.paint, line))
        await writeLine(io.stdout, text, interrupt.signal);
    }
    return isWhole
      ? ({ ok: true } as const)
      : ({
          ok: false,
          rule: "unavailable",
          message: "The node ended before it had said everything. Ask again.",
        } as const);
  });
  return done.ok ? EXIT.ok : failed(shell, done);
};
