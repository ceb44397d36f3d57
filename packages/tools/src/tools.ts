/**
 * The tools, named for what an agent wants at that moment. What others claimed reaches a model only through `renderForModel` (E4); a
 * refusal, or a swarm that cannot be asked, is an answer in words that say what to do.
 */
import { type Renderable, renderForModel } from "@herdmind/experience";
import type { JsonObject } from "@herdmind/protocol";
import type * as z from "zod";
import type { Ask } from "./ask.js";
import { given, idOf, inputs, problemOfError } from "./tool-inputs.js";

export type ToolName = keyof typeof inputs;
type InputOf<Name extends ToolName> = z.output<(typeof inputs)[Name]>;

/** What a tool answers. */
export interface Told {
  /** For the model. */
  readonly text: string;
  readonly isError: boolean;
  /** Ids and counts, never what others wrote. */
  readonly structured?: JsonObject;
}

export interface Tool<Name extends ToolName = ToolName> {
  readonly name: Name;
  readonly title: string;
  readonly description: string;
  readonly input: (typeof inputs)[Name];
  readonly isReadOnly: boolean;
  /** Whether others, beyond this machine, may hear of it. */
  readonly isHeard: boolean;
  /** Checks the input. Rejects only when `signal` aborts. */
  run(input: unknown, signal?: AbortSignal): Promise<Told>;
}

export type Tools = { readonly [Name in ToolName]: Tool<Name> };

export interface ToolsOptions {
  /** Milliseconds since 1970; default `Date.now`. */
  readonly now?: () => number;
  /** Tokens of an answer at most; default 1200. */
  readonly budgetTokens?: number;
}

/** Tokens of an answer: three or four entries, and still short beside what an assistant has in its context. */
const BUDGET_TOKENS = 1200;
/** Milliseconds that a report waits for canon's verdict: usually a few, and an assistant should not stand still without an orchestrator. */
const VERDICT_MS = 3000;

type Question = readonly [verb: Parameters<Ask>[0], input: JsonObject, show: (value: never) => Told];
interface Described<Name extends ToolName> extends Omit<Tool<Name>, "name" | "input" | "run"> {
  /** What is asked of the swarm; or what is said at once. */
  question(input: InputOf<Name>): Question | Told;
}

const said = (text: string, structured?: JsonObject): Told => ({
  text,
  isError: false,
  ...(structured === undefined ? {} : { structured }),
});
const failed = (text: string): Told => ({ text, isError: true });

