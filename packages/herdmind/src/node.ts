/**
 * A node: one data directory, one peer, any number of local agents. It composes logs, canon, recall and transports; who opens
 * it (`createSwarm`, `join`, `openNode`) decides the role.
 */
import { type Canon, followCanon } from "@herdmind/canon";
import { createIndex, type Index, type RecalledEntry, type View } from "@herdmind/experience";
import { createLogs, type Logs, type LogState, type Writer } from "@herdmind/log";
import {
  checkEd25519, createTicket, issueAccessToken, issueCredential, type KeyPair, mayAppend, type Membership, type Refusal, type Result, type Role, type SwarmId,
  verifyChain, type WriterId,
} from "@herdmind/protocol";
import { createHeartbeats, type Heartbeats, type Interest, type Transport, type TransportState } from "@herdmind/sync";
import { createMuxClient } from "@herdmind/websocket";
import { WebSocket } from "ws";
import { type Agent, createAgent, type Freshness } from "./agent.js";
import type { PeerFile, Vault } from "./directory.js";
import { createEmitter, type Emitter } from "./events.js";
import { refusalError } from "./failure.js";
import type { OpenedDirectory } from "./open-directory.js";
import { createVerdicts, type Verdict } from "./verdicts.js";

export interface NodeEvents {
  /** A new entry stands in canon. */
  readonly immunized: RecalledEntry;
  /** Canon judged a record of one of this node's agents. */
  readonly verdict: Verdict;
  /** Something was refused: here, or by a relay; `by` says where. */
  readonly refused: { readonly refusal: Refusal; readonly by: "us" | "peer" };
  readonly connection: { readonly state: TransportState; readonly why: string };
  /** Canon is forked, was rolled back, or an orchestrator lied: a person should look. */
  readonly alarm: { readonly message: string };
}

export interface Stats {
  /** Signals and outcomes that agents of this node reported since it was opened. */
  readonly signals: number;
  readonly outcomes: number;
  readonly recalls: number;
  /** Attempts that a recalled remedy solved. */
  readonly repeatsPrevented: number;
  readonly redactions: number;
  /** Entries in canon, by status. */
  readonly immunizations: number;
  readonly active: number;
  readonly contested: number;
  readonly revoked: number;
  /** Members of canon with role agent, and agents of this node. */
  readonly agents: number;
  readonly localAgents: number;
  /** Records of this node that canon has not judged yet. */
  readonly pending: number;
  readonly refusals: number;
  readonly refusalsByRule: { readonly [rule: string]: number };
  readonly handlerErrors: number;
  readonly connection: TransportState | "none";
  readonly freshness: Freshness;
  /** Entries that similarity search does not know yet. */
  readonly unindexed: number;
}

export interface Invitation {
  readonly role?: Role;
  /** Milliseconds from now; default: no expiry. */
  readonly lifetimeMs?: number;
  readonly uses?: number;
}

