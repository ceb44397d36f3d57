/** `herdmind report`, `recall` and `outcome`: what an agent does, from a shell. */
import { isEntryId, type JsonObject } from "@herdmind/protocol";
import type { Answered } from "./asking.js";
import { EXIT, type ExitCode, type Failure, refusedBy, wrongUsage } from "./exit-codes.js";
import { type ProblemFlags, readProblem } from "./problem-input.js";
import { askOptionalText, askText, askYesNo } from "./prompts.js";
import { ask } from "./reach.js";
import type { Shell } from "./shell.js";
import { showRecall, showReport } from "./show.js";
import { isFailure, parseObject, readJsonInput } from "./standard-input.js";

/** How long `--wait` waits for canon's verdict. */
const VERDICT_MS = 10_000;

/** A refusal as an answer of a node has no exit code yet. */
export const toFailure = (refused: { readonly rule: string; readonly message: string }): Failure =>
  "code" in refused ? (refused as Failure) : refusedBy(refused.rule, refused.message);

export const askShell = (
  { dir, interrupt, logger }: Shell,
  verb: "report" | "recall" | "outcome" | "prepare" | "relevance" | "alias",
  input: JsonObject,
) => ask({ dir, signal: interrupt.signal, logger }, verb, input);

/** `name` is left out when the value is missing. */
export const optional = (name: string, value: string | number | boolean | JsonObject | undefined): JsonObject =>
  value === undefined ? {} : { [name]: value };

/** Flags beside `-` would be dropped without a word. */
export const flagsBesideInput = (flags: object, allowed: readonly string[]): Failure | undefined => {
  const extra = Object.keys(flags).filter((name) => !allowed.includes(name));
  const spelled = extra.map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  return extra.length === 0
    ? undefined
    : wrongUsage(`With "-" everything comes from standard input as JSON; put ${spelled.join(", ")} into it.`);
};

export interface ReportFlags extends ProblemFlags {
  readonly mitigation?: string;
  readonly discovery?: string;
  readonly context?: string;
  readonly appliesTo?: string;
  readonly tag?: readonly string[];
  readonly as?: string;
  readonly wait?: boolean;
}

const reportInput = async (
  shell: Shell,
  source: string | undefined,
  flags: ReportFlags,
): Promise<JsonObject | Failure> => {
  if (source === "-") return flagsBesideInput(flags, ["as", "wait"]) ?? readJsonInput(shell.io);
  if (source !== undefined)
    return wrongUsage(
      `"${source}" is neither a flag nor "-". Describe the problem with --error, --text or --output-file.`,
    );
  let problem = await readProblem(shell.io, flags);
  if (isFailure(problem)) return problem;
  if (problem === undefined && !shell.interactive) {
    return wrongUsage(
      "There is no problem to report: give --error MESSAGE, --text TEXT or --output-file FILE, or JSON on standard input with -.",
    );
  }
  problem ??= { error: { message: await askText(shell, "What went wrong (the error's message)") } };
  const asked = flags.mitigation === undefined && shell.interactive;
  const mitigation = asked ? await askText(shell, "What solved it") : flags.mitigation;
  if (mitigation === undefined) return wrongUsage("There is no remedy to report: give --mitigation TEXT.");
  const discovery =
    asked && flags.discovery === undefined ? await askOptionalText(shell, "What was the cause") : flags.discovery;
  const context = flags.context === undefined ? undefined : parseObject("--context", flags.context);
  if (isFailure(context)) return context;
  const appliesTo = flags.appliesTo === undefined ? undefined : parseObject("--applies-to", flags.appliesTo);
  if (isFailure(appliesTo)) return appliesTo;
  return {
    ...problem,
    mitigation,
    ...optional("type", flags.type),
    ...optional("discovery", discovery),
    ...optional("context", context),
    ...optional("appliesTo", appliesTo),
    ...(flags.tag === undefined ? {} : { tags: [...flags.tag] }),
  };
};

export const report = async (shell: Shell, source: string | undefined, flags: ReportFlags): Promise<ExitCode> => {
  const input = await reportInput(shell, source, flags);
  if (isFailure(input)) return shell.output.fail(input);
  return tell(shell, "report", input, flags);
};

