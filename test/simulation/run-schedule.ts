/**
 * Runs one schedule and judges it: after its steps everything is healed, and in bounded time all peers must agree with each other
 * and with the brute-force view, and nothing that was acknowledged may be missing.
 */
import { createHash } from "node:crypto";
import { type Canon, historyHeld, viewAt } from "@herdmind/canon";
import { viewHash } from "@herdmind/experience";
import type { Logs } from "@herdmind/log";
import { type LogKey, logKey } from "@herdmind/protocol";
import { createMembers } from "./members.ts";
import { canonOf, foldPlainly, judgeAdmission, linesOf, plainJson, type ReadLog, readLog } from "./oracle.ts";
import type { Plan } from "./plan.ts";
import { createRandom } from "./random.ts";
import { type Scheme, withSimulatedCrypto } from "./simulated-crypto.ts";
import type { Running, SimulatedPeer } from "./simulated-peer.ts";
import { createSimulatedSwarm, placeOf, type SimulatedSwarm } from "./swarm.ts";

export interface Outcome {
  /** Empty when all is well. */
  readonly violations: readonly string[];
  /** The operation log. */
  readonly lines: readonly string[];
  /** SHA-256 over the bytes of every log on every peer, and over the number of events: equal for equal seeds. */
  readonly digest: string;
  readonly counts: {
    readonly events: number;
    readonly acknowledged: number;
    readonly blocks: number;
    readonly simulatedMs: number;
  };
}

/** Simulated time in which healed peers must agree: the longest wait of the code under test is a setback of 30 s. */
const HEALED_MS = 120_000;
const LOOK_EVERY_MS = 1000;

export const runSchedule = async (plan: Plan, scheme: Scheme = "keyed-hash"): Promise<Outcome> => {
  const random = createRandom(plan.seed, "crypto");
  return withSimulatedCrypto(scheme, random.bytes, async () => {
    const swarm = createSimulatedSwarm(plan, await createMembers());
    const { agenda, journal, truth } = swarm;
    const onRejection = (error: unknown): void =>
      journal.violate(
        `a promise was rejected and nobody listened: ${error instanceof Error ? error.stack : String(error)}`,
      );
    process.on("unhandledRejection", onRejection);
    try {
      for (const { after, operation } of plan.steps) {
        await agenda.runUntil(agenda.now() + after);
        if (journal.violations().length > 0) break;
        journal.note(JSON.stringify(operation));
        await swarm.perform(operation);
      }
      let digest = "";
      if (journal.violations().length === 0) digest = await judgeHealed(swarm);
      return {
        violations: journal.violations(),
        lines: journal.lines(),
        digest,
        counts: {
          events: agenda.events(),
          acknowledged: truth.acknowledged.length,
          blocks: [...truth.logs.values()].reduce((sum, blocks) => sum + blocks.length, 0),
          simulatedMs: agenda.now(),
        },
      };
    } finally {
      process.off("unhandledRejection", onRejection);
    }
  });
};

const judgeHealed = async (swarm: SimulatedSwarm): Promise<string> => {
  const { agenda, journal } = swarm;
  journal.note("heal");
  swarm.heal();
  const old = new Set(swarm.peers.flatMap(({ running }) => running?.heartbeats.latest()?.counter ?? []));
  const end = agenda.now() + HEALED_MS;
  let missing: string | undefined;
  let equalLooks = 0;
  // Twice in a row: at the first look writes may have been under way that nobody saw yet.
  while (equalLooks < 2 && agenda.now() < end && journal.violations().length === 0) {
    await agenda.runUntil(agenda.now() + LOOK_EVERY_MS);
    // Who was about to stop is started again.
    for (const peer of swarm.peers) peer.start();
    missing = whatIsMissing(swarm, old);
    equalLooks = missing === undefined ? equalLooks + 1 : 0;
  }
  if (journal.violations().length > 0) return "";
  if (missing !== undefined) {
    journal.violate(`A4 not equal ${HEALED_MS / 1000} s after everything was healed: ${missing}`);
    return "";
  }
  return judgeEnd(swarm);
};

const visible = (state: { readonly length: number; readonly quarantinedFrom: number | undefined }): number =>
  Math.min(state.length, state.quarantinedFrom ?? state.length);