/** What `createSwarm`, `join` and `openNode` give. It is an agent itself: its own default one. */
export interface Peer extends Agent, AsyncDisposable {
  readonly swarm: SwarmId;
  readonly swarmName: string;
  readonly role: Role;
  readonly dir: string | undefined;
  /** Where this node can be reached, or reaches the swarm. */
  readonly addresses: readonly string[];
  readonly logs: Logs;
  readonly canon: Canon;
  /** An agent of this name with a writer of its own; the same name gives the same agent. */
  as(name: string): Promise<Agent>;
  /** A ticket for newcomers. */
  invite(invitation?: Invitation): Promise<string>;
  on<Name extends keyof NodeEvents>(name: Name, handler: (event: NodeEvents[Name]) => unknown): () => void;
  stats(): Stats;
  /** Resolves when this node holds what its relay held when they last met; rejects when `signal` aborts. */
  synced(signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Writes a line for people who look for faults; default: nothing is written. */
export type Logger = (line: { readonly level: "info" | "warn" | "error"; readonly message: string }) => void;

export interface NodeOptions {
  readonly opened: OpenedDirectory;
  readonly peer: PeerFile;
  readonly key: KeyPair;
  /** `own`: this node's logs and canon. `all`: every log of the swarm. */
  readonly carry: "own" | "all";
  readonly connect: boolean;
  readonly now: () => number;
  readonly logger: Logger;
}

/** What the orchestrator's side adds to a node. */
export interface NodeParts {
  readonly logs: Logs;
  readonly canon: Canon;
  readonly heartbeats: Heartbeats;
  readonly membership: Membership;
  readonly emitter: Emitter<NodeEvents>;
  readonly vault: Vault;
}

/** Entries put into the text index in one turn: about 10 ms, so that nothing waits long. */
const INDEX_SLICE = 500;

export const openParts = async ({ opened, peer, now, logger }: NodeOptions): Promise<Result<NodeParts>> => {
  const ed25519 = await checkEd25519();
  if (!ed25519.ok) return ed25519;
  const membership = await verifyChain(peer.chain, peer.genesis);
  if (!membership.ok) return membership;
  const logs = await createLogs({
    genesis: peer.genesis,
    storage: opened.storage,
    onListenerError: (error) => logger({ level: "error", message: `internal listener failed: ${String(error)}` }),
  });
  if (!logs.ok) return logs;
  for (const damage of logs.value.damage) logger({ level: "warn", message: damage.message });
  const emitter = createEmitter<NodeEvents>((name, error) => {
    logger({ level: "error", message: `a handler of "${String(name)}" failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}` });
  });
  let canon: Canon | undefined;
  const heartbeats = createHeartbeats({
    swarm: peer.genesis.swarm,
    isHolder: (writer, heartbeat) => canon?.isHolder(writer, heartbeat.term) ?? false,
    now,
  });
  canon = await followCanon({ logs: logs.value, heartbeats, now });
  return { ok: true, value: { logs: logs.value, canon, heartbeats, membership: membership.value, emitter, vault: opened.vault } };
};

export const createNode = async (
  options: NodeOptions,
  parts: NodeParts,
  extra: { readonly addresses?: readonly string[]; readonly beforeClose?: () => Promise<void> } = {},
): Promise<Peer> => {
  const { peer, key, now, carry } = options;
  const { logs, canon, heartbeats, membership, emitter, vault } = parts;
  const { genesis } = peer;
  const counts = { signals: 0, outcomes: 0, recalls: 0, repeatsPrevented: 0, redactions: 0 };
  const refusalsByRule: { [rule: string]: number } = {};
  const agentsByName = new Map<string, Promise<Agent>>();
  const writers: Writer[] = [];
  let transport: Transport | undefined;
  let closing: Promise<void> | undefined;

  let index: Index = createIndex(canon.view);
  let indexing = false;
  const indexSlice = (): void => {
    indexing = index.indexSome(INDEX_SLICE) > 0 && closing === undefined;
    if (indexing) setImmediate(indexSlice);
  };
  const keepIndexing = (): void => {
    if (indexing || index.pending === 0) return;
    indexing = true;
    setImmediate(indexSlice);
  };

  const refused = (refusal: Refusal, by: "us" | "peer"): void => {
    refusalsByRule[refusal.rule] = (refusalsByRule[refusal.rule] ?? 0) + 1;
    emitter.emit("refused", { refusal, by });
  };

  const verdicts = createVerdicts(
    () => canon.view,
    (verdict) => emitter.emit("verdict", verdict),
  );

  const unsubscribe = [
    canon.on((event) => {
      switch (event.type) {
        case "view": {
          verdicts.take(event.event);
          if (event.event.type === "immunized") {
            const { immunization } = event.event.entry;
            const shown = index.recall({ fingerprint: immunization.fingerprint, limit: 100, similar: "never" });
            const entry = shown.entries.find(({ id }) => id === immunization.id);
            if (entry !== undefined) emitter.emit("immunized", entry);
          }
          keepIndexing();
          break;
        }
        case "replaced":
          index = createIndex(canon.view);
          keepIndexing();
          break;
        case "alarm":
          emitter.emit("alarm", { message: event.message });
          break;
        case "head":
          break;
      }
    }),
    // A gap is part of every catching up, not news.
    logs.onRefusal((refusal) => {
      if (refusal.rule !== "L3") refused(refusal, "us");
    }),
  ];
  keepIndexing();

  const interest = (): Interest =>
    carry === "all" ? { logs: "all", writers: [] } : { logs: "own", writers: [key.id, ...writers.map((writer) => writer.id)] };

  const openAgent = async (name: string, agentKey: KeyPair, chain: readonly string[]): Promise<Agent> => {
    const writer = await logs.openWriter({ key: agentKey, chain });
    if (!writer.ok) throw refusalError(writer);
    writers.push(writer.value);
    transport?.setInterest(interest());
    return createAgent(
      {
        swarm: genesis.swarm,
        index: () => index,
        freshness: () => canon.freshness(),
        now,
        awaitVerdict: (reported) => verdicts.await(reported),
        pending: (id) => verdicts.pending(id),
        count: (what, by) => {
          counts[what] += by;
        },
        refused: ({ refusal }) => refused(refusal, "us"),
      },
      writer.value,
      name,
    );
  };

  /** Agents of this node are named by the node's own key: other peers see that they are hosted together (rule E1). */
  const openHosted = async (name: string): Promise<Agent> => {
    const agentKey = await vault.keyOrNew(`agent-${name}`);
    const credential = await issueCredential(key, {
      sub: agentKey.id,
      aud: genesis.swarm,
      role: "agent",
      use: "member",
      iat: Math.floor(now() / 1000),
      name,
    });
    return openAgent(name, agentKey, [...peer.chain, credential]);
  };

  const as = (name: string): Promise<Agent> => {
    const known = agentsByName.get(name);
    if (known !== undefined) return known;
    const opened = openHosted(name);
    agentsByName.set(name, opened);
    opened.catch(() => agentsByName.delete(name));
    return opened;
  };

  // An orchestrator's own log is canon, so its default agent is a hosted one; an observer has none.
  const ownAgent: () => Promise<Agent> =
    membership.role === "orchestrator" || !mayAppend(membership.role)
      ? () => as(peer.name)
      : ((opened: Promise<Agent> | undefined) => () => (opened ??= openAgent(peer.name, key, peer.chain)))(undefined);
  const agent = mayAppend(membership.role) ? await ownAgent() : undefined;
  const own = (): Agent => {
    if (agent === undefined) {
      throw refusalError({ ok: false, refusal: { rule: "A1", fault: "none", message: `Role ${membership.role} may not report. Ask for a ticket with role agent.` } });
    }
    return agent;
  };

  if (options.connect && peer.addresses.length > 0) {
    transport = createMuxClient({
      logs,
      urls: peer.addresses,
      token: () => issueAccessToken(key, genesis, peer.chain, now()),
      interest: interest(),
      heartbeats,
      WebSocket,
    });
    unsubscribe.push(
      transport.on((event) => {
        if (event.type === "state") emitter.emit("connection", { state: event.state, why: event.why });
        // What this side refused was announced by the logs already.
        if (event.type === "refusal" && event.by === "peer") refused(event.refusal, "peer");
      }),
    );
  }

  const recallOnly = createRecallOnly(() => index, () => canon.freshness());

  const node: Peer = {
    id: agent?.id ?? key.id,
    name: peer.name,
    swarm: genesis.swarm,
    swarmName: genesis.name,
    role: membership.role,
    dir: vault.dir,
    addresses: extra.addresses ?? peer.addresses,
    logs,
    canon,
    report: async (report) => own().report(report),
    recall: (query) => agent?.recall(query) ?? recallOnly(query),
    outcome: async (entry, outcome) => own().outcome(entry, outcome),
    attempt: (task, run, attemptOptions) => own().attempt(task, run, attemptOptions),
    get pending() {
      return verdicts.pending();
    },
    as,
    invite: ({ role = "agent", lifetimeMs, uses } = {}) =>
      createTicket(genesis, key, peer.chain, {
        role,
        addresses: extra.addresses ?? peer.addresses,
        nowMs: now(),
        expiresAtMs: lifetimeMs === undefined ? undefined : now() + lifetimeMs,
        uses,
      }),
    on: (name, handler) => emitter.on(name, handler),
    stats: () => ({
      ...counts,
      ...entryCounts(canon.view),
      agents: [...canon.view.members.values()].filter((member) => member.status === "admitted" && member.role === "agent").length,
      localAgents: writers.length,
      pending: verdicts.pending(),
      refusals: Object.values(refusalsByRule).reduce((sum, count) => sum + count, 0),
      refusalsByRule: { ...refusalsByRule },
      handlerErrors: emitter.errors,
      connection: transport?.state ?? "none",
      freshness: canon.freshness(),
      unindexed: index.pending,
    }),
    synced: (signal) => waitForSync(transport, signal),
    close: () => {
      closing ??= (async () => {
        await transport?.close();
        await extra.beforeClose?.();
        await Promise.all(writers.map((writer) => writer.close()));
        for (const stop of unsubscribe) stop();
        verdicts.close();
        await canon.close();
        await logs.close();
      })();
      return closing;
    },
    [Symbol.asyncDispose]: () => node.close(),
  };
  return node;
};

const entryCounts = (view: View): Pick<Stats, "immunizations" | "active" | "contested" | "revoked"> => {
  const counts = { immunizations: view.entries.size, active: 0, contested: 0, revoked: 0, superseded: 0 };
  for (const entry of view.entries.values()) counts[entry.status] += 1;
  const { superseded: _, ...shown } = counts;
  return shown;
};

/** Recall for a peer that may not append: it has no agent. */
const createRecallOnly =
  (index: () => Index, freshness: () => Freshness) =>
  async (query: Parameters<Agent["recall"]>[0]): ReturnType<Agent["recall"]> => {
    const { error, ...rest } = query;
    return index().recall({ ...rest, ...(error === undefined ? {} : { error: { message: String(error) } }) }, freshness());
  };

const waitForSync = (transport: Transport | undefined, signal: AbortSignal | undefined): Promise<void> => {
  if (transport === undefined) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const stop = transport.on((event) => {
      if (event.type === "synced") end(resolve);
      if (event.type === "state" && event.state === "closed") end(() => reject(new Error(event.why)));
    });
    const aborted = (): void => end(() => reject(signal?.reason));
    const end = (settle: () => void): void => {
      stop();
      signal?.removeEventListener("abort", aborted);
      settle();
    };
    if (signal?.aborted === true) aborted();
    else signal?.addEventListener("abort", aborted);
  });
};

export type { LogState, WriterId };
