/** What an adapter asks of a swarm: plain JSON in and out, and the same answers whoever gives them. */
import type { ProblemInput, VerbAnswer } from "@herdmind/local/client";
import type { JsonObject, Mitigation } from "@herdmind/protocol";
import type { Agent, Facts, Profile, Task } from "herdmind";

/** A problem: whole, by the error's message or its parts, as a text (a tool's whole output), or by what it is about. */
export interface Described extends ProblemInput {
  /** Facts that are part of the problem's identity. */
  readonly facts?: Facts | undefined;
  /** A signal's type; default for a report: `ERROR_RESOLVED`. */
  readonly type?: string | undefined;
}

/** Whom an answer is for, and whether it is to be text for a language model as well, and how long. */
export interface Wanted {
  /** Entries at most. */
  readonly limit?: number | undefined;
  readonly profile?: Profile | undefined;
  readonly concern?: "profile" | "all" | undefined;
  readonly render?: boolean | undefined;
  /** Tokens at most of the rendered text. */
  readonly budgetTokens?: number | undefined;
}

export interface RecallAsked extends Described, Wanted {
  readonly fingerprint?: string | undefined;
  /** Least likeness of similar problems, 0 to 1. */
  readonly minScore?: number | undefined;
  /** Whether similar problems are looked for; default: `auto`, where nothing else was found. */
  readonly similar?: "auto" | "always" | "never" | undefined;
  readonly anyFacts?: boolean | undefined;
  /** Ids of entries that were tried. */
  readonly exclude?: readonly string[] | undefined;
  readonly provisional?: boolean | undefined;
}

export interface ReportAsked extends Described {
  readonly mitigation: string | Mitigation;
  /** What was learnt about the cause. */
  readonly discovery?: string | undefined;
  readonly appliesTo?: JsonObject | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly context?: JsonObject | undefined;
  /** Milliseconds to wait for canon's verdict, 60,000 at most; default: it is not waited for. */
  readonly waitMs?: number | undefined;
}

export interface OutcomeAsked {
  readonly success: boolean;
  readonly note?: string | undefined;
  readonly context?: JsonObject | undefined;
  readonly waitMs?: number | undefined;
}

export interface ClaimAsked extends Described {
  readonly fingerprint?: string | undefined;
  /** Ids of entries that were tried and did not help: with no other, the problem is not known. */
  readonly exclude?: readonly string[] | undefined;
  /** Milliseconds to wait for somebody else's search, 60,000 at most. */
  readonly waitMs?: number | undefined;
  /** Milliseconds that the claim is held for, unless it is claimed again; default 15 minutes. */
  readonly forMs?: number | undefined;
  /** Gives the claim back instead. */
  readonly release?: boolean | undefined;
}

type Verb = "recall" | "prepare" | "report" | "outcome" | "claim";
/** `{ ok: true, value }`, or `{ ok: false, rule, message }`: refused, or S4 when nobody could be asked. */
export type Answer<Name extends Verb> = VerbAnswer<Name>;

/** Nothing rejects but what `signal` aborts, and what is a bug. */
export interface Experience {
  /** What is known about a problem, best first. Nothing known is a normal answer. */
  recall(query: RecallAsked, signal?: AbortSignal): Promise<Answer<"recall">>;
  /** What is worth knowing before a task: a sentence, or what it uses. */
  prepare(task: string | Task, options?: Wanted, signal?: AbortSignal): Promise<Answer<"prepare">>;
  /** Says what solved a problem. */
  report(report: ReportAsked, signal?: AbortSignal): Promise<Answer<"report">>;
  /** Says whether an entry's remedy worked; `id` as a recall gives it. */
  outcome(id: string, outcome: OutcomeAsked, signal?: AbortSignal): Promise<Answer<"outcome">>;
  /** Says that this agent is solving a problem, so that nobody else does at the same time. */
  claim(query: ClaimAsked, signal?: AbortSignal): Promise<Answer<"claim">>;
  /** The loop of a peer's agent, which hears at once what the swarm learns. Where it is missing, `wrap` runs the same loop over the five. */
  readonly attempt?: Agent["attempt"];
}
