/**
 * A peer: the real logs, canon, writers and orchestrator on a simulated disk, clock and timers. What it shows is held against the
 * truth at the moment it shows it.
 */
import { type Alarm, type Canon, followCanon } from "@herdmind/canon";
import { createLogs, type Logs, type Writer } from "@herdmind/log";
import { createOrchestrator, type Orchestrator } from "@herdmind/orchestrator";
import { type AnyRecord, type Genesis, logKey } from "@herdmind/protocol";
import { createHeartbeats, type Heartbeats, type Interest, type Schedule } from "@herdmind/sync";
import type { Agenda } from "./agenda.ts";
import type { Journal } from "./journal.ts";
import type { Member } from "./members.ts";
import type { Random } from "./random.ts";
import type { SimulatedDisk } from "./simulated-disk.ts";
import type { Truth } from "./truth.ts";

export interface PeerWorld {
  readonly genesis: Genesis;
  readonly agenda: Agenda;
  readonly journal: Journal;
  readonly truth: Truth;
  readonly blocksPerGeneration: { readonly agent: number; readonly canon: number };
  readonly recordsPerBlock: number;
  /** Whether canon may ever be withdrawn: only after its orchestrator lost what it had stored. */
  readonly mayWithdraw: () => boolean;
}

export interface PeerOptions {
  readonly name: string;
  readonly members: readonly Member[];
  readonly isOrchestrator: boolean;
  readonly carry: "own" | "all";
  readonly disk: SimulatedDisk;
  /** Milliseconds that its clock is off, and how much faster than time it runs. */
  readonly skew: { readonly offset: number; readonly rate: number };
  readonly random: Random;
  /** Called when it is up, before anything else happens. */
  readonly onUp: (peer: SimulatedPeer) => void;
  readonly onDown: (peer: SimulatedPeer) => void;
}

/** A peer while it runs. */
export interface Running {
  readonly logs: Logs;
  readonly canon: Canon;
  readonly heartbeats: Heartbeats;
  readonly writers: readonly Writer[];
  readonly orchestrator: Orchestrator | undefined;
  readonly interest: Interest;
  readonly schedule: Schedule;
  readonly now: () => number;
  readonly disk: SimulatedDisk;
}

export interface SimulatedPeer {
  readonly name: string;
  readonly isOrchestrator: boolean;
  readonly carry: "own" | "all";
  readonly members: readonly Member[];
  readonly disk: SimulatedDisk;
  /** `undefined` while it is down, starts or stops. */
  readonly running: Running | undefined;
  readonly isDown: boolean;
  start(): void;
  /** Dies; at most `keep` of the writes under way are kept. */
  crash(keep: number): Promise<void>;
  /** Closes in order. */
  stop(): void;
  /** Goes on with another disk from its next start. Only while it is down. */
  moveTo(disk: SimulatedDisk): void;
  setClock(by: number): void;
  append(writer: number, record: AnyRecord): void;
}

/** 2026, so that a clock set back by a day is still after 1970. */
const START = 1_780_000_000_000;
/** A supervisor starts again what could not start. */
const RESTART_MS = 700;

