/** A2: admission derives everything from canon. Killed between any two steps, it admits nothing twice and forgets nothing. */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { followCanon } from "@herdmind/canon";
import { verdictOf, viewHash } from "@herdmind/experience";
import { createLogs } from "@herdmind/log";
import {
  createGenesis,
  type EntryId,
  exportSeed,
  type Genesis,
  generateKey,
  issueCredential,
  type LogId,
  type RecordRef,
  record,
  type Signal,
  toBase64url,
} from "@herdmind/protocol";
import { openLevelStorage } from "@herdmind/storage-level";
import { createMemoryStorage } from "@herdmind/storage-memory";
import { afterAll, expect, it } from "vitest";

const ROUNDS = Number(process.env["HERDMIND_CRASH_ROUNDS"] ?? 16);
const PROGRAM = resolve(import.meta.dirname, "processes/admission-process.ts");
const dirs: string[] = [];
afterAll(() => Promise.all(dirs.map((dir) => rm(dir, { recursive: true, force: true }))));

const must = <T>(result: { readonly ok: boolean; readonly value?: T }): T => {
  if (!result.ok) throw new Error(JSON.stringify(result));
  return result.value as T;
};
const letters = (n: number): string => [...String(n)].map((digit) => "bcdfghjklm"[Number(digit)]).join("");

interface Proposal {
  readonly ref: RecordRef;
  readonly body: Signal;
}

/** Two agents with problems of their own, so that canon does not depend on who is admitted first. */
const makeTask = async () => {
  const [root, key] = [await generateKey(), await generateKey()];
  const genesis = createGenesis("kill", root.publicKey, crypto.getRandomValues(new Uint8Array(16)));
  const credential = (sub: typeof key, role: "orchestrator" | "agent") =>
    issueCredential(root, { sub: sub.id, aud: genesis.swarm, role, iat: 1, use: "member" });
  const proposals: Proposal[] = [];
  const updates: (LogId & { update: string })[] = [];
  for (const agent of ["x", "y"]) {
    const agentKey = await generateKey();
    const logs = must(await createLogs({ genesis, storage: createMemoryStorage() }));
    const writer = must(await logs.openWriter({ key: agentKey, chain: [await credential(agentKey, "agent")] }));
    for (let i = 0; i < 24; i++) {
      const text = `${agent} gear ${letters(i % 15)} is broken`;
      const body: Signal = { type: "ERROR_RESOLVED", problem: { text }, mitigation: { text: "mend it" }, at: i };
      const receipt = await writer.append([record("signal", body)]);
      if (!receipt.ok) throw new Error(receipt.refusal.message);
      proposals.push({ ref: { ...receipt.log, sequence: receipt.sequence, index: receipt.index }, body });
    }
    const log = writer.log as LogId;
    const part = await logs.update(log, 0, 4_000_000);
    updates.push({ ...log, update: toBase64url(part?.update as Uint8Array) });
    await logs.close();
  }
  const task = {
    genesis: toBase64url(genesis.bytes),
    seed: toBase64url(await exportSeed(key)),
    chain: [await credential(key, "orchestrator")],
    updates,
  };
  return { genesis, task, proposals };
};

const run = (dir: string, file: string, write: number, when: "before" | "after"): "killed" | "admitted" => {
  const ended = spawnSync(process.execPath, [PROGRAM, dir, file, String(write), when], { encoding: "utf8" });
  if (ended.signal === "SIGKILL") return "killed";
  if (ended.status !== 0 || !ended.stdout.includes("admitted")) throw new Error(`${ended.stdout}\n${ended.stderr}`);
  return "admitted";
};

const look = async (genesis: Genesis, dir: string, proposals: readonly Proposal[]) => {
  const logs = must(await createLogs({ genesis, storage: must(await openLevelStorage(dir)) }));
  const canon = await followCanon({ logs });
  const entries: EntryId[] = [];
  for (const part of logs.list()) {
    let isCheckpoint = part.continues !== undefined;
    if (part.membership.role !== "orchestrator") continue;
    for await (const block of logs.read(part)) {
      for (const one of block.records) {
        if (one.type === "checkpoint-end") isCheckpoint = false;
        else if (one.type === "immunization" && !isCheckpoint) entries.push(one.body.id);
      }
    }
  }
  const found = {
    hash: viewHash(canon.view),
    term: canon.head()?.term,
    generations: logs.list().length - 2,
    alarms: canon.alarms(),
    proofs: logs.proofs().length,
    entries,
    verdicts: proposals.map(({ ref, body }) => verdictOf(canon.view, body, ref).verdict),
  };
  await canon.close();
  await logs.close();
  return found;
};

it("A2 a killed admission admits nothing twice and forgets nothing, before and after every write", {
  timeout: 240_000,
}, async () => {
  const { genesis, task, proposals } = await makeTask();
  const home = await mkdtemp(join(tmpdir(), "herdmind-admission-"));
  dirs.push(home);
  const file = join(home, "task.json");
  await writeFile(file, JSON.stringify(task));
  const calm = join(home, "calm");
  expect(run(calm, file, 0, "before")).toBe("admitted");
  const expected = await look(genesis, calm, proposals);
  expect(expected.entries.length).toBe(30);
  expect(expected.generations).toBeGreaterThan(2);

  // One directory, killed again and again: at its first write, before and after it, at its second, and so on.
  const dir = join(home, "killed");
  let kills = 0;
  for (let round = 0; round < ROUNDS; round++) {
    if (run(dir, file, 1 + ((round >> 1) % 8), round % 2 === 0 ? "before" : "after") === "killed") kills++;
  }
  run(dir, file, 0, "before");
  const found = await look(genesis, dir, proposals);
  expect(kills).toBeGreaterThan(5);
  expect(new Set(found.entries).size).toBe(found.entries.length);
  expect(found.entries.toSorted()).toEqual(expected.entries.toSorted());
  expect(found.verdicts).toEqual(expected.verdicts);
  expect(found.verdicts.every((verdict) => verdict === "admitted" || verdict === "corroborates")).toBe(true);
  expect({ hash: found.hash, term: found.term, alarms: found.alarms, proofs: found.proofs }).toEqual({
    hash: expected.hash,
    term: 1,
    alarms: [],
    proofs: 0,
  });
});
