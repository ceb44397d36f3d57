/** What the leading tab does for every tab: each operation with its arguments checked, and what is awaited bounded. */
import type { PrepareOptions, Task } from "@herdmind/experience";
import {
  type Fingerprint,
  isFingerprint,
  isGenerationId,
  isWriterId,
  type JsonObject,
  type JsonValue,
  logKey,
  notJson,
  type RecordRef,
  ROLES,
  refuse,
} from "@herdmind/protocol";
import * as v from "valibot";
import { refusalError } from "../failure.js";
import type { HostingPeer } from "../hosting.js";
import type { Invitation } from "../peer.js";
import type { RecallQuery } from "../report.js";
import type { Reported, Verdict } from "../verdicts.js";
import { claimForTab } from "./claim-in-tabs.js";
import { type Self, TOLD_EVENTS, type ToldEvent } from "./messages.js";
import type { Call, Lead } from "./tab-link.js";

/** Verdicts on what was written here that tabs may still ask for; older ones are worked out from canon. */
const KEPT_VERDICTS = 4096;
/** Things that tabs wait for, each an attempt that is under way. The oldest are dropped: an agent then solves alone. */
const MAX_WATCHED = 4096;

const object = v.custom<JsonObject>((value) => typeof value === "object" && value !== null && !Array.isArray(value));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const agent = v.nullable(v.string());
const ref = v.object({
  writer: v.custom<RecordRef["writer"]>(isWriterId),
  generation: v.custom<RecordRef["generation"]>(isGenerationId),
  sequence: count,
  index: count,
});

const operation = v.variant("op", [
  v.object({
    op: v.literal("write"),
    agent,
    type: v.picklist(["signal", "outcome"]),
    body: object,
    again: v.optional(v.boolean()),
  }),
  v.object({ op: v.literal("recall"), query: object }),
  v.object({ op: v.literal("prepare"), task: object, options: object }),
  v.object({ op: v.literal("as"), name: v.string() }),
  v.object({
    op: v.literal("invite"),
    invitation: v.object({
      role: v.optional(v.picklist(ROLES)),
      lifetimeMs: v.optional(count),
      uses: v.optional(count),
      addresses: v.optional(v.array(v.string())),
    }),
  }),
  v.object({ op: v.literal("stats") }),
  v.object({ op: v.literal("synced") }),
  v.object({ op: v.literal("counted"), what: v.literal("repeatsPrevented") }),
  v.object({ op: v.literal("verdict"), ref }),
  v.object({ op: v.literal("learned"), fingerprint: v.custom<Fingerprint>(isFingerprint) }),
  v.object({
    op: v.literal("claim"),
    agent,
    fingerprint: v.custom<Fingerprint>(isFingerprint),
    patienceMs: v.pipe(v.number(), v.minValue(0)),
  }),
  v.object({ op: v.literal("present") }),
  v.object({
    op: v.literal("say"),
    topic: v.string(),
    body: v.custom<JsonValue>((value) => notJson(value, "body") === undefined),
    again: v.optional(v.boolean()),
  }),
  v.object({ op: v.literal("tell"), id: count, isFound: v.literal(true) }),
  v.object({ op: v.literal("unwatch"), id: count }),
]);
export type Operation = v.InferOutput<typeof operation>;

