/** The experience of an agent in this process. */
import type { AgentVerbName } from "@herdmind/local";
import type { JsonObject } from "@herdmind/protocol";
import type { Agent, Peer } from "herdmind";
import type { Answer, Experience } from "./experience.js";

/** `agent`: a peer, or what its `as` gives. */
export const fromAgent = (agent: Agent | Peer): Experience => {
  // Loaded with the first question: whoever works through a node only does not load a peer.
  const loading = once(async () => {
    const local = await import("@herdmind/local");
    return { run: local.runAgentVerb, claims: local.createClientClaims() };
  });
  const ask = async <Name extends AgentVerbName>(
    name: Name,
    input: object,
    signal: AbortSignal | undefined,
  ): Promise<Answer<Name>> => {
    const { run, claims } = await loading();
    const present = "present" in agent ? { present: () => agent.present() } : {};
    return run({ agent, claims, ...present, ...(signal === undefined ? {} : { signal }) }, name, input as JsonObject);
  };
  return {
    recall: (query, signal) => ask("recall", query, signal),
    prepare: (task, options, signal) => ask("prepare", { ...options, task }, signal),
    report: (report, signal) => ask("report", report, signal),
    outcome: (entry, outcome, signal) => ask("outcome", { ...outcome, entry }, signal),
    claim: (query, signal) => ask("claim", query, signal),
    attempt: (task, run, options) => agent.attempt(task, run, options),
  };
};

const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
};
