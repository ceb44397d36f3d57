/** What is known before a task, what is shown to a language model, and the swarm's rules about what concerns whom. */
import { type JsonObject, refuse } from "@herdmind/protocol";
import {
  type Agent,
  isSwarm,
  type Known,
  type Peer,
  type Prepared,
  type RelevanceRule,
  type Rendered,
  renderForModel,
} from "herdmind";
import type { Answers, VerbAnswer } from "./answers.js";
import type { Input } from "./verb-input.js";

/** Without members that are `undefined`: in process the answer is what the socket would carry. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** Whether a rendering is wanted, and how long it may be. */
export interface Rendering {
  readonly render?: boolean | undefined;
  readonly budgetTokens?: number | undefined;
}

const rendered = (
  { render, budgetTokens }: Rendering,
  found: Parameters<typeof renderForModel>[0],
): { readonly rendered?: Rendered } =>
  render === true
    ? {
        rendered: renderForModel(found, {
          nowMs: Date.now(),
          ...(budgetTokens === undefined ? {} : { budgetTokens }),
        }),
      }
    : {};

/** A recall, with its rendering where that is wanted: proposals that were left out are counted in it as well. */
export const renderRecall = (known: Known, how: Rendering): Answers["recall"] => {
  const { unread = 0, hidden: proposals = {} } = known.provisional ?? {};
  const counts = Object.entries(proposals).map(([name, count]) => [`proposals ${name}`, count] as const);
  const hidden = { ...known.hidden, ...Object.fromEntries(counts), unread };
  return plain({ ...known, ...rendered(how, { entries: known.entries, hidden }) });
};

export const prepare = async (
  agent: Agent,
  { task, render, ...options }: Omit<Input<"prepare">, "as">,
): Promise<VerbAnswer<"prepare">> => {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const prepared: Prepared = await agent.prepare(task, given);
  const { budgetTokens } = options;
  return { ok: true, value: plain({ ...prepared, ...rendered({ render, budgetTokens }, prepared) }) };
};

export const relevance = async (peer: Peer, { set }: Input<"relevance">): Promise<VerbAnswer<"relevance">> => {
  if (set !== undefined) {
    const done = isSwarm(peer)
      ? await peer.setRelevance(plain(set as unknown as JsonObject) as unknown as Omit<RelevanceRule, "version">)
      : refuse("A2", "none", "Only the orchestrator sets rules: do this in its directory, or through its node.");
    if (!done.ok) return { ok: false, rule: done.refusal.rule, message: done.refusal.message };
  }
  const { relevance: rules } = peer.canon.view;
  const names = [...rules.keys()].sort();
  return { ok: true, value: plain({ rules: names.map((name) => rules.get(name) as RelevanceRule) }) };
};
