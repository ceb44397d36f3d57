/** Answers a verb by opening the data directory in this process. */
import { createClientClaims, runVerb } from "@herdmind/local";
import { type ReportAnswer, readAddress, type VerbAnswer, type VerbName } from "@herdmind/local/client";
import type { JsonObject } from "@herdmind/protocol";
import { openNode, type Peer } from "herdmind";
import type { Answered, Asking } from "./asking.js";
import { failureOf } from "./failure-of.js";

/** How long a member's command waits for the swarm to take what it wrote, when no node does that. */
export const TRAVEL_MS = 8000;

/** Refused with S2 while another process has the directory. */
export const askHere = async <Name extends VerbName>(
  asking: Asking,
  verb: Name,
  input: JsonObject,
): Promise<Answered<Name>> => {
  const { dir, logger } = asking;
  let peer: Peer;
  try {
    peer = await openNode({ dir, logger, connect: verb === "report" || verb === "outcome" || verb === "doctor" });
  } catch (error) {
    return failureOf(error);
  }
  return askPeer(asking, peer, verb, input);
};

const askPeer = async <Name extends VerbName>(
  { dir, signal }: Asking,
  opened: Peer,
  verb: Name,
  input: JsonObject,
): Promise<VerbAnswer<Name>> => {
  await using peer = opened;
  const saved = peer.role === "orchestrator" ? await readAddress(dir) : undefined;
  const context = {
    peer,
    claims: createClientClaims(),
    ...(saved === undefined ? {} : { addresses: saved.addresses }),
  };
  // Awaited here: the peer is closed when this function returns, and a recall that still reads would find less than there is.
  if (verb !== "report" && verb !== "outcome") return await runVerb({ ...context, signal }, verb, input);

  // Nobody else will carry it on: stay until canon has judged it, or it is clear that it cannot travel now.
  const stuck = new AbortController();
  let failed = 0;
  const look = ({ state, why }: { readonly state: string; readonly why: string }): void => {
    if (state === "offline") failed += 1;
    if (failed >= peer.addresses.length) stuck.abort(why);
  };
  using _ = stopping(peer.on("connection", look));
  if (peer.stats().connection === "offline") look({ state: "offline", why: "no relay answers" });
  const answer = await runVerb({ ...context, signal: AbortSignal.any([signal, stuck.signal]) }, verb, {
    ...input,
    waitMs: TRAVEL_MS,
  });
  if (!answer.ok) return answer;
  const value = answer.value as ReportAnswer;
  const sent = value.verdict.status !== "pending";
  const why = stuck.signal.aborted ? String(stuck.signal.reason) : `no verdict within ${TRAVEL_MS / 1000} s`;
  return {
    ok: true,
    value: { ...value, sent, ...(sent ? {} : { why }) } as VerbAnswer<Name> extends { value: infer V } ? V : never,
  };
};

const stopping = (stop: () => void): Disposable => ({ [Symbol.dispose]: stop });
