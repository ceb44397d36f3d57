/**
 * Whether all of it works: from this peer's keys to a report that crosses the swarm and comes back judged. Links stand in the order in
 * which a report passes them, so the first one that fails is the one to mend; what stands behind it cannot be told.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Peer } from "herdmind";

export interface Check {
  /** The link, in a word or two. */
  readonly name: string;
  /** `skipped`: a link before it failed, or it is not used here. */
  readonly state: "ok" | "failed" | "skipped";
  /** What was seen. */
  readonly detail: string;
  /** What to do about it. */
  readonly remedy?: string;
}

export interface Diagnosis {
  readonly isWell: boolean;
  readonly checks: readonly Check[];
  /** Name of the first link that failed. */
  readonly firstFailure?: string;
  /** Milliseconds from the canary's report to its verdict. */
  readonly canaryMs?: number;
}

export interface DoctorOptions {
  /** Milliseconds to wait for a connection, and as long for the canary's verdict; default 10,000. */
  readonly patienceMs?: number;
  /** `false`: nothing is reported. */
  readonly canary?: boolean;
  readonly signal?: AbortSignal;
  readonly now?: () => number;
}

/** What the links of a peer are told from. */
export interface Examined extends Pick<Peer, "id" | "role" | "addresses" | "report"> {
  readonly logs: Pick<Peer["logs"], "damage" | "list">;
  readonly canon: Pick<Peer["canon"], "alarms" | "head" | "freshness"> & {
    readonly view: Pick<Peer["canon"]["view"], "members">;
  };
  stats(): Pick<ReturnType<Peer["stats"]>, "connection" | "connections">;
}

const ok = (name: string, detail: string): Check => ({ name, state: "ok", detail });
const failed = (name: string, detail: string, remedy: string): Check => ({ name, state: "failed", detail, remedy });
const skipped = (name: string, detail: string): Check => ({ name, state: "skipped", detail });

const PATIENCE_MS = 10_000;
/** Milliseconds between two looks at what has no bell. */
const LOOK_MS = 50;
/** Milliseconds by which clocks may differ: access tokens live for five minutes. */
const MAX_SKEW_MS = 60_000;

/** Always the same, so that the canaries of a swarm make one entry, and say something true. */
const CANARY = {
  type: "VALIDATION_PASSED",
  problem: { domain: "herdmind", approach: "a report crosses the swarm and comes back judged" },
  mitigation: "Run herdmind doctor: it names the first link that fails between this machine and canon.",
} as const;

