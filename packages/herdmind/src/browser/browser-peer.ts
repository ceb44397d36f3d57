/** What a tab gives to the developer: the same in the tab that leads and in those that work through it. */
import type { Prepared, Profile } from "@herdmind/experience";
import {
  type EntryId,
  type Fingerprint,
  type JsonObject,
  type JsonValue,
  notJson,
  type RecordRef,
  type Refused,
  type Role,
  refuse,
  type SwarmId,
  type WriterId,
} from "@herdmind/protocol";
import { type Agent, createAgent } from "../agent.js";
import { createEmitter } from "../events.js";
import { isHerdmindError, refusalError } from "../failure.js";
import type { Invitation, Logger, NodeEvents, Peer, Stats } from "../peer.js";
import type { Present } from "../presence.js";
import { problemOfError } from "../problem.js";
import type { Redaction } from "../redact.js";
import type { Known, RecallQuery, Receipt } from "../report.js";
import type { Say } from "../say.js";
import type { Verdict } from "../verdicts.js";
import { claimThrough } from "./claim-in-tabs.js";
import type { TabLink } from "./tab-link.js";

export interface BrowserEvents extends NodeEvents {
  /** This tab leads now: it holds the node; or another tab does. */
  readonly tab: { readonly role: "leader" | "follower" };
}

/** An agent in a tab; what waits for a verdict is told by `stats`, and the memory is the node's: `peer.node?.memory(space)`. */
export type BrowserAgent = Omit<Agent, "pending" | "memory">;

/** What `join` and `openNode` give in a browser. The tabs of one origin that open the same `dir` are one peer. */
export interface BrowserPeer extends BrowserAgent, AsyncDisposable {
  readonly swarm: SwarmId;
  readonly swarmName: string;
  readonly role: Role;
  readonly dir: string;
  readonly profile: Profile | undefined;
  readonly addresses: readonly string[];
  /** Whether this tab holds the node; the others ask it. */
  readonly leads: boolean;
  /** The node, with its logs and its canon, while this tab holds it. It is closed with the tab's peer, never by itself. */
  readonly node: Omit<Peer, "close"> | undefined;
  as(name: string): Promise<BrowserAgent>;
  invite(invitation?: Invitation): Promise<string>;
  on<Name extends keyof BrowserEvents>(name: Name, handler: (event: BrowserEvents[Name]) => unknown): () => void;
  /** Who is here now, and what each is solving (E7, E8). */
  present(): Promise<readonly Present[]>;
  readonly say: Say;
  /** Of the node, whichever tab holds it; `handlerErrors` are those of this tab. */
  stats(): Promise<Stats>;
  synced(signal?: AbortSignal): Promise<void>;
  /** Closes this tab's part. Where it led, another tab takes over. */
  close(): Promise<void>;
}

export const createBrowserEmitter = (logger: Logger) =>
  createEmitter<BrowserEvents>((name, error) => {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    logger({ level: "error", event: "handler.failed", message: `a handler of "${String(name)}" failed: ${why}` });
  });

/** A report is answered with a receipt, also where the tabs could not pass it on. */
const refusalOf = (error: unknown): JsonValue => {
  if (!isHerdmindError(error)) throw error;
  return { ok: false, refusal: { ...error.refusal } } as unknown as JsonValue;
};