export const createTools = (
  ask: Ask,
  { now = Date.now, budgetTokens: most = BUDGET_TOKENS }: ToolsOptions = {},
): Tools => {
  const render = (known: Renderable, budgetTokens = most): Told => {
    const { text, ids, overBudget } = renderForModel(known, { budgetTokens, nowMs: now() });
    return said(text, { ids, overBudget, hidden: known.hidden as JsonObject });
  };

  const describedTools: { readonly [Name in ToolName]: Described<Name> } = {
    recall: {
      title: "Recall what is known about an error",
      description:
        "Call this first when a command, test or tool fails, before you investigate. Answers from this machine in milliseconds with remedies that others found for the same problem, best first, with evidence. Saying nothing is known is a normal answer.",
      isReadOnly: true,
      isHeard: false,
      question: ({ limit, exclude, facts, ...asked }) => [
        "recall",
        {
          ...problemOfError(asked),
          ...given({ facts, limit, exclude: exclude?.map(idOf).filter((id) => id !== undefined) }),
        },
        (known: Renderable) => render(known),
      ],
    },
    prepare: {
      title: "What to know before a task",
      description:
        "Call this once before you start a task: known pitfalls, workarounds and validated approaches that concern it, within a budget.",
      isReadOnly: true,
      isHeard: false,
      question: ({ task, budgetTokens = most, ...about }) => [
        "prepare",
        { task: { text: task, ...given(about) } },
        (prepared: Renderable) => render(prepared, budgetTokens),
      ],
    },
    report: {
      title: "Report what solved a problem",
      description:
        "Call this when you have solved a problem that recall did not know, once you have seen that it works. Give the original error as it was, and the remedy so that somebody who does not know your project can apply it. Secrets are removed before anything leaves this machine.",
      isReadOnly: false,
      isHeard: true,
      question: ({ error, name, code, remedy, cause, ...more }) => [
        "report",
        {
          waitMs: VERDICT_MS,
          ...problemOfError({ error, name, code }),
          mitigation: remedy,
          ...given({ discovery: cause, ...more }),
        },
        showTold,
      ],
    },
    outcome: {
      title: "Report whether a recalled remedy worked",
      description:
        "Call this after you applied an entry from recall or prepare, whether it worked or not: it is how good remedies rise and wrong ones disappear.",
      isReadOnly: false,
      isHeard: true,
      question: ({ entry, worked, note }) => {
        const id = idOf(entry);
        if (id === undefined)
          return failed(`"${entry.slice(0, 100)}" is no id of an entry. Pass the id that recall shows.`);
        return ["outcome", { entry: id, success: worked, waitMs: VERDICT_MS, ...given({ note }) }, showTold];
      },
    },
    claim: {
      title: "Say that you are solving a problem",
      description:
        "Call this before a long search for the remedy of a problem that recall does not know, so that no other agent searches at the same time. The answer says whether it is yours, somebody else's (wait, or work on something else), or known by now.",
      isReadOnly: false,
      isHeard: true,
      question: ({ waitSeconds = 0, release, facts, ...asked }) => [
        "claim",
        { ...problemOfError(asked), waitMs: waitSeconds * 1000, ...given({ facts, release }) },
        ({ status, entries = [] }: Claimed) =>
          status === "known" ? render({ entries, hidden: {} }) : said(CLAIM_WORDS[status], { status }),
      ],
    },
    status: {
      title: "The state of the swarm",
      description:
        "Whether this machine is connected, how many peers are here, and how much is known. Call it when answers surprise you.",
      isReadOnly: true,
      isHeard: false,
      question: () => [
        "status",
        {},
        ({ present, ...status }: JsonObject) => {
          // How many, not who: their names are what others wrote (E4).
          const shown = { ...status, present: Array.isArray(present) ? present.length : 0 };
          return said(JSON.stringify(shown), shown);
        },
      ],
    },
  };

  const toolOf = <Name extends ToolName>(name: Name, { question, ...described }: Described<Name>): Tool<Name> => ({
    name,
    input: inputs[name],
    ...described,
    async run(input, signal) {
      const read = inputs[name].safeParse(input);
      if (!read.success) return failed(`This input does not fit: ${whyNot(read.error)}.`);
      const asked = question(read.data as InputOf<Name>);
      if ("isError" in asked) return asked;
      const [verb, questioned, show] = asked;
      try {
        const answered = await ask(verb, questioned, signal);
        return answered.ok ? show(answered.value as never) : failed(`Refused (${answered.rule}): ${answered.message}`);
      } catch (error) {
        signal?.throwIfAborted();
        return failed(`The node could not be asked: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
  });
  const names = Object.keys(describedTools) as ToolName[];
  return Object.fromEntries(names.map((name) => [name, toolOf(name, describedTools[name])])) as unknown as Tools;
};

const whyNot = ({ issues }: z.ZodError): string =>
  issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");

interface Claimed {
  readonly status: "yours" | "taken" | "known" | "released";
  readonly entries?: Renderable["entries"];
}

const CLAIM_WORDS: { readonly [status in Exclude<Claimed["status"], "known">]: string } = {
  yours: "It is yours: search, and report what you find. Others wait for it.",
  taken: "Somebody else is searching for this. Recall it again in a minute, or call claim with waitSeconds.",
  released: "The claim was given back.",
};

interface Receipt {
  readonly id: string;
  readonly redactions: readonly { readonly path: string; readonly kind: string }[];
  readonly verdict: { readonly status: string; readonly reason?: string; readonly entry?: string };
}

const showTold = ({ id, redactions, verdict }: Receipt): Told => {
  const entry = verdict.entry ?? id;
  const why = verdict.reason === undefined ? "" : `: ${verdict.reason}`;
  const removed =
    redactions.length === 0
      ? ""
      : ` Removed before it was signed: ${redactions.map(({ path, kind }) => `${kind} in ${path}`).join(", ")}.`;
  const pending =
    verdict.status === "pending" ? " It is safe on this machine, and is judged when the swarm can be reached." : "";
  return said(`${verdict.status}${why} (herdmind:${entry}).${pending}${removed}`, { status: verdict.status, entry });
};
