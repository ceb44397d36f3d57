/** The memory of the swarm (E11), read and written through a node. */
import type { MemoryOp } from "@herdmind/protocol";
import type { Agent, Memory, MemoryItem, Peer } from "herdmind";
import type { MemoryReadAnswer, VerbAnswer } from "./answers.js";
import type { Input } from "./verb-input.js";

/** Items and characters of one answer; the rest is asked for with `after`. An item that is larger comes alone. */
const PAGE_ITEMS = 1000;
const PAGE_CHARS = 1024 * 1024;

export const readMemory = async (
  peer: Peer,
  { space, keys, prefix, after, limit = Number.POSITIVE_INFINITY }: Input<"memory-read">,
): Promise<VerbAnswer<"memory-read">> => {
  const memory = peer.memory(space);
  if (keys !== undefined) {
    const items: (MemoryItem | null)[] = [];
    let chars = 0;
    for (const key of keys) {
      const item = (await memory.get(key)) ?? null;
      chars += JSON.stringify(item).length;
      if (items.length > 0 && chars > PAGE_CHARS) break;
      items.push(item);
    }
    return { ok: true, value: { items } };
  }
  return { ok: true, value: await page(memory, { prefix, after, limit }) };
};

const page = async (
  memory: Memory,
  {
    prefix,
    after,
    limit,
  }: { readonly prefix: string | undefined; readonly after: string | undefined; readonly limit: number },
): Promise<MemoryReadAnswer> => {
  const wanted = Math.min(limit, PAGE_ITEMS);
  const found = await memory.list({
    // One more tells whether there are more.
    limit: wanted + 1,
    ...(prefix === undefined ? {} : { prefix }),
    ...(after === undefined ? {} : { after }),
  });
  const items: MemoryItem[] = [];
  let chars = 0;
  for (const item of found.slice(0, wanted)) {
    chars += JSON.stringify(item).length;
    if (items.length > 0 && chars > PAGE_CHARS) break;
    items.push(item);
  }
  const last = items.at(-1);
  return last !== undefined && items.length < found.length ? { items, next: last.key } : { items };
};

export const writeMemory = async (
  agent: Agent,
  { space, ops, waitMs = 0 }: Input<"memory-write">,
): Promise<VerbAnswer<"memory-write">> => {
  const written = await agent.memory(space).write(ops as readonly MemoryOp[], { waitMs });
  return written.ok
    ? { ok: true, value: written.value }
    : { ok: false, rule: written.refusal.rule, message: written.refusal.message };
};