export const createSimulatedPeer = (world: PeerWorld, options: PeerOptions): SimulatedPeer => {
  const { agenda, journal, truth, genesis } = world;
  const { name, members, isOrchestrator, carry, skew } = options;
  let { disk } = options;
  let offset = skew.offset;
  let life = { isAlive: false };
  let state: "down" | "starting" | "up" | "stopping" = "down";
  let running: Running | undefined;
  const now = (): number => Math.floor(START + offset + agenda.now() * skew.rate);
  const monotonic = (): number => agenda.now() * skew.rate;

  const open = async (mine: { isAlive: boolean }): Promise<Running | string> => {
    const schedule: Schedule = (run, ms) =>
      agenda.in(ms, () => {
        if (mine.isAlive) run();
      });
    const report = (what: string) => (error: unknown) =>
      journal.violate(
        `${name}: ${what} threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    const opened = await createLogs({
      genesis,
      storage: disk.open(),
      randomBytes: options.random.bytes,
      onListenerError: report("a listener of logs"),
    });
    if (!opened.ok) return opened.refusal.message;
    const logs = opened.value;
    for (const { message } of logs.damage) journal.note(`${name}: ${message}`);
    let canon: Canon | undefined;
    const heartbeats = createHeartbeats({
      swarm: genesis.swarm,
      isHolder: (writer, { term }) => canon?.view.term?.holder === writer && canon.view.term.term === term,
      now,
    });
    canon = await followCanon({
      logs,
      heartbeats,
      monotonic,
      schedule,
      onListenerError: report("a listener of canon"),
    });
    watchCanon(canon, logs);
    canon.subscribe(({ type }) => {
      if (type === "head") heartbeats.reconsider();
    });
    const writers: Writer[] = [];
    let orchestrator: Orchestrator | undefined;
    for (const { key, chain } of members) {
      if (isOrchestrator) {
        const made = await createOrchestrator({
          logs,
          canon,
          key,
          chain,
          heartbeats,
          now,
          schedule,
          limits: { blocksPerGeneration: world.blocksPerGeneration.canon, recordsPerBlock: world.recordsPerBlock },
          onEvent: (event) => {
            if (mine.isAlive && event.type === "stopped")
              journal.violate(`A2 ${name} stopped: ${event.refusal.message}`);
          },
          onError: report("the orchestrator"),
        });
        if (!made.ok) return made.refusal.message;
        orchestrator = made.value;
      } else {
        const writer = await logs.openWriter({ key, chain, blocksPerGeneration: world.blocksPerGeneration.agent });
        if (!writer.ok) return writer.refusal.message;
        writers.push(writer.value);
      }
    }
    const interest: Interest =
      carry === "all" ? { logs: "all", writers: [] } : { logs: "own", writers: members.map(({ key }) => key.id) };
    return { logs, canon, heartbeats, writers, orchestrator, interest, schedule, now, disk };
  };

  /** Every head of canon that a peer shows is one that the orchestrator has stored. */
  const checkHead = (canon: Canon): void => {
    for (const part of canon.parts()) {
      if (part.length === 0) continue;
      const hash = truth.hashOf(part, part.length - 1);
      if (hash !== part.hash)
        journal.violate(
          `A2 ${name} shows ${part.hash} as block ${part.length - 1} of canon ${logKey(part)}, it is ${hash}`,
        );
    }
  };
  const watchCanon = (canon: Canon, logs: Logs): void => {
    // Two generations of one term that nothing held connects are rivals, until what lies between them arrives.
    let lacksHistory = false;
    const look = (): void => {
      checkHead(canon);
      const [oldest] = canon.parts();
      lacksHistory = oldest !== undefined && logs.get(oldest)?.continues !== undefined;
    };
    look();
    for (const alarm of canon.alarms()) checkAlarm(alarm);
    canon.subscribe((event) => {
      if (event.type === "alarm") checkAlarm(event.alarm);
      else if (event.type === "rebuilt" && event.withdrawn.length > 0 && !lacksHistory && !world.mayWithdraw())
        journal.violate(`A2 ${name} withdrew canon: ${event.reason}`);
      if (event.type === "head") look();
    });
  };
  /** The orchestrator is honest; a disk may be cut back, and be closed while it is read. */
  const checkAlarm = ({ kind, message }: Alarm): void => {
    if (kind === "fork" || kind === "checkpoint") journal.violate(`A2 ${name}: ${message}`);
  };

  const down = (): void => {
    life.isAlive = false;
    running = undefined;
    state = "down";
    options.onDown(self);
  };

  const self: SimulatedPeer = {
    name,
    isOrchestrator,
    carry,
    members,
    get disk() {
      return disk;
    },
    get running() {
      return state === "up" ? running : undefined;
    },
    get isDown() {
      return state === "down";
    },
    start: () => {
      if (state !== "down") return;
      state = "starting";
      const mine = { isAlive: true };
      life = mine;
      void open(mine).then(
        (opened) => {
          if (!mine.isAlive) return;
          if (typeof opened === "string") {
            journal.note(`${name} could not start: ${opened}`);
            void self.crash(0).then(() => agenda.in(RESTART_MS, self.start));
            return;
          }
          running = opened;
          state = "up";
          options.onUp(self);
          for (const writer of opened.writers) if (opened.logs.ofWriter(writer.id).length === 0) void writer.rollOver();
        },
        (error: unknown) =>
          journal.violate(`${name} could not start: ${error instanceof Error ? error.stack : String(error)}`),
      );
    },
    crash: async (keep) => {
      if (state === "down") return;
      down();
      await disk.crash(keep);
    },
    stop: () => {
      const closing = running;
      if (state !== "up" || closing === undefined) return;
      state = "stopping";
      const mine = life;
      void (async () => {
        await closing.orchestrator?.close();
        await closing.canon.close();
        await closing.logs.close();
        if (mine.isAlive) down();
      })();
    },
    moveTo: (next) => {
      if (state !== "down") throw new Error(`${name} is not down`);
      disk = next;
    },
    setClock: (by) => {
      offset += by;
    },
    append: (number, record) => {
      const open = running;
      const writer = open?.writers[number % Math.max(1, open.writers.length)];
      if (state !== "up" || writer === undefined) return;
      const mine = life;
      void writer.append([record]).then((receipt) => {
        if (!mine.isAlive) return;
        if (!receipt.ok) return journal.note(`${name}: append refused: ${receipt.refusal.message}`);
        const { log, sequence, index } = receipt;
        truth.acknowledge({
          ref: { writer: log.writer, generation: log.generation, sequence, index },
          record,
          disk: disk.name,
        });
      });
    },
  };
  return self;
};
