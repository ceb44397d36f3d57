/** Offers a peer a canon that its orchestrator never wrote, in every way the bench knows, and counts what it takes. */
import { readFile } from "node:fs/promises";
import { join as joinPath } from "node:path";
import type { Logs } from "@herdmind/log";
import {
  type BlockHash,
  clientIdOf,
  fromBase64url,
  generateKey,
  headOf,
  importSeed,
  type KeyPair,
  type LogId,
  readBlock,
  sealBlock,
} from "@herdmind/protocol";
import { createSwarm, join, type Peer } from "herdmind";
import * as Y from "yjs";
import { serve } from "../frame/serve.ts";
import { must } from "../load/logs.ts";
import { reportOf, seeded } from "../load/signals.ts";

/** Blocks in one Y.Array. */
const SEGMENT = 1024;

interface Genuine {
  readonly log: LogId;
  readonly blocks: readonly Uint8Array[];
  readonly key: KeyPair;
  readonly ticket: string;
}

const makeCanon = async (dir: string, entries: number): Promise<Genuine> => {
  const swarm = await createSwarm({ name: "bench", dir, relay: false });
  for (let n = 0; n < entries; n++) {
    const receipt = await swarm.report(reportOf(n));
    if (!receipt.ok) throw new Error(receipt.refusal.message);
    await receipt.verdict;
  }
  const log = swarm.canon.head();
  if (log === undefined) throw new Error("there is no canon");
  const blocks: Uint8Array[] = [];
  for await (const { bytes } of swarm.logs.read(log)) blocks.push(bytes);
  const seed = fromBase64url((await readFile(joinPath(dir, "keys", "peer.seed"), "utf8")).trim());
  const ticket = await swarm.invite();
  await swarm.close();
  if (seed === undefined) throw new Error("the orchestrator's key is not where it was");
  return { log: { writer: log.writer, generation: log.generation }, blocks, key: await importSeed(seed), ticket };
};

/** An update in the form that the log itself uses, with whatever blocks an attacker puts in; `from` is held already. */
const updateOf = (logs: Logs, log: LogId, before: readonly Uint8Array[], blocks: readonly Uint8Array[]): Uint8Array => {
  const doc = new Y.Doc();
  doc.clientID = clientIdOf(logs.swarm, log);
  const push = (from: number, some: readonly Uint8Array[]): void => {
    for (const [i, b] of some.entries()) doc.getArray(`segment/${Math.floor((from + i) / SEGMENT)}`).push([{ b }]);
  };
  push(0, before);
  const known = Y.encodeStateVector(doc);
  push(before.length, blocks);
  return Y.encodeStateAsUpdate(doc, known);
};

/** The same, with the last genuine element deleted by Yjs' own means. */
const deletion = (logs: Logs, log: LogId, blocks: readonly Uint8Array[]): Uint8Array => {
  const doc = new Y.Doc();
  doc.clientID = clientIdOf(logs.swarm, log);
  const array = doc.getArray("segment/0");
  for (const b of blocks.slice(0, SEGMENT)) array.push([{ b }]);
  array.delete(array.length - 1, 1);
  return Y.encodeStateAsUpdate(doc);
};

/** The same, with a block in the middle of what is held. */
const insertion = (
  logs: Logs,
  log: LogId,
  blocks: readonly Uint8Array[],
  at: number,
  block: Uint8Array,
): Uint8Array => {
  const doc = new Y.Doc();
  doc.clientID = clientIdOf(logs.swarm, log);
  const array = doc.getArray("segment/0");
  for (const b of blocks.slice(0, SEGMENT)) array.push([{ b }]);
  array.insert(Math.min(at, array.length), [{ b: block }]);
  return Y.encodeStateAsUpdate(doc);
};

const changed = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
};

/** Takes the genuine blocks up to `held`, which no attack can do without. */
const victimWith = async ({ ticket, log, blocks }: Genuine, held: number): Promise<Peer> => {
  const victim = await join(ticket, { name: "victim", connect: false });
  const receipt = await victim.logs.ingest(log, updateOf(victim.logs, log, [], blocks.slice(0, held)), "genuine");
  if (!receipt.ok) throw new Error(receipt.refusal.message);
  return victim;
};

