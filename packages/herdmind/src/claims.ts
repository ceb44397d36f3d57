/**
 * Claims (E8): whoever is about to search for a remedy says so, and the others wait for what it finds. All of it is advice; each
 * peer decides for itself, by the rules of PROTOCOL.md section 8. Nothing here knows a network: what is heard, how something is
 * said, and time are passed in.
 */
import { claimRank, type Fingerprint, type WriterId } from "@herdmind/protocol";
import type { Schedule } from "@herdmind/sync";
import { createDistrust } from "./distrust.js";

/** A claim that stands, as this peer has heard it. */
export interface Standing {
  readonly writer: WriterId;
  /** Monotonic milliseconds at which it ends unless it is renewed. */
  readonly until: number;
  /** Its claimant has won, and is at work. */
  readonly hasBegun: boolean;
  /** Made by an agent of this node. */
  readonly isLocal: boolean;
}

export interface ClaimsParts {
  /** Claims of this problem that stand, newest first. */
  standing(fingerprint: Fingerprint): readonly Standing[];
  /** Calls back after a claim was made, renewed or released. */
  onClaim(listener: (fingerprint: Fingerprint, writer: WriterId) => void): () => void;
  /** Says it in the name of an agent of this node; 0 releases. `false`: nobody will hear it. */
  say(writer: WriterId, fingerprint: Fingerprint, lifetimeMs: number, hasBegun?: boolean): Promise<boolean>;
  /** Whether this node could learn now what another finds. */
  isConnected(): boolean;
  /** Calls `done` after one settle time; gives what cancels it. */
  settle(done: () => void): () => void;
  /** Calls `done` when what was just said has gone out, and what was said before that has been heard; gives what cancels it. */
  roundTrip(done: () => void): () => void;
  readonly monotonic: () => number;
  readonly schedule: Schedule;
}

/** A wait for somebody else's claim. */
export interface Wait {
  readonly holder: WriterId;
  readonly fingerprint: Fingerprint;
  /** Milliseconds that it lasts at most. */
  readonly patienceMs: number;
}

/** The same, and who waits. */
export interface Hold extends Wait {
  readonly agent: WriterId;
}

export interface Wanted {
  readonly fingerprint: Fingerprint;
  readonly agent: WriterId;
  /** Milliseconds that the agent waits for others, in all. 0: it only says that it searches. */
  readonly patienceMs: number;
  /** Aborts when a remedy is known. */
  readonly learned: AbortSignal;
  onWait?(hold: Hold): void;
  onWaited?(hold: Hold, waited: { readonly ms: number; readonly isLearned: boolean }): void;
}

/** `learned`: do not search. `search`: it is this agent's turn; `end` is called when it has given up, or has found something. */
export type Turn =
  | { readonly type: "learned" }
  | {
      readonly type: "search";
      /** Whether others may have heard the claim. */
      readonly isClaimed: boolean;
      /** Who else is still searching, where patience has ended before they have. */
      readonly holder?: WriterId;
      /** `judged`: settles when canon has said what it thinks of the remedy that was found. Without it: nothing was found. */
      end(judged?: Promise<unknown>): void;
    };

export interface Claims {
  /** Resolves when it is this agent's turn, or nothing is left to do. Never rejects. */
  take(wanted: Wanted): Promise<Turn>;
  /** Looks again: who this node is connected to has changed. */
  wake(): void;
  /** Releases everything that is claimed. */
  close(): Promise<void>;
}

/** Milliseconds that a claim holds: what a killed claimant costs the others at most, and what a busy process may be late. */
const LIFETIME_MS = 15_000;
/** A third, so that one renewal may be lost. */
const RENEW_MS = 5_000;
/** Milliseconds after which a waiting agent looks whether it could still learn anything: nobody tells it that canon has stopped. */
const LOOK_MS = 2_000;
/** Milliseconds that a claim is kept for canon's verdict after a remedy was found: longer, and no orchestrator can be reached. */
const JUDGED_MS = 30_000;
/** Milliseconds after which a claim that has not begun is taken to stand all the same: no settle time lasts longer. */
const MEETING_MS = 2_000;
const LEARNED: Turn = { type: "learned" };

/** Milliseconds after which a release that was not heard is said again. */
const AGAIN_MS = 1_000;
/** Milliseconds between two answers to claims of others: a member that claims without end would else have us talk without end. */
const ANSWER_MS = 250;

