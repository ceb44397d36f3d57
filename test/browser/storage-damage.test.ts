// What somebody else does to the database between two visits: found, said, never shown, and fetched again from peers.
import { resolve } from "node:path";
import { createLogs, encodeUpdate, type Logs } from "@herdmind/log";
import { clientIdOf, logKey, type Result } from "@herdmind/protocol";
import { createMemoryStorage } from "@herdmind/storage-memory";
import { type SampleChain, type SampleSwarm, sampleChain, sampleSwarm, unwrap } from "@herdmind/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Served, servePages } from "./pages.ts";
import { createProfile, type Profile } from "./profile.ts";
import { createStoragePages, type RemoteStorage, type StoragePages } from "./remote-storage.ts";

const LENGTH = 12;

let pages: Served;
let profile: Profile;
let storages: StoragePages;
let swarm: SampleSwarm;
let chain: SampleChain;
let other: SampleChain;
let made = 0;

beforeAll(async () => {
  pages = await servePages({ storage: resolve(import.meta.dirname, "pages/storage.ts") });
  profile = await createProfile();
  swarm = await sampleSwarm(7);
  chain = await sampleChain(swarm, await swarm.member(0), LENGTH);
  other = await sampleChain(swarm, await swarm.member(1), LENGTH);
  // Rows come in the order of their keys: the rows of `chain` are the first ones.
  if (logKey(chain.log) > logKey(other.log)) [chain, other] = [other, chain];
  storages = createStoragePages(await profile.open(), `${pages.url}/storage.html`, [chain.log, other.log]);
});
afterAll(async () => {
  await profile[Symbol.asyncDispose]();
  await pages[Symbol.asyncDispose]();
});

const value = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
};

/** A peer that holds both logs, to fetch from. */
const peer = async (): Promise<Logs> => {
  const logs = value(await createLogs({ genesis: swarm.genesis, storage: createMemoryStorage() }));
  for (const { log, bytes } of [chain, other]) {
    const receipt = await logs.ingest(log, encodeUpdate(clientIdOf(swarm.genesis.swarm, log), 0, bytes), "peer");
    if (!receipt.ok) throw new Error(receipt.refusal.message);
  }
  return logs;
};

const fetchFrom = async (source: Logs, logs: Logs): Promise<void> => {
  for (const { log } of [chain, other]) {
    const update = await source.update(log, logs.get(log)?.length ?? 0, 1_000_000);
    if (update !== undefined) expect(await logs.ingest(log, update.update, "peer")).toMatchObject({ ok: true });
  }
};

const shown = async (logs: Logs, { log }: SampleChain): Promise<readonly string[]> => {
  const blocks: string[] = [];
  for await (const block of logs.read(log)) blocks.push(Buffer.from(block.bytes).toString("hex"));
  return blocks;
};
const hexOf = ({ bytes }: SampleChain): readonly string[] => bytes.map((block) => Buffer.from(block).toString("hex"));

/** Rows as they are written into a page's own code: bytes as arrays. */
type Change = (database: string) => string;
const rows = (store: string, list: string): Change => {
  return (name) => `putRows(${JSON.stringify(name)}, ${JSON.stringify(store)}, ${list})`;
};
/** Runs `code` with `all`, the rows of a store, and puts what it answers: rows without a value are deleted. */
const edit = (store: string, code: string): Change => {
  return (name) =>
    `rowsOf(${JSON.stringify(name)}, ${JSON.stringify(store)}).then((all) => putRows(${JSON.stringify(name)}, ${JSON.stringify(store)}, (${code})(all)))`;
};

interface Opened {
  readonly storage: RemoteStorage;
  readonly logs: Logs;
}

/** Two logs in a database, closed; the change; then opened again. */
const onChanged = async (change: Change, test: (opened: Opened) => Promise<void>): Promise<void> => {
  const name = `damage-${++made}`;
  await using source = await peer();
  const first = unwrap(await storages.open(name));
  {
    await using logs = value(await createLogs({ genesis: swarm.genesis, storage: first }));
    await fetchFrom(source, logs);
    await logs.meta.set("note", Uint8Array.of(1, 2, 3));
  }
  await first.page.evaluate(change(name));
  const storage = unwrap(await storages.open(name));
  {
    await using logs = value(await createLogs({ genesis: swarm.genesis, storage }));
    await test({ storage, logs });
    // Whatever was done to it: peers bring it back whole, and it stays whole.
    await fetchFrom(source, logs);
    for (const each of [chain, other]) expect(await shown(logs, each)).toEqual(hexOf(each));
  }
  const again = unwrap(await storages.open(name));
  {
    await using logs = value(await createLogs({ genesis: swarm.genesis, storage: again }));
    expect([again.repairs, logs.damage]).toEqual([[], []]);
    for (const each of [chain, other]) expect(await shown(logs, each)).toEqual(hexOf(each));
  }
  await storages.remove(name);
};

const keyOf = (row: string) => `({ key: ${row}.key })`;

