/**
 * Claims (E8) that clients of a node hold. A client asks, and goes away to search; the node says the claim again and again for it
 * until the client reports what it found, releases it, or has been away for too long.
 */
import type { Fingerprint } from "@herdmind/protocol";
import type { Agent, Turn } from "herdmind";

export interface ClientClaims {
  /** Keeps the turn of an agent for `forMs`; a claim of the same problem that it holds already is held for longer. */
  hold(agent: Agent, fingerprint: Fingerprint, turn: Extract<Turn, { type: "search" }>, forMs: number): void;
  /** Whether this agent holds any claim. */
  holds(agent: Agent): boolean;
  /** Whether this agent holds a claim of this problem; then it is held for `forMs` from now. */
  renew(agent: Agent, fingerprint: Fingerprint, forMs: number): boolean;
  /** The agent has found something, or gives up. `judged`: settles with canon's verdict. `false`: it held none. */
  release(agent: Agent, fingerprint: Fingerprint, judged?: Promise<unknown>): boolean;
  /** Claims that are held. */
  readonly size: number;
}

/** Claims held for the clients of one node; more, and the oldest is released. */
const MAX_HELD = 256;

interface Held {
  readonly turn: Extract<Turn, { type: "search" }>;
  timer: NodeJS.Timeout;
}

export const createClientClaims = (): ClientClaims => {
  const held = new Map<string, Held>();
  const keyOf = (agent: Agent, fingerprint: Fingerprint): string => `${agent.id}/${fingerprint}`;
  const end = (key: string, judged?: Promise<unknown>): boolean => {
    const one = held.get(key);
    if (one === undefined) return false;
    held.delete(key);
    clearTimeout(one.timer);
    one.turn.end(judged);
    return true;
  };
  const endLater = (key: string, forMs: number): NodeJS.Timeout => {
    const timer = setTimeout(() => end(key), forMs);
    timer.unref();
    return timer;
  };
  return {
    hold(agent, fingerprint, turn, forMs) {
      const key = keyOf(agent, fingerprint);
      end(key);
      held.set(key, { turn, timer: endLater(key, forMs) });
      if (held.size > MAX_HELD) end(held.keys().next().value as string);
    },
    holds: (agent) => [...held.keys()].some((key) => key.startsWith(`${agent.id}/`)),
    renew(agent, fingerprint, forMs) {
      const key = keyOf(agent, fingerprint);
      const one = held.get(key);
      if (one === undefined) return false;
      clearTimeout(one.timer);
      one.timer = endLater(key, forMs);
      return true;
    },
    release: (agent, fingerprint, judged) => end(keyOf(agent, fingerprint), judged),
    get size() {
      return held.size;
    },
  };
};