export const createClaims = (parts: ClaimsParts): Claims => {
  const { standing, onClaim, say, isConnected, settle, roundTrip, monotonic, schedule } = parts;
  const distrust = createDistrust();
  /** Whoever waits for something to change. */
  const waiting = new Set<() => void>();
  /** Claims of this node whose agents are at work. */
  const working = new Set<{ readonly release: () => Promise<unknown> }>();
  /** Problems that an agent of this node is searching, or about to: another attempt of the same agent waits as others do. */
  const searching = new Set<string>();
  let isClosed = false;
  const wake = (): void => {
    for (const end of [...waiting]) end();
  };

  /** Claims of others that are worth waiting for. */
  const others = ({ fingerprint, agent }: Wanted, without: ReadonlySet<WriterId>): readonly Standing[] => {
    const connected = isConnected();
    return standing(fingerprint).filter(
      ({ writer, isLocal }) =>
        writer !== agent && !without.has(writer) && (connected || isLocal) && distrust.share(writer) > 0,
    );
  };

  /** Resolves when a claim of the problem changes, a remedy is learned, `wake` is called, or `ms` have passed. */
  const change = ({ fingerprint, learned }: Wanted, ms: number): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        for (const stop of stops) stop();
        learned.removeEventListener("abort", end);
        waiting.delete(end);
        resolve();
      };
      const stops = [
        onClaim((changed) => {
          if (changed === fingerprint) end();
        }),
        schedule(end, Math.max(0, ms)),
      ];
      waiting.add(end);
      learned.addEventListener("abort", end);
      if (learned.aborted) end();
    });

  /** The agent works from now on: the claim is renewed, and defended. */
  const work = (wanted: Wanted, isSaid = false): Turn => {
    if (isClosed) return unheard(wanted);
    const { agent, fingerprint } = wanted;
    let answeredAt = Number.NEGATIVE_INFINITY;
    let cancelRenewal = (): void => {};
    let cancelEnd = (): void => {};
    const renew = (): void => void say(agent, fingerprint, LIFETIME_MS, true);
    const keep = (): void => {
      cancelRenewal = schedule(() => {
        renew();
        keep();
      }, RENEW_MS);
    };
    if (!isSaid) renew();
    keep();
    const stopListening = onClaim((changed, writer) => {
      // Whoever has not heard of this claim hears now that it stands.
      if (changed !== fingerprint || writer === agent || monotonic() - answeredAt < ANSWER_MS) return;
      if (!standing(fingerprint).some((one) => one.writer === writer && !one.hasBegun)) return;
      answeredAt = monotonic();
      renew();
    });
    const one = {
      release: async () => {
        if (!working.delete(one)) return;
        cancelRenewal();
        cancelEnd();
        stopListening();
        // Over its rate: others would wait until the claim expires.
        if (!(await say(agent, fingerprint, 0)) && !isClosed) schedule(() => void say(agent, fingerprint, 0), AGAIN_MS);
        leave(agent, fingerprint);
      },
    };
    working.add(one);
    const release = (): void => void one.release();
    return {
      type: "search",
      isClaimed: true,
      end(judged) {
        if (judged === undefined) return release();
        cancelEnd = schedule(release, JUDGED_MS);
        // The remedy is on its way to those who wait, and the release must not overtake it.
        const settled = (): void => {
          if (!working.has(one)) return;
          cancelEnd();
          if (isConnected()) cancelEnd = settle(release);
          else release();
        };
        judged.then(settled, settled);
      },
    };
  };

  /** Says the claim and starts without waiting for anybody. */
  const goAlone = async (wanted: Wanted): Promise<Turn> => {
    const holder = others(wanted, new Set()).at(-1)?.writer;
    const turn = (await say(wanted.agent, wanted.fingerprint, LIFETIME_MS)) ? work(wanted) : unheard(wanted);
    return holder === undefined || turn.type === "learned" ? turn : { ...turn, holder };
  };

  /** Says the claim and waits one settle time. `undefined`: somebody else won. */
  const contest = async (wanted: Wanted, without: ReadonlySet<WriterId>): Promise<Turn | undefined> => {
    const { agent, fingerprint, learned } = wanted;
    if (!(await say(agent, fingerprint, LIFETIME_MS))) return unheard(wanted);
    const rank = claimRank(fingerprint, agent);
    const withdraw = async (): Promise<undefined> => void (await say(agent, fingerprint, 0));
    let settled = false;
    let wakeUp = (): void => {};
    let hasBegun = false;
    const isSettled = (): void => {
      settled = true;
      wakeUp();
    };
    let cancel = isConnected() ? settle(isSettled) : undefined;
    const stops = [onClaim((changed) => changed === fingerprint && wakeUp())];
    const onLearned = (): void => wakeUp();
    learned.addEventListener("abort", onLearned);
    try {
      for (;;) {
        if (learned.aborted) return withdraw().then(() => LEARNED);
        const rivals = others(wanted, without);
        if (cancel === undefined) {
          // Only agents of this node: one after another, so the first one wins.
          const all = standing(fingerprint).map(({ writer }) => writer);
          const older = new Set(all.includes(agent) ? all.slice(all.indexOf(agent) + 1) : []);
          return rivals.some(({ writer }) => older.has(writer)) ? await withdraw() : work(wanted);
        }
        const isBefore = (rival: Standing): boolean =>
          rival.hasBegun || (!hasBegun && claimRank(fingerprint, rival.writer) < rank);
        if (rivals.some(isBefore)) {
          return await withdraw();
        }
        if (settled && hasBegun) return work(wanted, true);
        if (settled) {
          // A process that was held up may have missed a claim: of two that begin at once the one that is heard first goes on.
          settled = false;
          hasBegun = true;
          if (!(await say(agent, fingerprint, LIFETIME_MS, true))) return work(wanted);
          cancel = roundTrip(isSettled);
          continue;
        }
        await new Promise<void>((resolve) => {
          wakeUp = resolve;
        });
      }
    } finally {
      cancel?.();
      for (const stop of stops) stop();
      learned.removeEventListener("abort", onLearned);
    }
  };

  /** Nobody hears this agent: it is not admitted yet, or has said too much. */
  const unheard = ({ agent, fingerprint }: Wanted): Turn => ({
    type: "search",
    isClaimed: false,
    end: () => leave(agent, fingerprint),
  });

  const leave = (agent: WriterId, fingerprint: Fingerprint): void => {
    searching.delete(`${agent}/${fingerprint}`);
    wake();
  };

  const take = async (wanted: Wanted): Promise<Turn> => {
    const { agent, fingerprint, patienceMs, learned, onWait, onWaited } = wanted;
    const key = `${agent}/${fingerprint}`;
    const since = monotonic();
    const hold = { agent, holder: agent, fingerprint, patienceMs };
    const isSecond = searching.has(key) && patienceMs > 0;
    if (isSecond) onWait?.(hold);
    while (searching.has(key) && !learned.aborted && !isClosed && monotonic() - since < patienceMs) {
      await change(wanted, since + patienceMs - monotonic());
    }
    if (isSecond) onWaited?.(hold, { ms: monotonic() - since, isLearned: learned.aborted });
    if (learned.aborted) return LEARNED;
    // Out of patience beside an attempt of its own: that one has the claim, and keeps it.
    if (searching.has(key)) return { type: "search", isClaimed: false, end: () => undefined };
    searching.add(key);
    const turn = await compete(wanted, since + patienceMs);
    if (turn.type === "learned") leave(agent, fingerprint);
    return turn;
  };

  const compete = async (wanted: Wanted, deadline: number): Promise<Turn> => {
    const { agent, fingerprint, patienceMs, learned } = wanted;
    if (patienceMs <= 0) return goAlone(wanted);
    /** Waited for, and in vain: not again for this problem. */
    const inVain = new Set<WriterId>();
    let hold: { readonly shown: Hold; readonly since: number; readonly until: number } | undefined;
    /** Whether it was told that this agent waits: not while claims meet, only once one of them stands. */
    let isTold = false;
    /** Whose claim ended without a remedy, unless that is still on its way. */
    let doubtful: WriterId | undefined;

    const endHold = (isLearned: boolean): void => {
      if (hold === undefined) return;
      const { since, shown } = hold;
      if (isLearned) distrust.paid(shown.holder);
      if (isTold) wanted.onWaited?.(shown, { ms: monotonic() - since, isLearned });
      hold = undefined;
      isTold = false;
    };

    for (;;) {
      if (learned.aborted) {
        if (hold === undefined && doubtful !== undefined) distrust.paid(doubtful);
        endHold(true);
        return LEARNED;
      }
      if (isClosed) return unheard(wanted);
      const now = monotonic();
      const claims = others(wanted, inVain);
      const held = claims.find(({ writer }) => writer === hold?.shown.holder);
      if (hold !== undefined && held === undefined) {
        // Who lost to another claim has promised nothing.
        if (isTold) doubtful = hold.shown.holder;
        endHold(false);
      }
      if (hold !== undefined && now >= hold.until) {
        distrust.cameToNothing(hold.shown.holder);
        inVain.add(hold.shown.holder);
        endHold(false);
        continue;
      }
      if (hold === undefined && now >= deadline) {
        // Out of patience: it says what it does, and waits for nobody. Also where no claim stands: contests that are lost to claims
        // which are gone at once would have no end.
        return goAlone(wanted);
      }
      const holder = held ?? claims.at(-1);
      if (holder === undefined) {
        const turn = await contest(wanted, inVain);
        if (turn?.type !== "learned" && doubtful !== undefined) {
          distrust.cameToNothing(doubtful);
          doubtful = undefined;
        }
        if (turn?.type === "search") return turn;
        continue;
      }
      if (hold === undefined) {
        const most = Math.min(deadline - now, patienceMs * distrust.share(holder.writer));
        hold = {
          shown: { agent, holder: holder.writer, fingerprint, patienceMs: most },
          since: now,
          until: now + most,
        };
      }
      const tellAt = hold.since + MEETING_MS;
      if (!isTold && (holder.hasBegun || now >= tellAt)) {
        isTold = true;
        wanted.onWait?.(hold.shown);
      }
      const next = Math.min(hold.until, holder.until, isTold ? hold.until : tellAt);
      await change(wanted, Math.min(next - monotonic(), LOOK_MS));
    }
  };

  return {
    take,
    wake,
    close: async () => {
      isClosed = true;
      wake();
      await Promise.all([...working].map(({ release }) => release()));
    },
  };
};
