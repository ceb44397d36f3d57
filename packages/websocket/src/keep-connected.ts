/**
 * Connecting again and again: a new token before each attempt, the addresses in turn, and exponential backoff with full
 * jitter between attempts, so that a thousand clients of a restarted relay do not come back in one moment.
 */

import type { Refusal, Rule } from "@herdmind/protocol";
import type { TransportState } from "@herdmind/sync";

export interface Backoff {
  /** Longest wait after the first failure, milliseconds; it doubles with each further one. Default 200. */
  readonly minMs?: number;
  /** Longest wait ever, milliseconds. Default 30,000. */
  readonly maxMs?: number;
}

/** How a connection ended. `useful`: it synced, so the next wait starts small again. */
export interface Ended {
  readonly useful: boolean;
  readonly code: number;
  readonly reason: string;
}

export interface KeepConnectedOptions {
  readonly urls: readonly string[];
  readonly token: () => Promise<string>;
  readonly backoff?: Backoff | undefined;
  /** 0 to 1, for the jitter; default `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** One connection, from opening to its end. It ends early when the signal aborts. */
  readonly connect: (url: string, token: string, signal: AbortSignal) => Promise<Ended>;
  readonly onState: (state: TransportState, why: string) => void;
  readonly signal: AbortSignal;
}

/** Failures that a new attempt cannot mend (44xx) wait as long as after this many ordinary ones: 12.8 s at the defaults. */
const REFUSED_COUNTS_AS = 6;

/** The wait before the next attempt: anything from 0 to the bound, so that clients spread evenly. */
export const backoffMs = (failures: number, { minMs = 200, maxMs = 30_000 }: Backoff, random: () => number): number =>
  Math.round(random() * Math.min(maxMs, minMs * 2 ** Math.min(failures, 30)));

const wait = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });

/** Runs until the signal aborts. */
export const keepConnected = async (options: KeepConnectedOptions): Promise<void> => {
  const { urls, token, backoff = {}, random = Math.random, connect, onState, signal } = options;
  if (urls.length === 0) throw new Error("no address to connect to");
  let failures = 0;
  for (let attempt = 0; !signal.aborted; attempt++) {
    const url = urls[attempt % urls.length] as string;
    onState("connecting", url);
    const ended = await token()
      .then((fresh) => (signal.aborted ? undefined : connect(url, fresh, signal)))
      .catch((error: unknown) => ({
        useful: false,
        code: 1006,
        reason: error instanceof Error ? error.message : String(error),
      }));
    if (signal.aborted || ended === undefined) return;
    if (ended.useful) failures = 0;
    else
      failures =
        ended.code >= 4400 && ended.code < 4500
          ? Math.max(failures + 1, REFUSED_COUNTS_AS * urls.length)
          : failures + 1;
    onState("offline", `${url}: ${ended.reason || `closed with ${ended.code}`}`);
    await wait(backoffMs(Math.floor(failures / urls.length), backoff, random), signal);
  }
};

/** Reads a refusal from a close reason, for connections that ended before a frame could say it. */
export const refusalOfClose = (code: number, reason: string): Refusal | undefined => {
  const [, rule, message] = /^([A-Z]\d{1,2}) (.*)$/s.exec(reason) ?? [];
  if (code < 4400 || code > 4599 || rule === undefined) return undefined;
  return { rule: rule as Rule, fault: code < 4500 ? "sender" : "none", message: message ?? "" };
};
