/**
 * The loop of `attempt` over an experience: the same code that a peer's agent runs, with answers that come as JSON. What is learned by
 * others is heard when a claim is renewed, not at once.
 */
import { accept, type EntryId, type Fingerprint } from "@herdmind/protocol";
import type { Agent } from "herdmind";
import {
  type AttemptAgent,
  type AttemptHost,
  attempt,
  createOwnRemedies,
  isApplicable,
  type Known,
  MY_TURN,
  type OnUnreachable,
  type Receipt,
  type Turn,
  type WantedTurn,
} from "herdmind/loop";
import type { Answer, Experience, RecallAsked, ReportAsked } from "./experience.js";

/** Milliseconds that a claim is held for: what a killed process costs the others at most. */
const HELD_MS = 20_000;
/** Milliseconds between renewals: a third, so that one may be lost. Each one asks whether a remedy is known by now. */
const RENEW_MS = 5_000;
/** Milliseconds that a node waits in one claim at most. */
const MAX_WAIT_MS = 60_000;
/** Milliseconds before a claim that is taken is asked for again, where the node answered at once: it waits for nobody there. */
const AGAIN_MS = 250;

type Refused = Extract<Answer<"report">, { readonly ok: false }>;

const failed = ({ rule, message }: Refused): Error => new Error(`${rule}: ${message}`);

const receiptOf = (answered: Answer<"report">): Receipt => {
  if (!answered.ok) throw failed(answered);
  const { ref, id, redactions, verdict } = answered.value;
  // As the node knows it now; nobody is told later.
  return { ...accept(undefined), ref, id, redactions, verdict: Promise.resolve(verdict) };
};

export const attemptOver = (experience: Experience): Agent["attempt"] => {
  const own = createOwnRemedies(Date.now);
  /** Ends keeping what this agent found for a problem: canon knows it now. */
  const judged = new Map<Fingerprint, (() => void)[]>();

  const agent: AttemptAgent = {
    async recall(query) {
      const answered = await experience.recall(query as RecallAsked);
      if (!answered.ok) throw failed(answered);
      const known: Known = answered.value;
      const [asked] = known.fingerprints;
      if (asked !== undefined && known.entries.some(({ provisional }) => provisional !== true)) {
        for (const end of judged.get(asked) ?? []) end();
        judged.delete(asked);
      }
      return known;
    },
    report: async (report) => receiptOf(await experience.report(report as ReportAsked)),
    outcome: async ({ id }, { success }) => receiptOf(await experience.outcome(id, { success })),
  };

  return (task, run, options = {}) => {
    const learners = new Map<Fingerprint, Set<() => void>>();
    const host: AttemptHost = {
      own: {
        of: (fingerprint) => own.of(fingerprint),
        keep(fingerprint, found) {
          const known = new Promise<void>((resolve) => {
            judged.set(fingerprint, [...(judged.get(fingerprint) ?? []), resolve]);
          });
          own.keep(fingerprint, found, known);
        },
      },
      count: () => undefined,
      onLearned(fingerprint, learned) {
        const listening = learners.get(fingerprint) ?? new Set();
        learners.set(fingerprint, listening.add(learned));
        return () => void listening.delete(learned);
      },
      claim: (wanted) =>
        claimThrough(experience, wanted, options.onUnreachable, () => {
          for (const learned of learners.get(wanted.fingerprint) ?? []) learned();
        }),
    };
    return attempt(agent, host, task, run, options);
  };
};

/** Asks for the turn to search, and holds it while the search lasts. `learned`: a remedy is known that was not tried. */
const claimThrough = async (
  experience: Experience,
  { fingerprint, patienceMs, tried, onWait }: WantedTurn,
  onUnreachable: OnUnreachable | undefined,
  learned: () => void,
): Promise<Turn> => {
  const deadline = performance.now() + patienceMs;
  let isWaiting = false;
  for (;;) {
    const left = Math.max(0, Math.round(deadline - performance.now()));
    const waitMs = isWaiting ? Math.min(left, MAX_WAIT_MS) : 0;
    const askedAt = performance.now();
    const answered = await experience.claim({ fingerprint, forMs: HELD_MS, waitMs, exclude: [...tried] });
    if (!answered.ok) {
      // A search that nobody hears of is better than none.
      onUnreachable?.(failed(answered), "claim");
      return MY_TURN;
    }
    const { status, entries = [], holder } = answered.value;
    if (status === "yours") return hold(experience, fingerprint, tried, learned);
    if (status === "known") {
      // Hints that may not be applied unattended: who is told of them has to search all the same.
      if (!entries.some(isApplicable)) return MY_TURN;
      learned();
      return { type: "learned" };
    }
    if (left === 0) return MY_TURN;
    if (!isWaiting && holder !== undefined) onWait?.({ holder: holder.writer, fingerprint, patienceMs: left });
    if (isWaiting && performance.now() - askedAt < AGAIN_MS) await pause(Math.min(AGAIN_MS, left));
    isWaiting = true;
  }
};

const hold = (
  experience: Experience,
  fingerprint: Fingerprint,
  tried: readonly EntryId[],
  learned: () => void,
): Turn => {
  let isOver = false;
  const renew = async (): Promise<void> => {
    const answered = await experience
      .claim({ fingerprint, forMs: HELD_MS, exclude: [...tried] })
      .catch(() => undefined);
    if (isOver) return;
    if (answered?.ok === true && answered.value.status === "known" && answered.value.entries?.some(isApplicable))
      learned();
    timer = setTimeout(renew, RENEW_MS);
  };
  let timer = setTimeout(renew, RENEW_MS);
  return {
    type: "search",
    isClaimed: true,
    end(found) {
      isOver = true;
      clearTimeout(timer);
      // What was reported has released the claim, once canon has judged it.
      if (found === undefined) void experience.claim({ fingerprint, release: true }).catch(() => undefined);
    },
  };
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