export const diagnose = async (peer: Examined, options: DoctorOptions = {}): Promise<Diagnosis> => {
  const { patienceMs = PATIENCE_MS, canary = true, signal, now = Date.now } = options;
  const until = async (isDone: () => boolean): Promise<boolean> => {
    const deadline = performance.now() + patienceMs;
    while (!isDone() && performance.now() < deadline && signal?.aborted !== true) await pause(LOOK_MS);
    return isDone();
  };
  const checks: Check[] = [];
  const isBroken = (): boolean => checks.some(({ state }) => state === "failed");
  const check = async (name: string, look: () => Check | Promise<Check>): Promise<void> => {
    checks.push(isBroken() ? skipped(name, "a link before it failed") : await look());
  };

  await check("disk", () => {
    const damage = peer.logs.damage;
    return damage.length === 0
      ? ok("disk", `${peer.logs.list().length} logs, none damaged`)
      : failed(
          "disk",
          damage.map(({ message }) => message).join("; "),
          "Look at the disk. What was lost is fetched again from peers that have it.",
        );
  });
  const holder = (): boolean => peer.role === "orchestrator";
  await check("connection", async () => {
    if (holder()) return ok("connection", "this node writes canon itself");
    const isThere = await until(() => peer.stats().connection === "connected");
    const { connections } = peer.stats();
    const shown = Object.entries(connections).map(([name, state]) => `${name} ${state}`);
    return isThere
      ? ok("connection", shown.join(", "))
      : failed(
          "connection",
          `${shown.join(", ") || "no transport"}; known addresses: ${peer.addresses.join(", ") || "none"}`,
          "Start the relay (herdmind up) or another peer of the mesh, or join again with a ticket that has its present address.",
        );
  });
  await check("canon", async () => {
    const alarms = peer.canon.alarms();
    if (alarms.length > 0)
      return failed("canon", alarms.map(({ message }) => message).join("; "), "A person should look: see SECURITY.md.");
    if (!(await until(() => peer.canon.head() !== undefined)))
      return failed(
        "canon",
        "nothing of canon is held here",
        "Wait for the first copy, or ask whether the swarm has an orchestrator.",
      );
    const { held, known, historyUnverified } = peer.canon.freshness();
    const shown = `${held} of ${known} blocks held${historyUnverified ? "; its history is not held, so nobody here has checked it" : ""}`;
    return (await until(() => peer.canon.freshness().held >= peer.canon.freshness().known))
      ? ok("canon", shown)
      : failed("canon", shown, "Whoever is connected lacks the rest. Connect to another relay or peer.");
  });
  await check("membership", async () => {
    const member = () => peer.canon.view.members.get(peer.id);
    if (holder()) return ok("membership", "the orchestrator");
    if (peer.role === "observer") return ok("membership", "an observer: it recalls, and does not report");
    if (!(await until(() => member() !== undefined)))
      return failed(
        "membership",
        "canon does not list this peer",
        "The orchestrator has not seen it: is it running and connected?",
      );
    const found = member();
    return found?.status === "admitted"
      ? ok("membership", `admitted as ${found.role}`)
      : failed(
          "membership",
          `not admitted: ${found?.reason ?? "no reason is given"}`,
          "Ask for a new ticket, and join with it.",
        );
  });
  await check("orchestrator", async () => {
    if (holder()) return ok("orchestrator", "this node");
    const heard = (): number | undefined => peer.canon.freshness().heardMs;
    return (await until(() => (heard() ?? Number.POSITIVE_INFINITY) < PATIENCE_MS))
      ? ok("orchestrator", `heard ${Math.round(heard() ?? 0)} ms ago`)
      : failed(
          "orchestrator",
          "no heartbeat within 10 s",
          "Start it (herdmind up in its directory). Until then reports are kept here, and travel later.",
        );
  });
  await check("clock", () => {
    const { asOf, heardMs } = peer.canon.freshness();
    if (holder() || asOf === undefined || heardMs === undefined) return ok("clock", new Date(now()).toISOString());
    const skew = Math.round(now() - heardMs - asOf);
    return Math.abs(skew) <= MAX_SKEW_MS
      ? ok("clock", `${Math.abs(skew)} ms from the orchestrator's`)
      : failed(
          "clock",
          `${Math.round(skew / 1000)} s from the orchestrator's`,
          "Set this machine's clock: a relay refuses tokens that are minutes off.",
        );
  });

  let canaryMs: number | undefined;
  await check("canary", async () => {
    if (!canary || peer.role === "observer" || peer.role === "relay") return skipped("canary", "nothing was reported");
    const since = performance.now();
    const receipt = await peer.report(CANARY);
    if (!receipt.ok)
      return failed(
        "canary",
        `${receipt.refusal.rule}: ${receipt.refusal.message}`,
        "Nothing was written. Do what the message says.",
      );
    const stop = new AbortController();
    const verdict = await Promise.race([
      receipt.verdict,
      pause(patienceMs, undefined, {
        signal: signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]),
      }).catch(() => undefined),
    ]);
    stop.abort();
    if (verdict === undefined || verdict.status === "pending")
      return failed(
        "canary",
        `it is safe on this disk, but no verdict came within ${patienceMs / 1000} s`,
        "The orchestrator is heard, but does not take what this peer writes: look at its log and at herdmind inspect refusals.",
      );
    canaryMs = Math.round(performance.now() - since);
    return ok("canary", `${verdict.status} after ${canaryMs} ms: written, carried, judged, and back`);
  });

  const first = checks.find(({ state }) => state === "failed");
  return {
    isWell: first === undefined,
    checks,
    ...(first === undefined ? {} : { firstFailure: first.name }),
    ...(canaryMs === undefined ? {} : { canaryMs }),
  };
};