/** Blocks shown of canon that are not the genuine ones, or stand at `limit` or above. A genuine one that is missing is a bug. */
const accepted = async (victim: Peer, { log, blocks }: Genuine, limit: number): Promise<number> => {
  await victim.canon.settled();
  let wrong = 0;
  let length = 0;
  for await (const { sequence, bytes } of victim.logs.read(log)) {
    length++;
    const genuine = blocks[sequence];
    if (sequence >= limit || genuine === undefined || Buffer.compare(genuine, bytes) !== 0) wrong++;
  }
  if (length < limit) throw new Error(`an attack made ${limit - length} genuine blocks disappear`);
  return wrong;
};

serve({
  /** Offers at `rounds` random places; how many were offered, and how many forged, reordered, deleted or forked blocks were taken. */
  attack: async (dir: string, entries: number, rounds: number, seed: number) => {
    const genuine = await makeCanon(dir, entries);
    const { log, blocks, key } = genuine;
    const random = seeded(seed);
    const outsider = await generateKey();
    let offered = 0;
    let taken = 0;
    for (let round = 0; round < rounds; round++) {
      // At least the first block is held, and at least two follow.
      const held = 1 + Math.floor(random() * (blocks.length - 3));
      const victim = await victimWith(genuine, held);
      const { logs } = victim;
      const swarm = logs.swarm;
      const before = blocks.slice(0, held);
      const next = blocks[held] as Uint8Array;
      const after = blocks[held + 1] as Uint8Array;
      const opened = must(readBlock(next));
      const { sequence, previous, codec } = opened.header;
      const place = { swarm, ...log, sequence, previous, codec };
      const forger: KeyPair = { ...outsider, id: log.writer };
      const forged = (await sealBlock(forger, place, opened.payload)).bytes;
      const wrongPast = { ...place, previous: must(readBlock(after)).hash as BlockHash };
      const offers: readonly (readonly Uint8Array[] | Uint8Array)[] = [
        // Forged: the payload, the header, the signature, the key, the place in the chain.
        [changed(next, next.length - 1)],
        [changed(next, 10)],
        [changed(next, headOf(next).length - 1)],
        [forged],
        [(await sealBlock(key, wrongPast, opened.payload)).bytes],
        // Reordered: two blocks swapped, an old one again, the next one twice.
        [after, next],
        [before[held - 1] as Uint8Array],
        [after],
        // Deleted: an element by Yjs' own delete set; inserted between two.
        deletion(logs, log, before),
        insertion(logs, log, before, Math.floor(random() * held), next),
      ];
      for (const offer of offers) {
        offered++;
        await logs.ingest(log, offer instanceof Uint8Array ? offer : updateOf(logs, log, before, offer), "attacker");
      }
      taken += await accepted(victim, genuine, held);
      // Forked: the orchestrator itself signs a second block for one place. Nothing from there on may count, in either order.
      const other = must(readBlock(after));
      const twin = (await sealBlock(key, { ...place, codec: other.header.codec }, other.payload)).bytes;
      const [first, second] = random() < 0.5 ? [next, twin] : [twin, next];
      offered++;
      const control = await logs.ingest(log, updateOf(logs, log, before, [first]), "attacker");
      // Attacks that nobody could take, because their form is wrong, would prove nothing.
      if (!control.ok) throw new Error(`a signed block in its place was refused: ${control.refusal.message}`);
      await logs.ingest(log, updateOf(logs, log, before, [second]), "attacker");
      taken += await accepted(victim, genuine, held);
      const shownEntries = [...victim.canon.view.entries.values()].length;
      const genuineEntries = await entriesIn(genuine, held);
      if (shownEntries > genuineEntries) taken += shownEntries - genuineEntries;
      await victim.close();
    }
    return { offered, taken };
  },
});

/** Entries that the first `held` genuine blocks make. */
const entriesIn = async (genuine: Genuine, held: number): Promise<number> => {
  const honest = await victimWith(genuine, held);
  await honest.canon.settled();
  const count = honest.canon.view.entries.size;
  await honest.close();
  return count;
};