/** The node of this tab, for all tabs. `tell` is called with each event of the node; `close` closes it. */
export const createLead = (
  peer: HostingPeer,
  tell: (name: ToldEvent, event: JsonObject) => void,
  afterClose: () => void,
): Lead => {
  const { hosting } = peer;
  const verdictsByRef = new Map<string, Promise<Verdict>>();
  const stopsByWatch = new Map<string, (isFound?: true) => void>();
  const keyOf = (at: RecordRef): string => `${logKey(at)}/${at.sequence}/${at.index}`;

  const self: Self = {
    id: peer.id,
    name: peer.name,
    swarm: peer.swarm,
    swarmName: peer.swarmName,
    role: peer.role,
    ...(peer.profile === undefined ? {} : { profile: { ...peer.profile } }),
    addresses: [...peer.addresses],
  };

  for (const name of TOLD_EVENTS) peer.on(name, (event) => tell(name, event as unknown as JsonObject));

  const agentOf = (name: string | null) => (name === null ? peer : peer.as(name));

  /** A verdict on what any tab, also one that is gone, had written. */
  const verdictOn = async (at: RecordRef): Promise<Verdict> => {
    const known = verdictsByRef.get(keyOf(at));
    if (known !== undefined) return known;
    for await (const block of peer.logs.read(at, at.sequence, at.sequence + 1)) {
      const record = block.records[at.index];
      if (record?.type === "signal" || record?.type === "outcome")
        return hosting.awaitVerdict({ type: record.type, body: record.body, ref: at } as Reported, true);
    }
    throw refusalError(refuse("R1", "none", `There is no report at ${keyOf(at)}.`));
  };

  const watch = (key: string, stop: (isFound?: true) => void): void => {
    stopsByWatch.get(key)?.();
    stopsByWatch.set(key, stop);
    if (stopsByWatch.size <= MAX_WATCHED) return;
    const [oldest, drop] = stopsByWatch.entries().next().value as [string, () => void];
    stopsByWatch.delete(oldest);
    drop();
  };

  const serve = async (tab: string, { id, op, args }: Call, news: (news: JsonValue | undefined) => void) => {
    const asked = v.safeParse(operation, { ...args, op });
    if (!asked.success) throw new Error(`No such operation between tabs: ${op}. Do all tabs run the same version?`);
    const what = asked.output;
    switch (what.op) {
      case "write": {
        const receipt = await hosting.write((await agentOf(what.agent)).id, what.type, what.body, what.again);
        if (!receipt.ok) return receipt;
        const { verdict, ...plain } = receipt;
        verdictsByRef.set(keyOf(receipt.ref), verdict);
        if (verdictsByRef.size > KEPT_VERDICTS) verdictsByRef.delete(verdictsByRef.keys().next().value as string);
        return plain;
      }
      case "recall":
        return peer.recall(what.query as RecallQuery);
      case "prepare":
        return peer.prepare(what.task as Task, what.options as PrepareOptions);
      case "as":
        return { id: (await peer.as(what.name)).id };
      case "invite":
        return peer.invite(what.invitation as Invitation);
      case "stats":
        return peer.stats();
      case "synced":
        return peer.synced();
      case "counted":
        return hosting.count(what.what, 1);
      case "verdict":
        void verdictOn(what.ref).then(
          // A node that closes says `pending`: the next leader will know more.
          (verdict) =>
            verdict.status !== "pending" && news({ ...verdict, entry: verdict.entry } as unknown as JsonValue),
          () => undefined,
        );
        return undefined;
      case "learned":
        return watch(
          `${tab}/${id}`,
          hosting.onLearned(what.fingerprint, () => news(undefined)),
        );
      case "claim":
        return watch(`${tab}/${id}`, claimForTab(hosting.claim, (await agentOf(what.agent)).id, what, news));
      case "present":
        return peer.present();
      case "say":
        // Nothing stores it, so nobody can tell whether the tab that led before has said it; said twice, others would act twice.
        if (what.again === true) {
          const why = "The tab that was to say this has gone, and may have said it. It is not said twice.";
          return { ...refuse("E10", "none", why) } as unknown as JsonValue;
        }
        return { ...(await peer.say(what.topic, what.body)) } as unknown as JsonValue;
      case "tell":
        return stopsByWatch.get(`${tab}/${what.id}`)?.(what.isFound);
      case "unwatch": {
        const key = `${tab}/${what.id}`;
        stopsByWatch.get(key)?.();
        stopsByWatch.delete(key);
      }
    }
  };

  return {
    self,
    serve: (tab, call, news) => serve(tab, call, news) as Promise<JsonValue | undefined>,
    gone: (tab) => {
      for (const [key, stop] of [...stopsByWatch]) {
        if (!key.startsWith(`${tab}/`)) continue;
        stopsByWatch.delete(key);
        stop();
      }
    },
    close: async () => {
      try {
        await peer.close();
      } finally {
        afterClose();
      }
    },
  };
};
