/** The swarm of one schedule: its peers, disks and links, and what each operation does to them. */
import {
  type AnyRecord,
  encodeCbor,
  type LogId,
  logKey,
  type MemoryOp,
  type RecordRef,
  record,
  type WriterId,
} from "@herdmind/protocol";
import { encodeFrame } from "@herdmind/sync";
import { type Agenda, createAgenda } from "./agenda.ts";
import { createCheat } from "./cheat.ts";
import { createJournal, type Journal } from "./journal.ts";
import { createLinks } from "./links.ts";
import type { Member, Members } from "./members.ts";
import { KINDS, type Operation, type Plan, PROBLEMS, REMEDIES } from "./plan.ts";
import { createRandom } from "./random.ts";
import { createSimulatedDisk, type SimulatedDisk } from "./simulated-disk.ts";
import { createNetwork } from "./simulated-network.ts";
import { createSimulatedPeer, type SimulatedPeer } from "./simulated-peer.ts";
import { type Acknowledged, createTruth, type Truth } from "./truth.ts";

export interface SimulatedSwarm {
  readonly agenda: Agenda;
  readonly journal: Journal;
  readonly truth: Truth;
  readonly peers: readonly SimulatedPeer[];
  readonly forkers: ReadonlySet<WriterId>;
  /** Acknowledged records whose last copy was on a disk that an operation took away. */
  readonly lost: ReadonlySet<Acknowledged>;
  perform(operation: Operation): Promise<void>;
  /** Ends all trouble: disks and network are mended, everybody is started. */
  heal(): void;
}

const WORDS = [
  "ledger volume is full",
  "gateway certificate expired",
  "journal lock timed out",
  "snapshot is corrupt",
  "quota of the tenant exceeded",
  "schema of the order changed",
];
const REMEDY_WORDS = ["rotate the journal", "renew it by hand", "raise the limit"];
/** Peers at most, newcomers and clones included. */
const MAX_PEERS = 7;

const signalOf = (problem: number, remedy: number): AnyRecord =>
  record("signal", {
    type: "ERROR_RESOLVED",
    problem: { error: { message: WORDS[problem % PROBLEMS] as string } },
    mitigation: { text: REMEDY_WORDS[remedy % REMEDIES] as string },
    at: 1,
  });

/** Writes that meet on few keys; some cannot count. */
const writeOf = (key: number, kind: number, number: number): AnyRecord => {
  const [one, other] = [`key ${key}`, `key ${(key + 1) % 4}`];
  const writes: readonly (readonly MemoryOp[])[] = [
    [{ op: "put", key: one, value: number }],
    [{ op: "put", key: one, value: number, members: [`first ${number}`], ifAbsent: true }],
    [{ op: "add", key: one, members: [`m${number % 5}`, `m${number % 3}`].slice(number % 5 === number % 3 ? 1 : 0) }],
    [{ op: "remove", key: one, members: [`m${number % 3}`] }],
    [{ op: "delete", key: one }],
    [
      { op: "put", key: one, value: { number } },
      { op: "add", key: other, members: [`with ${number}`] },
    ],
  ];
  return record("memory", { space: "simulated", ops: [...(writes[kind % KINDS] as readonly MemoryOp[])], at: number });
};

