// The red alarm on the page: a thief of the orchestrator's key signs canon a second time, and a person sees it.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as pathOf } from "node:path";
import { createClientClaims, createWeb } from "@herdmind/local";
import { createLogs, encodeUpdate } from "@herdmind/log";
import { clientIdOf, fromBase64url, importSeed, type LogId, readGenesis, record } from "@herdmind/protocol";
import { createMemoryStorage } from "@herdmind/storage-memory";
import { createSwarm, type Swarm } from "herdmind";
import { expect, it } from "vitest";
import { goTo, openDashboard } from "./dashboard-visit.ts";
import { createProfile } from "./profile.ts";

const there = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error("it is not there");
  return value;
};
type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: { readonly message: string } };
const taken = <T>(answer: Answer<T>): T => {
  if (!answer.ok) throw new Error(answer.refusal.message);
  return answer.value;
};

interface SignedAgain {
  readonly log: LogId;
  readonly update: Uint8Array;
}

/** Another block in the place of canon's last one, signed with a copy of the orchestrator's key. */
const signAgain = async (swarm: Swarm, dir: string): Promise<SignedAgain> => {
  const { writer, generation, length } = there(swarm.canon.head());
  const log = { writer, generation };
  const { genesis, chain } = JSON.parse(await readFile(pathOf(dir, "peer.json"), "utf8"));
  const key = await importSeed(there(fromBase64url((await readFile(pathOf(dir, "keys/peer.seed"), "utf8")).trim())));
  // A storage that takes the log for its own, as a thief would have it: L8 keeps everybody else from this.
  const memory = createMemoryStorage();
  const storage = {
    ...memory,
    originOf: () => "created-here" as const,
    meta: async (name: string) =>
      name === `writing/${writer}`
        ? { ok: true as const, value: new TextEncoder().encode(generation) }
        : memory.meta(name),
  };
  await using logs = taken(await createLogs({ genesis: taken(readGenesis(there(fromBase64url(genesis)))), storage }));
  const blocks: Uint8Array[] = [];
  for await (const { bytes } of swarm.logs.read(log, 0, length - 1)) blocks.push(bytes);
  const copied = await logs.ingest(log, encodeUpdate(clientIdOf(swarm.swarm, log), 0, blocks), "copy");
  if (!copied.ok) throw new Error(copied.refusal.message);
  const office = taken(await logs.openWriter({ key, chain }));
  const written = await office.append([record("time", { at: 1, before: 0 })]);
  if (!written.ok) throw new Error(written.refusal.message);
  expect(office.log).toEqual(log);
  return { log, update: there(await logs.update(log, length - 1, 1_000_000)).update };
};

it("L6 a canon that was signed twice is a red alarm on the page, with what to do", async () => {
  const dir = await mkdtemp(pathOf(tmpdir(), "herdmind-alarm-"));
  try {
    await using swarm = await createSwarm({ name: "acme", dir });
    const receipt = await swarm.report({
      problem: new Error("ENOSPC: no space left"),
      mitigation: "Remove old images",
    });
    expect(receipt.ok && (await receipt.verdict).status).toBe("admitted");
    await swarm.canon.settled();
    await using web = await createWeb({ peer: swarm, claims: createClientClaims() }, { dir });
    expect(await web.start()).toMatchObject({ ok: true });
    await using profile = await createProfile();
    const page = await openDashboard(await profile.visitor(), web);
    await goTo(page, "Refusals and alarms");
    await page.getByText("No alarm: canon is whole.").waitFor();

    const { length } = there(swarm.canon.head());
    const { log, update } = await signAgain(swarm, dir);
    expect(await swarm.logs.ingest(log, update, "thief")).toMatchObject({ ok: false, refusal: { rule: "L6" } });
    const alarm = page.getByRole("main").getByRole("alert");
    await alarm.getByText("Red alarm").waitFor();
    const text = await alarm.innerText();
    expect(text).toContain("was signed twice");
    expect(text).toContain("ask whoever holds root to open a new term");
    await goTo(page, "Overview");
    await page.getByRole("main").getByRole("alert").getByText("was signed twice").waitFor();
    const overview = await page.getByRole("main").innerText();
    expect(overview).toContain("not to be relied on further, see the alarm");
    expect(overview).toContain(`canon does not count from block ${length - 1} on: ${length} were held`);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