/** Why the peers are not equal yet: cheap, asked once a second. A heartbeat must have come since they were healed (E6). */
const whatIsMissing = ({ peers }: SimulatedSwarm, old: ReadonlySet<number>): string | undefined => {
  const open: { readonly peer: SimulatedPeer; readonly running: Running }[] = [];
  for (const peer of peers) {
    if (peer.running === undefined) return `${peer.name} is not up`;
    open.push({ peer, running: peer.running });
  }
  const office = open.find(({ peer }) => peer.isOrchestrator)?.running;
  const head = office?.canon.head();
  if (office === undefined || head === undefined) return "there is no canon";
  const longest = new Map<LogKey, number>();
  for (const { running } of open) {
    for (const state of running.logs.list())
      longest.set(logKey(state), Math.max(longest.get(logKey(state)) ?? 0, visible(state)));
  }
  for (const { peer, running } of open) {
    const theirs = running.canon.head();
    if (theirs?.hash !== head.hash || theirs.generation !== head.generation)
      return `${peer.name} has ${theirs?.length} blocks of canon ${theirs?.generation} in term ${theirs?.term}, the orchestrator ${head.length} of ${head.generation} in term ${head.term}`;
    const own = new Set(peer.members.map(({ key }) => key.id));
    for (const [key, length] of longest) {
      const state = running.logs.list().find((one) => logKey(one) === key);
      const wants = peer.carry === "all" || [...own].some((id) => key.startsWith(id));
      if (wants && (state === undefined ? 0 : visible(state)) < length)
        return `${peer.name} holds ${state?.length ?? 0} of ${length} blocks of ${key}`;
    }
    const { held, known } = running.canon.freshness();
    if (held < known) return `${peer.name} knows that its canon is old: ${held} of ${known}`;
    // Not the age that freshness says: that trusts clocks which differ by less than these.
    const heard = running.heartbeats.latest();
    if (heard === undefined || old.has(heard.counter)) return `${peer.name} hears no new heartbeat`;
  }
  for (const [key, length] of longest) {
    const state = office.logs.list().find((one) => logKey(one) === key);
    if (state === undefined || state.membership.role === "orchestrator") continue;
    if ((office.canon.view.watermarks.get(key)?.length ?? 0) < length) return `${key} is not admitted to its end`;
  }
  return undefined;
};

const bytesOf = async (logs: Logs): Promise<ReadonlyMap<LogKey, readonly Uint8Array[]>> => {
  const all = new Map<LogKey, readonly Uint8Array[]>();
  for (const state of logs.list()) {
    const blocks: Uint8Array[] = [];
    for await (const { bytes } of logs.read(state)) blocks.push(bytes);
    if (blocks.length > 0) all.set(logKey(state), blocks);
  }
  return all;
};

/** Canon folded again from its log: at the head it is the view, and at every number the same on all peers that hold it. */
const judgePast = async (
  logs: Logs,
  canon: Canon,
  pasts: Map<number, string>,
  violate: (wrong: string) => void,
): Promise<void> => {
  const history = historyHeld(logs, canon);
  if (!history.isNumbered) return violate("nothing says which numbers the blocks of canon have");
  for (const number of new Set([history.from, history.to >> 1, history.to - 1, history.to])) {
    const past = await viewAt(logs, history, { number });
    // Where the oldest generations are not held, neither is the middle.
    if (!past.ok) continue;
    const hash = viewHash(past.value.view);
    if (number === history.to && hash !== viewHash(canon.view))
      violate(`canon at its head, ${number}, is not the view`);
    const known = pasts.get(number) ?? hash;
    pasts.set(number, known);
    if (known !== hash) violate(`canon at ${number} is another one there`);
  }
};

/** The whole judgement, once: bytes, views, oracle, acknowledgements. */
const judgeEnd = async (swarm: SimulatedSwarm): Promise<string> => {
  const { peers, journal, truth, forkers, lost } = swarm;
  const digest = createHash("sha256").update(`${swarm.agenda.events()}`);
  const office = peers.find(({ isOrchestrator }) => isOrchestrator) as SimulatedPeer;
  const theirs = await bytesOf((office.running as Running).logs);
  const read: readonly ReadLog[] = [...theirs.values()].map(readLog);
  const records = canonOf(read);
  const plain = foldPlainly(records);
  const hash = viewHash((office.running as Running).canon.view);
  const pasts = new Map<number, string>();
  for (const peer of peers) {
    const { logs, canon } = peer.running as Running;
    const own = await bytesOf(logs);
    for (const [key, blocks] of [...own].sort(([a], [b]) => (a < b ? -1 : 1))) {
      digest.update(`${peer.name} ${key}`);
      for (const block of blocks) digest.update(block);
      const other = theirs.get(key);
      if (
        other === undefined ||
        other.length !== blocks.length ||
        blocks.some((block, i) => !Buffer.from(block).equals(other[i] as Uint8Array))
      )
        journal.violate(`A4 ${peer.name} holds other bytes of ${key} than the orchestrator`);
    }
    if (viewHash(canon.view) !== hash) journal.violate(`A4 the view of ${peer.name} is not the orchestrator's`);
    const real = linesOf(canon.view);
    const difference = real.find((line) => !plain.includes(line)) ?? plain.find((line) => !real.includes(line));
    if (difference !== undefined || real.length !== plain.length)
      journal.violate(
        `A4 the view of ${peer.name} is not the brute-force view: ${difference ?? `${real.length} lines, not ${plain.length}`}`,
      );
    await judgePast(logs, canon, pasts, (wrong) => journal.violate(`A4 ${peer.name}: ${wrong}`));
    for (const state of logs.list())
      if (state.quarantinedFrom !== undefined && !forkers.has(state.writer))
        journal.violate(`L6 ${peer.name} holds ${logKey(state)} to be forked`);
  }
  for (const wrong of judgeAdmission(read, records, forkers)) journal.violate(`admission: ${wrong}`);
  const byKey = new Map(read.map((log) => [log.key, log]));
  for (const one of truth.acknowledged) {
    if (lost.has(one)) continue;
    const found = byKey.get(logKey(one.ref))?.blocks[one.ref.sequence]?.[one.ref.index];
    if (found === undefined || plainJson(found) !== plainJson(one.record))
      journal.violate(`L8 what ${one.disk} acknowledged at ${placeOf(one.ref)} is missing`);
  }
  return digest.digest("hex");
};
