/**
 * Claims (E8) between tabs: the tab that leads claims in the name of an agent in another tab, and tells it when it is its turn. A
 * tab that takes over claims anew; the agent goes on meanwhile, as claims are advice.
 */
import type { JsonObject, JsonValue } from "@herdmind/protocol";
import type { Hold, Turn, Wanted } from "../claims.js";
import type { HostingPeer } from "../hosting.js";
import type { TabLink } from "./tab-link.js";

/** Milliseconds: a day. Infinity does not travel between tabs. */
const LONGEST_MS = 86_400_000;

/** In the tab that leads. Gives what ends it: with `isFound`, the claim is kept until `end` is called once more. */
export const claimForTab = (
  claim: HostingPeer["hosting"]["claim"],
  agent: Wanted["agent"],
  { fingerprint, patienceMs }: Pick<Wanted, "fingerprint" | "patienceMs">,
  news: (news: JsonValue) => void,
): ((isFound?: true) => void) => {
  const ended = new AbortController();
  const judged = Promise.withResolvers<void>();
  let turn: Turn | undefined;
  let isFound = false;
  claim(agent, {
    fingerprint,
    patienceMs,
    learned: ended.signal,
    onWait: (hold) => news({ wait: { ...hold } }),
  }).then(
    (given) => {
      turn = given;
      // The other tab has left while it waited; or it is not served any more, and goes on alone.
      if (ended.signal.aborted && given.type === "search") given.end();
      else news({ turn: "search", isClaimed: given.type === "search" && given.isClaimed });
    },
    () => news({ turn: "search", isClaimed: false }),
  );
  return (found) => {
    if (turn?.type === "search" && found === true && !isFound) {
      isFound = true;
      turn.end(judged.promise);
      return;
    }
    judged.resolve();
    if (turn?.type === "search" && !isFound) turn.end();
    ended.abort(new Error("the tab has ended its search"));
  };
};

/** In any tab. */
export const claimThrough = (
  link: TabLink,
  agent: string | null,
  { fingerprint, patienceMs, learned, onWait }: Omit<Wanted, "agent">,
  monotonic: () => number = () => performance.now(),
): Promise<Turn> =>
  new Promise((resolve) => {
    const deadline = monotonic() + Math.min(patienceMs, LONGEST_MS);
    let isAtWork = false;
    /** To a tab that takes over: what is left of the patience, and none where the agent is at work already. */
    const asked = (): JsonObject => ({
      agent,
      fingerprint,
      patienceMs: isAtWork ? 0 : Math.max(0, deadline - monotonic()),
    });
    const hear = (news: JsonValue | undefined): void => {
      const { turn, isClaimed, wait } = news as JsonObject;
      if (wait !== undefined) onWait?.(wait as unknown as Hold);
      if (turn !== "search") return;
      learned.removeEventListener("abort", leave);
      isAtWork = true;
      resolve({
        type: "search",
        isClaimed: isClaimed === true,
        end: (judged) => {
          if (judged === undefined) {
            watch.end();
            return;
          }
          watch.tell({ isFound: true });
          void judged.then(watch.end, watch.end);
        },
      });
    };
    const watch = link.watch("claim", asked, hear, () => hear({ turn: "search", isClaimed: false }));
    const leave = (): void => {
      learned.removeEventListener("abort", leave);
      watch.end();
      resolve({ type: "learned" });
    };
    learned.addEventListener("abort", leave);
    if (learned.aborted) leave();
  });