export const createSimulatedSwarm = (plan: Plan, members: Members): SimulatedSwarm => {
  const random = createRandom(plan.seed, "run");
  const agenda = createAgenda();
  const journal = createJournal(agenda.now);
  const cheating = members.agents.at(-1) as Member;
  const forkers = new Set(plan.cheats ? [cheating.key.id] : []);
  const truth = createTruth(journal, forkers);
  const lost = new Set<Acknowledged>();
  let mayWithdraw = false;
  let remembered = 0;
  const network = createNetwork(agenda, random.fork("network"), plan);
  const links = createLinks({
    agenda,
    journal,
    truth,
    network,
    random: random.fork("links"),
    forkers,
    gossips: plan.gossips,
  });
  const diskWorld = { agenda, random: random.fork("disk"), truth, slow: plan.slowDisk };
  const cheat = createCheat(members.genesis, cheating, (n) => signalOf(n, n));
  const peers: SimulatedPeer[] = [];
  const backups = new Map<SimulatedPeer, SimulatedDisk>();
  let disks = 0;
  const world = {
    genesis: members.genesis,
    agenda,
    journal,
    truth,
    blocksPerGeneration: plan.blocksPerGeneration,
    recordsPerBlock: plan.recordsPerBlock,
    mayWithdraw: () => mayWithdraw,
  };

  const addPeer = (
    name: string,
    own: readonly Member[],
    more: { readonly isOrchestrator?: boolean; readonly carry?: "own" | "all"; readonly disk?: SimulatedDisk } = {},
  ): SimulatedPeer => {
    const disk = more.disk ?? createSimulatedDisk(diskWorld, `disk-${disks++}`);
    for (const { key } of own) disk.writers.add(key.id);
    const peer = createSimulatedPeer(world, {
      name,
      members: own,
      isOrchestrator: more.isOrchestrator ?? false,
      carry: more.carry ?? "all",
      disk,
      skew: { offset: random.integer(-86_400_000, 86_400_000), rate: 0.98 + random.next() * 0.04 },
      random: random.fork(`peer ${name}`),
      onUp: (up) => {
        journal.note(`${up.name} is up`);
        links.up(up);
      },
      onDown: links.down,
    });
    peers.push(peer);
    return peer;
  };

  /** The first peers of a star are around its hub; in a line and in a mesh everybody carries everything. */
  const build = (): void => {
    const office = addPeer("orchestrator", [members.orchestrator], { isOrchestrator: true });
    const carriers = Array.from({ length: plan.carriers }, (_, i) => addPeer(`carrier-${i}`, []));
    const agents = members.agents
      .slice(0, plan.agents)
      .map((member, i) =>
        addPeer(`agent-${i}`, [member], { carry: plan.topology === "star" && random.chance(0.5) ? "own" : "all" }),
      );
    const [hub] = carriers;
    if (plan.topology === "star" && hub !== undefined) {
      for (const peer of [office, ...agents]) links.add(peer, hub);
    } else {
      // A line: the office at one end. A mesh: the same with further links.
      const line = [office, ...carriers, ...agents];
      for (const [i, peer] of line.entries()) {
        if (i > 0) links.add(peer, line[i - 1] as SimulatedPeer);
        if (plan.topology === "mesh" && i > 1 && random.chance(0.6))
          links.add(peer, line[random.integer(0, i - 2)] as SimulatedPeer);
      }
    }
    for (const peer of peers) peer.start();
  };

  const attachNewcomer = (peer: SimulatedPeer): void => {
    const [first, second] = [peers[plan.topology === "star" ? 1 : 0], peers[random.integer(0, peers.length - 2)]];
    if (first !== undefined) links.add(peer, first);
    if (plan.topology !== "star" && second !== undefined && second !== first) links.add(peer, second);
    peer.start();
  };

  const isHeld = ({ ref }: Acknowledged): boolean => peers.some(({ disk }) => disk.lengthOf(ref) > ref.sequence);
  /** Runs what takes data away, and notes what was on no other disk: nobody can bring that back. */
  const takingAway = async (work: () => Promise<void> | void): Promise<void> => {
    const before = truth.acknowledged.filter(isHeld);
    await work();
    for (const one of before) if (!isHeld(one)) lost.add(one);
  };

  const pick = (number: number): SimulatedPeer => peers[number % peers.length] as SimulatedPeer;
  const writing = (number: number): SimulatedPeer | undefined => {
    const able = peers.filter(({ members: own, isOrchestrator }) => own.length > 0 && !isOrchestrator);
    return able[number % Math.max(1, able.length)];
  };
  const logsOf = (peer: SimulatedPeer): readonly LogId[] =>
    [...truth.logs.keys()]
      .map((key) => {
        const [writer, generation] = key.split("/") as [LogId["writer"], LogId["generation"]];
        return { writer, generation };
      })
      .filter((log) => peer.disk.lengthOf(log) > 0);

  const crash = async (peer: SimulatedPeer, keep: number): Promise<void> => {
    await peer.crash(keep);
  };

  const perform = async (operation: Operation): Promise<void> => {
    switch (operation.do) {
      case "report":
        writing(operation.peer)?.append(operation.peer, signalOf(operation.problem, operation.remedy));
        return;
      case "outcome": {
        const peer = writing(operation.peer);
        const entries = [...(peer?.running?.canon.view.entries.keys() ?? [])];
        if (entries.length === 0) return;
        const entry = entries[operation.entry % entries.length] as (typeof entries)[number];
        peer?.append(operation.peer, record("outcome", { entry, success: operation.worked, at: 1 }));
        return;
      }
      case "remember":
        writing(operation.peer)?.append(operation.peer, writeOf(operation.key, operation.kind, remembered++));
        return;
      case "roll-over": {
        const open = pick(operation.peer).running;
        for (const writer of open?.writers ?? []) void writer.rollOver();
        return;
      }
      case "crash":
        return crash(pick(operation.peer), operation.keep);
      case "crash-at-write": {
        const peer = pick(operation.peer);
        const { disk } = peer;
        disk.crashAtWrite(operation.nth, operation.when, () => {
          journal.note(`${peer.name} crashes ${operation.when} a write`);
          if (peer.disk === disk) void crash(peer, 0);
        });
        return;
      }
      case "start":
        return pick(operation.peer).start();
      case "stop":
        return pick(operation.peer).stop();
      case "move": {
        const peer = pick(operation.peer);
        await crash(peer, operation.keep);
        peer.moveTo(peer.disk.copy(`disk-${disks++}`));
        if (peer.isOrchestrator) mayWithdraw = true;
        return peer.start();
      }
      case "clone": {
        const peer = writing(operation.peer);
        if (peer === undefined || peers.length >= MAX_PEERS) return;
        const disk = peer.disk.copy(`disk-${disks++}`);
        attachNewcomer(addPeer(`${peer.name}-clone-${disks}`, peer.members, { disk, carry: peer.carry }));
        return;
      }
      case "backup": {
        const peer = pick(operation.peer);
        backups.set(peer, peer.disk.copy(`disk-${disks++}`));
        return;
      }
      case "restore": {
        const peer = pick(operation.peer);
        const backup = backups.get(peer);
        if (backup === undefined) return;
        backups.delete(peer);
        await crash(peer, 0);
        await takingAway(() => peer.moveTo(backup));
        if (peer.isOrchestrator) mayWithdraw = true;
        return peer.start();
      }
      case "damage": {
        const peer = pick(operation.peer);
        const logs = logsOf(peer);
        const log = logs[operation.log % Math.max(1, logs.length)];
        if (log === undefined) return;
        await crash(peer, 0);
        // One that has lost even the first block of canon, and is not connected yet, founds another: no schedule does that to it.
        const least = peer.isOrchestrator && log.writer === members.orchestrator.key.id ? 1 : 0;
        await takingAway(() => peer.disk.cut(log, Math.min(Math.max(operation.keep, least), peer.disk.lengthOf(log))));
        if (peer.isOrchestrator) mayWithdraw = true;
        return peer.start();
      }
      case "fail-writes":
        return pick(operation.peer).disk.fail(operation.kind, operation.writes);
      case "cut":
        return links.cut(operation.link);
      case "partition": {
        const side = (bit: number): readonly string[] =>
          peers.filter((_, i) => ((operation.sides >> i) & 1) === bit).map(({ name }) => name);
        return network.partition([side(0), side(1)]);
      }
      case "heal":
        return network.partition(undefined);
      case "clock":
        return pick(operation.peer).setClock(operation.by);
      case "newcomer": {
        if (peers.length >= MAX_PEERS) return;
        const member = members.agents[plan.agents + peers.length - 1];
        const isAgent = operation.agent && member !== undefined && member !== cheating;
        return attachNewcomer(addPeer(`newcomer-${peers.length}`, isAgent ? [member] : []));
      }
      case "fork": {
        const [one, two] = await cheat.fork(operation.back);
        network.gossip("cheat", "cheat", () => {
          links.deliver(pick(operation.peer), one, "cheat");
          links.deliver(pick(operation.other), two, "cheat");
        });
        return;
      }
      case "garbage":
        return sendGarbage(operation.peer, operation.log, operation.at);
    }
  };

  /** Bytes of a real update with one of them changed, or bytes that are no update at all. */
  const sendGarbage = async (to: number, logNumber: number, at: number): Promise<void> => {
    const source = pick(to + 1);
    const logs = logsOf(source);
    const log = logs[logNumber % Math.max(1, logs.length)];
    const update = log === undefined ? undefined : (await source.running?.logs.update(log, 0, 65_536))?.update;
    const bytes = update?.slice() ?? encodeCbor([at]);
    bytes[at % bytes.length] = ((bytes[at % bytes.length] as number) + 1 + (at % 254)) & 255;
    const target: LogId | undefined = log ?? logsOf(pick(to))[0];
    if (target !== undefined)
      links.deliver(pick(to), encodeFrame({ kind: "blocks", log: target, update: bytes }), "garbage");
  };

  build();
  return {
    agenda,
    journal,
    truth,
    peers,
    forkers,
    lost,
    perform,
    heal: () => {
      network.calm();
      for (const peer of peers) {
        peer.disk.mend();
        peer.start();
      }
    },
  };
};

/** For messages. */
export const placeOf = (ref: RecordRef): string => `${logKey(ref)} block ${ref.sequence}`;
