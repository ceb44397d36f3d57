/** What a client of a node is called while it is connected (`Naming` of @herdmind/mcp): by the node in this process, or over its socket. */
import type { Naming } from "@herdmind/mcp";
import { streamNode } from "./local-client.js";
import type { NameLease, NameLeases } from "./name-leases.js";

/** For a client of this very process, such as a session over HTTP. */
export const createLocalNaming = (leases: NameLeases): Naming => {
  let lease: NameLease | undefined;
  return {
    // Without a lease it shares its name with another client: its work is kept all the same.
    as: async (name) => {
      lease ??= leases.take(name);
      return lease?.as ?? name;
    },
    [Symbol.dispose]: () => lease?.[Symbol.dispose](),
  };
};

/** Nodes that end one after the other: more are no coincidence. */
const ATTEMPTS = 3;

interface Held {
  readonly as: string;
  hasEnded: boolean;
}

/**
 * For a client in another process. `socketOf` gives the socket of the node, and starts it when none is up; a node that ended meanwhile is
 * asked for the same name again.
 */
export const createNodeNaming = (socketOf: () => Promise<string>): Naming => {
  const ending = new AbortController();
  let held: Held | undefined;
  let taking: Promise<string> | undefined;

  const take = async (name: string): Promise<string> => {
    const before = held === undefined ? {} : { before: held.as };
    // A node that ends this moment is followed by another one, which `socketOf` starts.
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const stream = await streamNode(await socketOf(), "lease", { name, ...before }, ending.signal);
      if (stream === undefined) continue;
      // It is full, or of an older version, which lends no names.
      if (!stream.ok) break;
      const lines = stream.lines[Symbol.asyncIterator]();
      const first = await lines.next().catch(() => undefined);
      if (first?.done !== false) continue;
      if (typeof first.value.as !== "string") break;
      const now: Held = { as: first.value.as, hasEnded: false };
      held = now;
      void lines
        .next()
        .catch(() => undefined)
        .then(() => {
          now.hasEnded = true;
        });
      return now.as;
    }
    return held?.as ?? name;
  };

  return {
    as: async (name) => {
      if (held?.hasEnded === false) return held.as;
      taking ??= take(name).finally(() => {
        taking = undefined;
      });
      return taking;
    },
    [Symbol.dispose]: () => ending.abort(),
  };
};
