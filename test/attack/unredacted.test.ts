import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { createLogs } from "@herdmind/log";
import { type EntryId, fromBase64url, importSeed, type RecordBody, record } from "@herdmind/protocol";
import { openLevelStorage } from "@herdmind/storage-level";
import { createSwarm, join, openNode, type Peer, type Verdict } from "herdmind";
import { expect, it } from "vitest";

// Put together at run time, so that no scanner takes this file for a leak.
const TOKEN = ["gh", "p_016C7p0GbqvPYcT3zJk2Yd8eXkQwZb1H2a3B"].join("");
const PASSWORD = "tr0ub4dor!x";
const NOTE = "c0rrecthorse";
const PERSON = "lovelace";
/** Places of the records that hold a secret. */
const REJECTED = [0, 1, 2, 3, 4, 6, 7];
const SECRETS = [TOKEN, PASSWORD, NOTE, PERSON];

/** What canon says at a peer, as bytes of its records: nothing secret may stand in any. */
const canonAt = async ({
  logs,
}: Peer): Promise<{ readonly text: string; readonly verdicts: readonly RecordBody<"verdict">[] }> => {
  const verdicts: RecordBody<"verdict">[] = [];
  const records: unknown[] = [];
  for (const { writer, generation, membership } of logs.list()) {
    if (membership.role !== "orchestrator") continue;
    for await (const block of logs.read({ writer, generation })) {
      for (const one of block.records) {
        records.push(one);
        if (one.type === "verdict") verdicts.push(one.body);
      }
    }
  }
  return { text: JSON.stringify(records), verdicts };
};

/** A modified agent: the keys and logs of a member, and a writer that is given what nobody looked at. */
const writeUnredacted = async (dir: string, genesis: Peer["logs"]["genesis"], entry: EntryId): Promise<void> => {
  const { chain } = JSON.parse(await readFile(joinPath(dir, "peer.json"), "utf8")) as {
    readonly chain: readonly string[];
  };
  const seed = fromBase64url((await readFile(joinPath(dir, "keys", "peer.seed"), "utf8")).trim());
  const storage = await openLevelStorage(joinPath(dir, "db"));
  if (!storage.ok || seed === undefined) throw new Error("The member's directory cannot be opened.");
  const logs = await createLogs({ genesis, storage: storage.value });
  if (!logs.ok) throw new Error(logs.refusal.message);
  const writer = await logs.value.openWriter({ key: await importSeed(seed), chain });
  if (!writer.ok) throw new Error(writer.refusal.message);
  const error = (message: string) => ({ error: { message } });
  const signal = (problem: string, text: string, data: { readonly [key: string]: string } = {}) =>
    record("signal", { type: "ERROR_RESOLVED", problem: error(problem), mitigation: { text, data }, at: 1 });
  const written = await writer.value.append([
    signal("push was refused", `export X=${TOKEN}`),
    signal(`connect postgres://app:${PASSWORD}@db:5432/x failed`, "start it"),
    signal("login failed", "set it", { DB_PASSWORD: PASSWORD }),
    signal(`ENOENT /home/${PERSON}/app/x.js`, "make it"),
    record("outcome", { entry, success: true, at: 2, note: `password=${NOTE}` }),
    signal("the queue is full", "empty it"),
    record("memory", { space: "m", ops: [{ op: "put", key: "DB_PASSWORD", value: PASSWORD }], at: 3 }),
    record("memory", { space: "m", ops: [{ op: "put", key: `by ${TOKEN}`, value: 1, members: ["fine"] }], at: 3 }),
    record("memory", { space: "m", ops: [{ op: "put", key: "kept", value: 1, members: ["fine"] }], at: 3 }),
  ]);
  if (!written.ok) throw new Error(written.refusal.message);
  await writer.value.close();
  await logs.value.close();
  await storage.value.close();
};

it("E2 an agent that skips redaction: nothing secret enters canon, its author is told, and its own log keeps it", async () => {
  const home = await mkdtemp(joinPath(tmpdir(), "herdmind-unredacted-"));
  try {
    const dir = joinPath(home, "mallory");
    await using swarm = await createSwarm({ name: "strict", dir: joinPath(home, "swarm") });
    const good = await swarm.report({ problem: "the spool is full", mitigation: "empty it" });
    if (!good.ok) throw new Error(good.refusal.message);
    expect((await good.verdict).status).toBe("admitted");
    await (await join(await swarm.invite(), { name: "mallory", dir })).close();
    await writeUnredacted(dir, swarm.logs.genesis, good.id);

    const told: Verdict[] = [];
    await using mallory = await openNode({ dir });
    mallory.on("verdict", (verdict) => void told.push(verdict));
    await expect.poll(async () => (await canonAt(mallory)).verdicts.length).toBe(REJECTED.length);
    await expect.poll(() => swarm.stats().immunizations).toBe(2);

    for (const peer of [swarm, mallory]) {
      const { text, verdicts } = await canonAt(peer);
      for (const secret of SECRETS) expect(text).not.toContain(secret);
      expect(verdicts.map(({ of, verdict, rule }) => [of.index, verdict, rule])).toEqual(
        REJECTED.map((index) => [index, "rejected", "E2"]),
      );
      expect(verdicts.map(({ reason }) => /Change that secret|names a person/.test(reason))).toEqual(
        Array(REJECTED.length).fill(true),
      );
      for (const query of [{ text: "push was refused" }, { error: new Error("login failed") }])
        expect((await peer.recall(query)).entries).toEqual([]);
      expect((await peer.memory("m").list()).map(({ key }) => key)).toEqual(["kept"]);
    }
    // The author's node says it as well, in the words of canon.
    await expect.poll(() => told.filter(({ rule }) => rule === "E2").length).toBe(REJECTED.length);
    // An outcome that was rejected does not count.
    expect((await swarm.recall({ text: "the spool is full" })).entries[0]?.evidence.worked).toBe(0);

    // Said openly: what was signed stands in its writer's log, wherever that is carried.
    const own: unknown[] = [];
    for (const { writer, generation } of swarm.logs.ofWriter(mallory.id)) {
      for await (const { records } of swarm.logs.read({ writer, generation })) own.push(...records);
    }
    expect(JSON.stringify(own)).toContain(TOKEN);
  } finally {
    await rm(home, { recursive: true });
  }
});
