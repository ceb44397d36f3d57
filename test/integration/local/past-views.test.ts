/** A slider over canon with several generations, in the process of a peer: each moment is what the log says, however one came there. */
import { followCanon, historyHeld } from "@herdmind/canon";
import type { Entries, Moment } from "@herdmind/dashboard";
import { createClientClaims, runVerb } from "@herdmind/local";
import { record } from "@herdmind/protocol";
import { createMemoryStorage } from "@herdmind/storage-memory";
import fc from "fast-check";
import { lookBack, type Peer } from "herdmind";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createCanonFixture, entry, evidence, type Scribe } from "../../../packages/canon/src/canon.fixture.ts";

let scribe: Scribe;
let peer: Peer;
let at = 0;

const write = async (blocks: number): Promise<void> => {
  for (let i = 0; i < blocks; i++) {
    at += 1;
    await scribe.write(
      record("time", { at }),
      entry(`e${at}`),
      evidence(`e${Math.ceil(at / 3)}`, `w${at % 4}`, at % 5 > 0),
    );
  }
};

beforeAll(async () => {
  scribe = await (await createCanonFixture()).scribe(createMemoryStorage());
  await write(9);
  await scribe.rollOver();
  await write(14);
  await scribe.rollOver();
  await write(5);
  const canon = await followCanon({ logs: scribe.logs });
  // What the verbs about the past ask of a peer.
  peer = { logs: scribe.logs, canon, on: () => () => undefined } as unknown as Peer;
});
afterAll(async () => {
  await peer.canon.close();
  await scribe.close();
});

const ask = async <T>(
  verb: "moment" | "entries",
  input: { readonly [name: string]: number | boolean | string },
): Promise<T> => {
  const answered = await runVerb({ peer, claims: createClientClaims() }, verb, input);
  if (!answered.ok) throw new Error(answered.message);
  return answered.value as T;
};

/** Each moment folded from the beginning of its generation. */
const foldedAnew = async (number: number) => {
  const past = await lookBack(peer, { number });
  if (!past.ok) throw new Error(past.refusal.message);
  return { viewHash: past.value.viewHash, ids: [...past.value.past.view.entries.keys()] };
};

const sameAsAnew = async (blocks: number): Promise<void> => {
  const { viewHash } = await ask<Moment>("moment", { blocks, withHash: true });
  const { rows } = await ask<Entries>("entries", { atBlocks: blocks, sort: "oldest", limit: 200 });
  expect({ viewHash, ids: rows.map(({ id }) => id) }, `at ${blocks}`).toEqual(await foldedAnew(blocks));
};

test("A4 property: a moment is the same wherever the slider came from, through generations and while canon grows", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(1000), { minLength: 2, maxLength: 12 }), async (jumps) => {
      await peer.canon.settled();
      const { to } = historyHeld(peer.logs, peer.canon);
      for (const jump of jumps) await sameAsAnew(jump % (to + 1));
      await write(1);
    }),
    { numRuns: 25 },
  );
});

test("A4 each moment is the same on the way back and forth again", async () => {
  await peer.canon.settled();
  const { to } = historyHeld(peer.logs, peer.canon);
  for (let blocks = to; blocks >= 0; blocks--) await sameAsAnew(blocks);
  for (let blocks = 0; blocks <= to; blocks += 3) await sameAsAnew(blocks);
});