const tell = async (
  { output, ...shell }: Shell,
  verb: "report" | "outcome",
  input: JsonObject,
  { as, wait }: { readonly as?: string; readonly wait?: boolean },
): Promise<ExitCode> => {
  const answer = await askShell({ output, ...shell }, verb, {
    ...input,
    ...optional("as", as),
    ...optional("waitMs", wait === true ? VERDICT_MS : undefined),
  });
  if (!answer.ok) return output.fail(toFailure(answer));
  const value = answer.value as Extract<Answered<"report">, { ok: true }>["value"];
  output.answer(value, (paint) => showReport(paint, verb, value));
  if (shell.interrupt.code !== undefined) return shell.interrupt.code;
  const { status } = value.verdict;
  return status === "rejected" || status === "ignored" || status === "revoked" ? EXIT.refused : EXIT.ok;
};

export interface RecallFlags extends ProblemFlags {
  readonly limit?: number;
  readonly minScore?: number;
  readonly anyFacts?: boolean;
  readonly similar?: string;
  readonly provisional?: boolean;
  readonly all?: boolean;
  readonly render?: boolean;
  readonly budgetTokens?: number;
  readonly as?: string;
}

const recallInput = async (
  shell: Shell,
  source: string | undefined,
  flags: RecallFlags,
): Promise<JsonObject | Failure> => {
  if (source === "-") return flagsBesideInput(flags, ["as", "render"]) ?? readJsonInput(shell.io);
  // What was not given as a flag is most likely the message of an error.
  if (source !== undefined && flags.error !== undefined)
    return wrongUsage(`"${source}" and --error both describe the problem.`);
  let problem = await readProblem(shell.io, source === undefined ? flags : { ...flags, error: source });
  if (isFailure(problem)) return problem;
  if (problem === undefined && !shell.interactive) {
    return wrongUsage(
      "There is nothing to look for: give the error's message, --text TEXT or --output-file FILE, or JSON on standard input with -.",
    );
  }
  problem ??= { error: { message: await askText(shell, "What went wrong (the error's message)") } };
  const { type, limit, minScore, anyFacts, similar, provisional, all, budgetTokens } = flags;
  return {
    ...problem,
    ...optional("type", type),
    ...optional("limit", limit),
    ...optional("minScore", minScore),
    ...optional("anyFacts", anyFacts),
    ...optional("similar", similar),
    ...optional("provisional", provisional),
    ...optional("concern", all === true ? "all" : undefined),
    ...optional("budgetTokens", budgetTokens),
  };
};

export const recall = async (shell: Shell, source: string | undefined, flags: RecallFlags): Promise<ExitCode> => {
  const { output } = shell;
  const input = await recallInput(shell, source, flags);
  if (isFailure(input)) return output.fail(input);
  const asked = { ...input, ...optional("as", flags.as), ...optional("render", flags.render) };
  const answer = await askShell(shell, "recall", asked);
  if (!answer.ok) return output.fail(toFailure(answer));
  const value = answer.value as Extract<Answered<"recall">, { ok: true }>["value"];
  output.answer(value, (paint) => value.rendered?.text.split("\n") ?? showRecall(paint, value));
  return value.entries.length === 0 ? EXIT.unknown : EXIT.ok;
};

export interface OutcomeFlags {
  readonly worked?: boolean;
  readonly failed?: boolean;
  readonly note?: string;
  readonly as?: string;
  readonly wait?: boolean;
}

export const outcome = async (shell: Shell, given: string | undefined, flags: OutcomeFlags): Promise<ExitCode> => {
  const { output, interactive } = shell;
  if (flags.worked === true && flags.failed === true)
    return output.fail(wrongUsage("It cannot have both --worked and --failed."));
  const known = flags.worked ?? (flags.failed === undefined ? undefined : !flags.failed);
  if (given === undefined && !interactive)
    return output.fail(wrongUsage("Name the entry: herdmind outcome ID --worked. Recall shows ids."));
  const entry = (given ?? (await askText(shell, "Id of the entry"))).trim();
  if (!isEntryId(entry))
    return output.fail(wrongUsage(`"${entry}" is not the id of an entry: 43 characters, as recall shows them.`));
  if (known === undefined && !interactive)
    return output.fail(wrongUsage("Say whether it worked: --worked or --failed."));
  const success = known ?? (await askYesNo(shell, "Did the remedy work"));
  return tell(shell, "outcome", { entry, success, ...optional("note", flags.note) }, flags);
};
