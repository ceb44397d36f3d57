/** What an adapter asks of a swarm: plain JSON in and out, and the same answers whoever gives them. */
import type { Input, VerbAnswer } from "@herdmind/local/client";
import type { Agent } from "herdmind";

type Verb = "recall" | "prepare" | "report" | "outcome" | "claim";
/** What a verb takes, without the name of the agent that asks: an experience is asked by one agent. */
export type Asked<Name extends Verb> = Omit<Input<Name>, "as" | "entry">;
/** `{ ok: true, value }`, or `{ ok: false, rule, message }`: refused, or S4 when nobody could be asked. */
export type Answer<Name extends Verb> = VerbAnswer<Name>;

/** Nothing rejects but what `signal` aborts, and what is a bug. */
export interface Experience {
  /** What is known about a problem, best first; with `render`, also as text for a language model. Nothing known is a normal answer. */
  recall(query: Asked<"recall">, signal?: AbortSignal): Promise<Answer<"recall">>;
  /** What is worth knowing before a task, a sentence or more. */
  prepare(
    task: Asked<"prepare">["task"],
    options?: Omit<Asked<"prepare">, "task">,
    signal?: AbortSignal,
  ): Promise<Answer<"prepare">>;
  /** Says what solved a problem. With `waitMs` the answer waits that long for canon's verdict. */
  report(report: Asked<"report">, signal?: AbortSignal): Promise<Answer<"report">>;
  /** Says whether an entry's remedy worked; `id` as a recall gives it. */
  outcome(id: string, outcome: Asked<"outcome">, signal?: AbortSignal): Promise<Answer<"outcome">>;
  /** Says that this agent is solving a problem, so that nobody else does at the same time. */
  claim(query: Asked<"claim">, signal?: AbortSignal): Promise<Answer<"claim">>;
  /** The loop of a peer's agent, which hears at once what the swarm learns. Where it is missing, `wrap` runs the same loop over the five. */
  readonly attempt?: Agent["attempt"];
}
