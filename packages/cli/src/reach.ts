/**
 * How a command gets its answer: from the node that holds the data directory, or by opening the directory itself.
 *
 * A command that opens the directory holds it for a moment. Another one that comes in that moment waits for it, because two
 * agents that report at once must not lose a report to a lock.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { JsonObject } from "@herdmind/protocol";
import { isHerdmindError, type Logger, openNode, type Peer } from "herdmind";
import { readAddress } from "./address.js";
import type { ReportAnswer, VerbAnswer, VerbName } from "./answers.js";
import { type Failure, refusedBy } from "./exit-codes.js";
import { socketPath } from "./home.js";
import { askNode } from "./local-client.js";
import { runVerb } from "./verbs.js";

/** A lock has no bell, so it is tried again this often, for this long: other commands hold it for less than a second. */
const RETRY_MS = 50;
const PATIENCE_MS = 3000;
/** How long a member's command waits for the swarm to take what it wrote, when no node does that. */
const TRAVEL_MS = 8000;

export interface Asking {
  readonly dir: string;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

export type Answered<Name extends VerbName> = VerbAnswer<Name> | Failure;

export const noPeerIn = (dir: string): Failure =>
  refusedBy(
    "S1",
    `${dir} holds no peer yet. Begin a swarm there with "herdmind up", join one with "herdmind join TICKET", or name another directory with --dir.`,
  );

/** Whether a directory holds a peer; looked at before opening, because opening would make a database there. */
export const holdsPeer = (dir: string): boolean => existsSync(join(dir, "peer.json"));

export const failureOf = (error: unknown): Failure => {
  if (isHerdmindError(error)) return refusedBy(error.refusal.rule, error.refusal.message);
  throw error;
};

export const ask = async <Name extends VerbName>(
  asking: Asking,
  verb: Name,
  input: JsonObject,
): Promise<Answered<Name>> => {
  const { dir, signal } = asking;
  const path = socketPath(dir);
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await askNode(path, verb, input, signal).catch(unavailable);
    if (answer !== undefined) return answer;
    if (!holdsPeer(dir)) return noPeerIn(dir);
    const opened = await open(asking, verb === "report" || verb === "outcome");
    if (opened.ok) return askPeer(asking, opened.peer, verb, input);
    if (opened.rule !== "S2" || performance.now() > deadline) return opened.rule === "S2" ? held(opened, path) : opened;
    await pause(RETRY_MS, undefined, { signal });
  }
};

const unavailable = (error: Error): Failure => {
  if (error.name === "AbortError") throw error;
  return refusedBy("unavailable", `The node cannot be asked: ${error.message}.`);
};

const held = ({ message }: Failure, path: string): Failure =>
  refusedBy(
    "S2",
    `${message.replace(/\.$/, "")}. No node answers at its local socket ${path}, so commands cannot work through it.`,
  );

const open = async (
  { dir, logger }: Asking,
  connect: boolean,
): Promise<{ readonly ok: true; readonly peer: Peer } | Failure> => {
  try {
    return { ok: true, peer: await openNode({ dir, connect, logger }) };
  } catch (error) {
    return failureOf(error);
  }
};

const askPeer = async <Name extends VerbName>(
  { dir, signal }: Asking,
  opened: Peer,
  verb: Name,
  input: JsonObject,
): Promise<VerbAnswer<Name>> => {
  await using peer = opened;
  const saved = peer.role === "orchestrator" ? await readAddress(dir) : undefined;
  const context = { peer, ...(saved === undefined ? {} : { addresses: saved.addresses }) };
  if (verb !== "report" && verb !== "outcome") return runVerb({ ...context, signal }, verb, input);

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