describe("blocks changed between two visits", () => {
  it("finds nothing when nothing is changed", () =>
    onChanged(rows("meta", "[]"), async ({ storage, logs }) => {
      expect([storage.repairs, logs.damage, storage.origin]).toEqual([[], [], "created-here"]);
      expect(await logs.meta.get("note")).toEqual(Uint8Array.of(1, 2, 3));
    }));

  const cases: readonly (readonly [string, Change, number])[] = [
    ["L4 a byte is changed", edit("blocks", "(all) => { all[5].value[40] ^= 1; return [all[5]]; }"), 5],
    [
      "L4 a byte of the last block is changed",
      edit("blocks", `(all) => { all[${LENGTH - 1}].value[9] ^= 1; return [all[${LENGTH - 1}]]; }`),
      LENGTH - 1,
    ],
    ["L3 a row is deleted", edit("blocks", `(all) => [${keyOf("all[5]")}]`), 5],
    ["L3 the first row is deleted", edit("blocks", `(all) => [${keyOf("all[0]")}]`), 0],
    [
      "L4 two rows change places",
      edit("blocks", "(all) => [{ key: all[5].key, value: all[6].value }, { key: all[6].key, value: all[5].value }]"),
      5,
    ],
    [
      "L1 a block of the other log stands there",
      edit("blocks", `(all) => [{ key: all[5].key, value: all[${LENGTH + 5}].value }]`),
      5,
    ],
    ["a row holds something else", edit("blocks", '(all) => [{ key: all[5].key, value: "nothing" }]'), 5],
    ["all blocks are deleted", edit("blocks", "(all) => all.map(({ key }) => ({ key }))"), 0],
  ];
  it.each(cases)("%s", (_title, change, kept) =>
    onChanged(change, async ({ storage, logs }) => {
      const damaged = logs.damage.find(({ log }) => logKey(log) === logKey(chain.log));
      expect(damaged).toMatchObject({ kept, had: LENGTH });
      expect(await shown(logs, chain)).toEqual(hexOf(chain).slice(0, kept));
      expect(storage.originOf(chain.log)).toBe("moved");
    }),
  );

  it("rows that belong to nothing are passed over", () =>
    onChanged(
      rows(
        "blocks",
        `((log) => [{ key: [log, 5.5], value: new Uint8Array(9) }, { key: [log, 5, 1], value: 1 }, { key: [log, ${LENGTH}], value: new Uint8Array(3) }, { key: "x", value: {} }, { key: [77, 0], value: new Uint8Array(3) }])(${JSON.stringify(logKey(chain.log))})`,
      ),
      async ({ storage, logs }) => {
        expect([storage.repairs, logs.damage, storage.origin]).toEqual([[], [], "created-here"]);
        for (const each of [chain, other]) expect(await shown(logs, each)).toEqual(hexOf(each));
      },
    ));
});

describe("heads, counts, names and proofs changed between two visits", () => {
  const isMoved = ({ storage }: Opened): void => {
    expect(storage.origin).toBe("moved");
    expect([chain, other].map(({ log }) => storage.originOf(log))).toEqual(["moved", "moved"]);
  };
  const heads: readonly (readonly [string, Change, RegExp])[] = [
    [
      "a head is set back",
      edit("heads", "(all) => [{ key: all[0].key, value: { ...all[0].value, length: 8 } }]"),
      /24 blocks were stored, and the heads say 20/,
    ],
    ["a head is garbage", edit("heads", "(all) => [{ key: all[0].key, value: 7 }]"), /head of log .* was unreadable/],
    ["a head names no log", rows("heads", '[{ key: "nobody", value: {} }]'), /a head named no log/],
    ["the counts are gone", rows("state", '[{ key: "state" }]'), /row that counts the others/],
    [
      "the counts are garbage",
      rows("state", '[{ key: "state", value: { format: 1, epoch: "1" } }]'),
      /row that counts the others/,
    ],
    ["a proof is there that nobody stored", rows("proofs", "[{ key: 0, value: 5 }]"), /fork proof was unreadable/],
    [
      "a proof of bytes is there that nobody stored",
      rows("proofs", "[{ key: 0, value: new Uint8Array(5) }]"),
      /0 fork proofs were stored, 1 are there/,
    ],
  ];
  it.each(heads)("L8 %s: it is said, and no writer goes on as if nothing had happened", (_title, change, said) =>
    onChanged(change, async (opened) => {
      expect(opened.storage.repairs.join("; ")).toMatch(said);
      isMoved(opened);
    }),
  );

  it("L8 a head is deleted: nobody is told that nothing was lost", () =>
    onChanged(edit("heads", `(all) => [${keyOf("all[0]")}]`), async ({ storage }) => {
      expect(storage.repairs.join()).toMatch(/2 logs were stored, 1 are there/);
      expect(storage.origin).toBe("moved");
    }));

  it("a name holds something else: it is as if it had never been set", () =>
    onChanged(edit("meta", '(all) => all.map(({ key }) => ({ key, value: "text" }))'), async ({ logs }) => {
      expect(await logs.meta.get("note")).toBeUndefined();
    }));
});
