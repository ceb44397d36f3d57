/** Peers of one swarm with a mesh each, over real sockets of this machine. */

import type { Logs } from "@herdmind/log";
import type { LogId, Refusal, Role } from "@herdmind/protocol";
import { createMemoryStorage } from "@herdmind/storage-memory";
import { createHeartbeats, type Heartbeats, type Interest, type TransportEvent } from "@herdmind/sync";
import { createTestSwarm, type SwarmPeer, type TestSwarm } from "@herdmind/testing";
import type { Mesh } from "./mesh.js";
import { createMesh, type NodeMeshOptions } from "./node.js";

export interface MeshPeer extends SwarmPeer {
  readonly mesh: Mesh;
  readonly events: TransportEvent[];
  readonly heartbeats: Heartbeats;
  /** The writer's log. */
  readonly log: LogId;
}

export interface MeshSwarm extends AsyncDisposable {
  readonly swarm: TestSwarm;
  start(role: Role, options?: StartOptions): Promise<MeshPeer>;
  /** A mesh for a peer that is there already. */
  mesh(peer: SwarmPeer, options?: StartOptions): Promise<MeshPeer>;
}

export interface StartOptions extends NodeMeshOptions {
  readonly carry?: Interest["logs"];
  readonly addresses?: readonly string[];
}

/** Exchanges so far apart that only connecting, gaps and receipts start one. */
const RARELY = { exchangeEveryMs: { min: 3_600_000, max: 3_600_000 } };
const QUICK = { backoff: { minMs: 5, maxMs: 100 } };

export const createMeshSwarm = async (): Promise<MeshSwarm> => {
  const swarm = await createTestSwarm(() => createMemoryStorage());
  const meshes: Mesh[] = [];
  const holders = new Set<string>();
  const mesh = async (
    peer: SwarmPeer,
    { carry = "own", addresses = [], ...options }: StartOptions = {},
  ): Promise<MeshPeer> => {
    const heartbeats = createHeartbeats({ swarm: swarm.genesis.swarm, isHolder: (writer) => holders.has(writer) });
    const made = await createMesh(
      {
        logs: peer.logs,
        key: peer.key,
        chain: peer.chain,
        ephemerals: heartbeats,
        interest: { logs: carry, writers: [peer.key.id] },
        addresses,
        now: Date.now,
      },
      { listen: ["/ip4/127.0.0.1/tcp/0"], ...QUICK, ...RARELY, ...options },
    );
    meshes.push(made);
    const events: TransportEvent[] = [];
    made.on((event) => events.push(event));
    return {
      key: peer.key,
      chain: peer.chain,
      logs: peer.logs,
      token: peer.token,
      get writer() {
        return peer.writer;
      },
      mesh: made,
      events,
      heartbeats,
      get log() {
        return peer.writer.log as LogId;
      },
    };
  };
  return {
    swarm,
    mesh,
    async start(role, options) {
      const peer = await swarm.peer(role);
      if (role === "orchestrator") holders.add(peer.key.id);
      return mesh(peer, { carry: role === "orchestrator" ? "all" : "own", ...options });
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(meshes.map((each) => each.close()));
      await swarm.close();
    },
  };
};

export const until = async (condition: () => boolean, what = "it", seconds = 20): Promise<void> => {
  const end = Date.now() + seconds * 1000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`${what} did not come to pass in ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
};

export const same = (a: Logs, b: Logs, log: LogId): boolean =>
  a.get(log) !== undefined && a.get(log)?.hash === b.get(log)?.hash;

export const refusalsOf = ({ events }: MeshPeer): readonly Refusal[] =>
  events.flatMap((event) => (event.type === "refusal" ? [event.refusal] : []));

/** A time in which something that must not happen would have happened: some round trips of this machine. */
export const quiet = (ms = 300): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
