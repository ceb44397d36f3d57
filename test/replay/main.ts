/** `npm run replay`: streams real failures through real agent processes and counts who was immune, and who wrongly. `--help`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { quantile } from "../bench/frame/figures.ts";
import { openWorkshop } from "../bench/frame/processes.ts";
import { type Failure, readFailures } from "./failures.ts";
import { type Mode, type Replayed, replay } from "./replay.ts";
import { curveOf, type Point, scoreOf } from "./score.ts";

const HELP = `Replay: streams failures through a swarm of agent processes, in the order of a file.

  npm run replay -- --input FILE.jsonl [options]

  --input FILE   failures, one JSON object a line: log, change { groupId, artifactId, previousVersion, newVersion }
  --with-facts   groupId, artifactId and newVersion are the problem's facts (default)
  --text-only    agents know nothing but the log
  --agents N     agent processes, 1 to 32; each failure goes to the next one (default 4)
  --json OUT     write the figures to OUT as JSON
  --help         this text

Exit code: 0 done, 1 something failed, 2 bad arguments or input, 130 interrupted.
`;

const AGENTS = 4;
const MOST_AGENTS = 32;

interface Arguments {
  readonly failures: readonly Failure[];
  readonly mode: Mode;
  readonly agents: number;
  readonly json: string | undefined;
}

const readArguments = (): Arguments | { readonly text: string; readonly code: number } => {
  try {
    const { values } = parseArgs({
      options: {
        input: { type: "string" },
        "with-facts": { type: "boolean", default: false },
        "text-only": { type: "boolean", default: false },
        agents: { type: "string", default: String(AGENTS) },
        json: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return { text: HELP, code: 0 };
    if (values.input === undefined) throw new Error("--input FILE.jsonl is missing");
    if (values["with-facts"] && values["text-only"]) throw new Error("--with-facts and --text-only exclude each other");
    const agents = /^\d{1,3}$/.test(values.agents) ? Number(values.agents) : 0;
    if (agents < 1 || agents > MOST_AGENTS)
      throw new Error(`--agents takes 1 to ${MOST_AGENTS}, not "${values.agents}"`);
    return {
      failures: failuresIn(values.input),
      mode: values["text-only"] ? "text-only" : "with-facts",
      agents,
      json: values.json,
    };
  } catch (error) {
    return {
      text: `replay: ${error instanceof Error ? error.message : String(error)}\nnpm run replay -- --help\n`,
      code: 2,
    };
  }
};

const failuresIn = (file: string): readonly Failure[] => {
  try {
    return readFailures(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const percent = (share: number | null): string => (share === null ? "-" : `${(share * 100).toFixed(1)} %`);

const curveTable = (curve: readonly Point[]): string =>
  ["threshold  answered  right  recall   precision"]
    .concat(
      curve.map(({ threshold, answered, right, recall, precision }) =>
        [
          threshold.toFixed(2).padStart(9),
          String(answered).padStart(9),
          String(right).padStart(6),
          percent(recall).padStart(8),
          percent(precision).padStart(10),
        ].join(" "),
      ),
    )
    .join("\n");

/** Sums of counts by name. */
const sum = (counts: readonly { readonly [name: string]: number }[]): { readonly [name: string]: number } => {
  const total: { [name: string]: number } = {};
  for (const one of counts) for (const [name, n] of Object.entries(one)) total[name] = (total[name] ?? 0) + n;
  return total;
};

/** What the swarm would not take, by reason. */
const refusals = (refused: readonly { readonly line: number; readonly why: string }[]): string =>
  [...new Set(refused.map(({ why }) => why))]
    .map(
      (why) =>
        `\nrefused            lines ${refused.flatMap((one) => (one.why === why ? [one.line] : [])).join(", ")}: ${why}`,
    )
    .join("");

