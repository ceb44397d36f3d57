/** The memory of a swarm through the node of a directory: what `peer.memory` gives, for a program that holds no node. */
import { accept, type JsonObject, type Refusal } from "@herdmind/protocol";
import type { Memory, MemoryItem } from "herdmind";
import type { MemoryReadAnswer, VerbAnswer } from "./answers.js";
import { type EnsureOptions, ensureNode } from "./ensure-node.js";
import { askNode } from "./local-client.js";

export interface NodeMemoryOptions extends EnsureOptions {
  /** The agent in whose log writes stand; default: the node's own. */
  readonly as?: string;
}

/**
 * Asks the node of `dir`, which is started when none is there. Reading throws an `Error` where the node refuses or cannot be had; a
 * write that is refused is a value.
 */
export const nodeMemory = (space: string, { as, ...ensure }: NodeMemoryOptions): Memory => {
  const ask = async <Name extends "memory-read" | "memory-write">(
    verb: Name,
    input: JsonObject,
  ): Promise<VerbAnswer<Name>> => {
    for (;;) {
      const node = await ensureNode(ensure);
      if (!node.ok) return { ok: false, rule: node.refusal.rule, message: node.refusal.message };
      const said = await askNode(node.value.socket, verb, { space, ...input }, ensure.signal);
      // It ended between the two, for example because nobody used it for a while: then another one is started.
      if (said !== undefined) return said;
    }
  };
  const read = async (input: JsonObject): Promise<MemoryReadAnswer> => {
    const said = await ask("memory-read", input);
    if (!said.ok) throw new Error(`${said.message} (${said.rule})`);
    return said.value;
  };

  return {
    get: async (key) => (await read({ keys: [key] })).items[0] ?? undefined,
    list: async ({ prefix, after, limit = Number.POSITIVE_INFINITY } = {}) => {
      const items: MemoryItem[] = [];
      for (let from = after; items.length < limit; ) {
        const page = await read({
          ...(prefix === undefined ? {} : { prefix }),
          ...(from === undefined ? {} : { after: from }),
          ...(limit === Number.POSITIVE_INFINITY ? {} : { limit: limit - items.length }),
        });
        items.push(...page.items.filter((item) => item !== null));
        if (page.next === undefined) break;
        from = page.next;
      }
      return items;
    },
    write: async (ops, { waitMs } = {}) => {
      const said = await ask("memory-write", {
        ops: ops as unknown as JsonObject[],
        ...(as === undefined ? {} : { as }),
        ...(waitMs === undefined ? {} : { waitMs }),
      });
      if (said.ok) return accept(said.value);
      return { ok: false, refusal: { rule: said.rule as Refusal["rule"], fault: "none", message: said.message } };
    },
  };
};
