/** The same without a node: the data directory opened in this process. */
import { createClientClaims, runStream, runVerb } from "@herdmind/local";
import { readAddress } from "@herdmind/local/client";
import { openNode, type Peer } from "herdmind";
import { TRAVEL_MS } from "./ask-here.js";
import type { Asking, Reached } from "./asking.js";
import type { Failure } from "./exit-codes.js";
import { failureOf } from "./failure-of.js";

/** Refused with S2 while another process has the directory. */
export const reachHere = async <T>(
  { dir, logger, signal }: Asking,
  connects: boolean,
  work: (reached: Reached) => Promise<T>,
): Promise<{ readonly value: T } | Failure> => {
  let opened: Peer;
  try {
    opened = await openNode({ dir, logger, connect: connects });
  } catch (error) {
    return failureOf(error);
  }
  await using peer = opened;
  const saved = peer.role === "orchestrator" ? await readAddress(dir) : undefined;
  const claims = createClientClaims();
  const context = { peer, claims, signal, ...(saved === undefined ? {} : { addresses: saved.addresses }) };
  const value = await work({
    ask: (verb, input) => runVerb(context, verb, input),
    stream: async (name, input) => runStream(context, name, input),
    travelled: () => waitForVerdicts(peer, signal),
  });
  return { value };
};

/** A relay that cannot be reached is not waited for. */
const waitForVerdicts = (peer: Peer, signal: AbortSignal): Promise<number> =>
  new Promise((resolve) => {
    let offline = 0;
    const end = (): void => {
      clearTimeout(timer);
      for (const stop of stops) stop();
      signal.removeEventListener("abort", end);
      resolve(peer.pending);
    };
    const look = (): void => {
      if (peer.pending === 0) end();
    };
    const stops = [
      peer.on("verdict", () => queueMicrotask(look)),
      peer.on("connection", ({ state }) => {
        if (state === "offline") offline += 1;
        if (offline >= peer.addresses.length) end();
      }),
    ];
    const timer = setTimeout(end, TRAVEL_MS);
    signal.addEventListener("abort", end);
    if (signal.aborted || peer.stats().connection === "offline") end();
    else look();
  });