const resultOf = (mode: Mode, agents: number, events: readonly Replayed[]) => {
  const immunity = events.flatMap(({ immunityMs }) => immunityMs);
  const answered = events.filter(({ answer }) => answer !== undefined);
  const milliseconds = (times: readonly number[]) =>
    times.length === 0 ? null : { p50: quantile([...times], 0.5), p99: quantile([...times], 0.99) };
  return {
    mode,
    ...scoreOf(events),
    curve: curveOf(events),
    agents,
    /** Answers by kind of match. */
    matches: sum(
      answered.map(({ match, answer, group }) => ({ [`${match}${answer?.group === group ? "" : ", wrong"}`]: 1 })),
    ),
    /** Entries that recalls left out, by reason. */
    hidden: sum(events.map(({ hidden }) => hidden)),
    /** From the call of report to an entry that another process can recall. */
    timeToImmunityMs: milliseconds(immunity),
    recallMs: milliseconds(events.map(({ recallMs }) => recallMs)),
    /** Of an answer as it is rendered for a model, by the estimate of `renderForModel`. */
    tokens: {
      total: events.reduce((total, { tokens }) => total + tokens, 0),
      perAnswer:
        answered.length === 0 ? null : events.reduce((total, { tokens }) => total + tokens, 0) / answered.length,
    },
    wrong: answered.filter(({ answer, group }) => answer?.group !== group).map(({ line, match }) => ({ line, match })),
    refused: events.flatMap(({ line, refused }) => (refused === undefined ? [] : [{ line, why: refused }])),
  };
};

const describe = (result: ReturnType<typeof resultOf>): string => {
  const { mode, events, repeats, answered, right, falseImmunities, recall, precision, curve, agents } = result;
  const times = (what: { readonly p50: number; readonly p99: number } | null): string =>
    what === null ? "-" : `p50 ${what.p50.toFixed(1)} ms, p99 ${what.p99.toFixed(1)} ms`;
  const counts = (all: { readonly [name: string]: number }): string =>
    Object.entries(all)
      .filter(([, n]) => n > 0)
      .map(([name, n]) => `${name} ${n}`)
      .join(", ") || "none";
  return `${mode}, ${agents} agents: ${events} failures, ${repeats} repeats

answered           ${answered}
right              ${right}
false immunities   ${falseImmunities}${result.wrong.length === 0 ? "" : ` (lines ${result.wrong.map(({ line }) => line).join(", ")})`}
recall             ${percent(recall)} of the repeats
precision          ${percent(precision)} of the answers
by kind of match   ${counts(result.matches)}
left out           ${counts(result.hidden)}
time to immunity   ${times(result.timeToImmunityMs)}
recall took        ${times(result.recallMs)}
tokens             ${result.tokens.total}${result.tokens.perAnswer === null ? "" : `, ${result.tokens.perAnswer.toFixed(0)} an answer`}${refusals(result.refused)}

Precision and recall by threshold:

${curveTable(curve)}
`;
};

let isStopping = false;

const main = async ({ failures, mode, agents, json }: Arguments): Promise<void> => {
  const workshop = openWorkshop(join(import.meta.dirname, "processes"), "replay");
  process.on("exit", workshop.closeNow);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      isStopping = true;
      process.stderr.write(`\n${signal}: stopping\n`);
      void workshop.close().finally(() => process.exit(130));
    });
  }
  const isTerminal = process.stderr.isTTY === true;
  const onEvent = (events: readonly Replayed[]): void => {
    const isDue = isTerminal || events.length % 25 === 0 || events.length === failures.length;
    if (!isDue) return;
    const { repeats, right, falseImmunities } = scoreOf(events);
    const line = `${events.length} of ${failures.length} failures, ${repeats} repeats: ${right} right, ${falseImmunities} false`;
    process.stderr.write(isTerminal ? `\r${line}\u001b[K` : `${line}\n`);
  };
  const events = await replay({ failures, mode, agents, workshop, onEvent });
  if (isTerminal) process.stderr.write("\n");
  const result = resultOf(mode, agents, events);
  process.stdout.write(`${describe(result)}`);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`);
  await workshop.close();
};

const args = readArguments();
if ("text" in args) {
  (args.code === 0 ? process.stdout : process.stderr).write(args.text);
  process.exitCode = args.code;
} else {
  try {
    await main(args);
  } catch (error) {
    // Whoever stops it ends the processes that it waits for.
    if (!isStopping)
      process.stderr.write(`replay: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = isStopping ? 130 : 1;
  }
}
