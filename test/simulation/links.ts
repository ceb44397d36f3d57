/**
 * Who talks to whom. Over each link runs a real session of @herdmind/sync whenever both ends are up and the network lets them meet,
 * and beside it gossip: single `blocks` and `ephemeral` frames, which go to `ingest` and to the heartbeats directly, as they do in
 * a mesh.
 */
import type { Accepted } from "@herdmind/log";
import { logKey, type WriterId } from "@herdmind/protocol";
import { createSession, decodeFrame, encodeFrame, type SessionEvent } from "@herdmind/sync";
import type { Agenda } from "./agenda.ts";
import type { Journal } from "./journal.ts";
import type { Random } from "./random.ts";
import type { Connection, Network } from "./simulated-network.ts";
import type { Running, SimulatedPeer } from "./simulated-peer.ts";
import type { Truth } from "./truth.ts";

export interface LinkWorld {
  readonly agenda: Agenda;
  readonly journal: Journal;
  readonly truth: Truth;
  readonly network: Network;
  readonly random: Random;
  readonly forkers: ReadonlySet<WriterId>;
  /** Whether gossip runs beside the sessions. */
  readonly gossips: boolean;
}

export interface Links {
  add(a: SimulatedPeer, b: SimulatedPeer): void;
  /** Begins what a peer that came up does: it dials, and gossips what it accepts. */
  up(peer: SimulatedPeer): void;
  down(peer: SimulatedPeer): void;
  /** Cuts one connection. */
  cut(index: number): void;
  neighbours(peer: SimulatedPeer): readonly SimulatedPeer[];
  /** Hands a frame to a peer as gossip does. */
  deliver(to: SimulatedPeer, frame: Uint8Array, origin: string): void;
  readonly count: number;
}

interface Link {
  readonly peers: readonly [SimulatedPeer, SimulatedPeer];
  connection: Connection | undefined;
  isDialling: boolean;
}

const REDIAL_MS = 800;
const GOSSIP_BYTES = 64 * 1024;

export const createLinks = (world: LinkWorld): Links => {
  const { agenda, journal, truth, network, random, forkers } = world;
  const links: Link[] = [];

  /** Between honest peers nobody is ever at fault. */
  const judgeRefusal = (who: string, event: Extract<SessionEvent, { type: "refusal" }>): void => {
    const { refusal, by } = event;
    if (by !== "us" || refusal.fault === "none") return;
    const writer = refusal.log?.writer;
    if (writer !== undefined && forkers.has(writer)) return;
    journal.violate(`${refusal.rule} ${who} finds the ${refusal.fault} at fault: ${refusal.message}`);
  };

  const attach = (link: Link, connection: Connection, end: 0 | 1): void => {
    const me = link.peers[end];
    const other = link.peers[1 - end] as SimulatedPeer;
    const mine = me.running as Running;
    const otherDisk = other.disk.name;
    const session = createSession({
      logs: mine.logs,
      channel: connection.ends[end],
      interest: mine.interest,
      ephemerals: mine.heartbeats,
      now: mine.now,
      schedule: mine.schedule,
    });
    session.on((event) => {
      if (me.running !== mine) return;
      if (event.type === "refusal") judgeRefusal(`${me.name}, with ${other.name},`, event);
      if (event.type === "peer" && truth.everHeld(otherDisk, event.log) < event.length)
        journal.violate(
          `L8 ${me.name} was told that ${other.name} holds ${event.length} blocks of ${logKey(event.log)}; it never held more than ${truth.everHeld(otherDisk, event.log)}`,
        );
      if (event.type === "closed" && link.connection === connection) {
        link.connection = undefined;
        redial(link);
      }
    });
  };

  const redial = (link: Link): void => {
    if (link.isDialling) return;
    link.isDialling = true;
    agenda.in(random.integer(50, REDIAL_MS), () => {
      link.isDialling = false;
      dial(link);
    });
  };

  const dial = (link: Link): void => {
    const [a, b] = link.peers;
    // Whoever comes up later dials again.
    if (link.connection !== undefined || a.running === undefined || b.running === undefined) return;
    const connection = network.connect(a.name, b.name);
    if (connection === undefined) {
      redial(link);
      return;
    }
    link.connection = connection;
    attach(link, connection, 0);
    attach(link, connection, 1);
  };

  const neighbours = (peer: SimulatedPeer): readonly SimulatedPeer[] =>
    links.flatMap(({ peers: [a, b] }) => (a === peer ? [b] : b === peer ? [a] : []));

  const deliver = (to: SimulatedPeer, frame: Uint8Array, origin: string): void => {
    const open = to.running;
    if (open === undefined) return;
    const decoded = decodeFrame(frame);
    if (!decoded.ok || decoded.value === undefined) return;
    const { value } = decoded;
    if (value.kind === "ephemeral") void open.heartbeats.offer(value.bytes, origin);
    if (value.kind !== "blocks") return;
    void open.logs.ingest(value.log, value.update, origin).then((receipt) => {
      if (receipt.ok || receipt.refusal.fault === "none" || forkers.has(value.log.writer) || origin === "garbage")
        return;
      journal.violate(`${receipt.refusal.rule} ${to.name} refuses gossip: ${receipt.refusal.message}`);
    });
  };

  const spread = (from: SimulatedPeer, frame: Uint8Array, wants: (peer: SimulatedPeer) => boolean): void => {
    for (const to of neighbours(from))
      if (wants(to)) network.gossip(from.name, to.name, () => deliver(to, frame, from.name));
  };

  const gossip = async (from: SimulatedPeer, open: Running, { log, blocks, membership }: Accepted): Promise<void> => {
    const [first] = blocks;
    if (first === undefined) return;
    const piece = await open.logs.update(log, first.sequence, GOSSIP_BYTES);
    if (piece === undefined || from.running !== open) return;
    // Canon is everybody's; other logs go to those who carry them.
    const isCanon = membership.role === "orchestrator";
    spread(from, encodeFrame({ kind: "blocks", log, update: piece.update }), (to) => isCanon || to.carry === "all");
  };

  return {
    add: (a, b) => {
      const link: Link = { peers: [a, b], connection: undefined, isDialling: false };
      links.push(link);
      dial(link);
    },
    up: (peer) => {
      const open = peer.running as Running;
      if (world.gossips) {
        open.logs.subscribe((accepted) => void gossip(peer, open, accepted));
        open.heartbeats.subscribe(({ bytes }) => spread(peer, encodeFrame({ kind: "ephemeral", bytes }), () => true));
      }
      for (const link of links) if (link.peers.includes(peer)) redial(link);
    },
    down: (peer) => {
      for (const link of links) {
        if (!link.peers.includes(peer)) continue;
        link.connection?.cut();
        link.connection = undefined;
      }
    },
    cut: (index) => {
      links[index % Math.max(1, links.length)]?.connection?.cut();
    },
    neighbours,
    deliver,
    get count() {
      return links.length;
    },
  };
};