export const createBrowserPeer = (
  link: TabLink,
  emitter: ReturnType<typeof createBrowserEmitter>,
  dir: string,
  node: () => Peer | undefined,
  now: () => number,
): BrowserPeer => {
  const refusedHere = (refused: Refused): Refused => {
    emitter.emit("refused", { refusal: refused.refusal, by: "us" });
    return refused;
  };

  const verdictOn = (ref: RecordRef): Promise<Verdict> =>
    new Promise((resolve) => {
      const watch = link.watch(
        "verdict",
        () => ({ ref: { ...ref } }),
        (verdict) => {
          resolve(verdict as unknown as Verdict);
          watch.end();
        },
        () => resolve({ status: "pending", ref }),
      );
    });

  /** `agentName`: `null` is the peer's own agent. */
  const agentOf = (agentName: string | null, name: string, id: WriterId): BrowserAgent & Pick<Agent, "pending"> =>
    createAgent({
      id,
      name,
      now,
      pending: () => 0,
      refused: refusedHere,
      write: async (type, body): Promise<Receipt> => {
        const why = notJson(body, type);
        // Between tabs it would travel as something else: a date as a text, a function as nothing.
        if (why !== undefined)
          return refusedHere(refuse("R1", "writer", `This ${type} cannot be written: ${why}. Give plain JSON values.`));
        const receipt = (await link.call("write", { agent: agentName, type, body }).catch(refusalOf)) as unknown as
          | Refused
          | {
              readonly ok: true;
              readonly ref: RecordRef;
              readonly id: EntryId;
              readonly redactions: readonly Redaction[];
            };
        return receipt.ok ? { ...receipt, verdict: verdictOn(receipt.ref) } : receipt;
      },
      recall: async ({ error, ...query }: RecallQuery): Promise<Known> => {
        const thrown = error === undefined ? undefined : problemOfError(error).error;
        const asked = { ...query, ...(thrown === undefined ? {} : { error: thrown }) };
        const why = notJson(asked, "query");
        if (why !== undefined)
          throw refusalError(refuse("R1", "none", `Nothing can be recalled for this: ${why}. Give plain JSON values.`));
        return (await link.call("recall", { query: asked as unknown as JsonValue })) as unknown as Known;
      },
      prepare: async (task, options): Promise<Prepared> => {
        const asked = { task, options };
        const why = notJson(asked, "task");
        if (why !== undefined)
          throw refusalError(refuse("R1", "none", `Nothing can be prepared for this: ${why}. Give plain JSON values.`));
        return (await link.call("prepare", asked as unknown as JsonObject)) as unknown as Prepared;
      },
      count: () => void link.call("counted", { what: "repeatsPrevented" }).catch(() => undefined),
      onLearned: (fingerprint: Fingerprint, learned) => link.watch("learned", () => ({ fingerprint }), learned).end,
      claim: (wanted) => claimThrough(link, agentName, wanted),
    });

  const { self } = link;
  const own = agentOf(null, self.name, self.id);
  const peer: BrowserPeer = {
    id: self.id,
    name: self.name,
    swarm: self.swarm,
    swarmName: self.swarmName,
    role: self.role,
    dir,
    profile: self.profile,
    get addresses() {
      return link.self.addresses;
    },
    get leads() {
      return link.leads;
    },
    get node() {
      return node();
    },
    report: own.report,
    recall: own.recall,
    prepare: own.prepare,
    outcome: own.outcome,
    attempt: own.attempt,
    claim: own.claim,
    as: async (name) => {
      const { id } = (await link.call("as", { name })) as unknown as { readonly id: WriterId };
      return agentOf(name, name, id);
    },
    invite: async (invitation = {}) =>
      (await link.call("invite", { invitation: { ...invitation } as JsonObject })) as string,
    on: (name, handler) => emitter.on(name, handler),
    present: async () => (await link.call("present", {})) as unknown as readonly Present[],
    say: async (topic, body) => {
      const why = notJson({ topic, body }, "message");
      if (why !== undefined)
        return refuse("E10", "none", `This message cannot be said: ${why}. Give plain JSON values.`);
      return (await link.call("say", { topic, body }).catch(refusalOf)) as unknown as Awaited<ReturnType<Say>>;
    },
    stats: async () => ({ ...((await link.call("stats", {})) as unknown as Stats), handlerErrors: emitter.errors }),
    synced: (signal) =>
      new Promise((resolve, reject) => {
        const abort = (): void => reject(signal?.reason);
        if (signal?.aborted === true) return abort();
        signal?.addEventListener("abort", abort, { once: true });
        link
          .call("synced", {})
          .then(() => resolve(), reject)
          .finally(() => signal?.removeEventListener("abort", abort));
      }),
    close: link.close,
    [Symbol.asyncDispose]: link.close,
  };
  return peer;
};
