/**
 * A node: one data directory, one peer, any number of local agents. It composes logs, canon, recall and transports; who opens
 * it (`createSwarm`, `join`, `openNode`) decides the role.
 */
import { type Canon, type Freshness, followCanon } from "@herdmind/canon";
import {
  createIndex,
  type Index,
  type RecalledEntry,
  sameProblem,
  type View,
  type ViewEvent,
} from "@herdmind/experience";
import { createLogs, type Logs, type Writer } from "@herdmind/log";
import {
  createTicket,
  type Fingerprint,
  issueAccessToken,
  issueCredential,
  type KeyPair,
  type LogId,
  type Membership,
  mayAppend,
  type Refusal,
  type Result,
  type Role,
  refuse,
  type SwarmId,
  verifyChain,
} from "@herdmind/protocol";
import { createHeartbeats, type Heartbeats, type Interest, type Transport, type TransportState } from "@herdmind/sync";
import { createMuxClient } from "@herdmind/websocket";
import { WebSocket } from "ws";
import { type Agent, type AgentHost, createAgent, recall } from "./agent.js";
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
  /** Blocks of canon that do not count any more; verdicts in them are void until they are given again. */
  readonly withdrawn: { readonly log: LogId; readonly from: number; readonly to: number };
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
  /** Where newcomers find the swarm; default: the addresses of this peer. */
  readonly addresses?: readonly string[];
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
    logger({
      level: "error",
      message: `a handler of "${String(name)}" failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    });
  });
  let canon: Canon | undefined;
  const heartbeats = createHeartbeats({
    swarm: peer.genesis.swarm,
    isHolder: (writer, { term }) => canon?.view.term?.holder === writer && canon.view.term.term === term,
    now,
  });
  canon = await followCanon({ logs: logs.value, heartbeats });
  return {
    ok: true,
    value: { logs: logs.value, canon, heartbeats, membership: membership.value, emitter, vault: opened.vault },
  };
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
  let isSynced = false;
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

  const learnedListeners = new Set<{ readonly fingerprint: Fingerprint; readonly learned: () => void }>();

  const takeViewEvent = (event: ViewEvent): void => {
    verdicts.take(event);
    if (event.type !== "immunized") return;
    const { id, fingerprint } = event.entry.immunization;
    const shown = index.recall({ fingerprint, limit: Number.MAX_SAFE_INTEGER, similar: "never" });
    const entry = shown.entries.find((one) => one.id === id);
    if (entry !== undefined) emitter.emit("immunized", entry);
    for (const listener of learnedListeners) {
      if (sameProblem(canon.view, listener.fingerprint).includes(fingerprint)) listener.learned();
    }
  };

  const unsubscribe = [
    canon.subscribe((event) => {
      switch (event.type) {
        case "changed":
          takeViewEvent(event.event);
          break;
        case "rebuilt":
          index = createIndex(event.view);
          for (const withdrawn of event.withdrawn) emitter.emit("withdrawn", withdrawn);
          break;
        case "alarm":
          emitter.emit("alarm", { message: event.alarm.message });
          break;
        case "head":
          keepIndexing();
          break;
        case "verified":
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
    carry === "all"
      ? { logs: "all", writers: [] }
      : { logs: "own", writers: [key.id, ...writers.map((writer) => writer.id)] };

  const host: AgentHost = {
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
    onLearned: (fingerprint, learned) => {
      const listener = { fingerprint, learned };
      learnedListeners.add(listener);
      return () => learnedListeners.delete(listener);
    },
  };

  const openAgent = async (name: string, agentKey: KeyPair, chain: readonly string[]): Promise<Agent> => {
    const writer = await logs.openWriter({ key: agentKey, chain });
    if (!writer.ok) throw refusalError(writer);
    writers.push(writer.value);
    transport?.setInterest(interest());
    return createAgent(host, writer.value, name);
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
  const agent = !mayAppend(membership.role)
    ? undefined
    : membership.role === "orchestrator"
      ? await as(peer.name)
      : await openAgent(peer.name, key, peer.chain);
  const own = (): Agent => {
    if (agent !== undefined) return agent;
    throw refusalError(
      refuse("A1", "none", `Role ${membership.role} may not report. Ask for a ticket with role agent.`),
    );
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
        if (event.type === "state") {
          isSynced = false;
          emitter.emit("connection", { state: event.state, why: event.why });
        }
        if (event.type === "synced") isSynced = true;
        // What this side refused was announced by the logs already.
        if (event.type === "refusal" && event.by === "peer") refused(event.refusal, "peer");
      }),
    );
  }

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
    recall: async (query) => recall(host, query),
    outcome: async (entry, outcome) => own().outcome(entry, outcome),
    attempt: (task, run, attemptOptions) => own().attempt(task, run, attemptOptions),
    get pending() {
      return verdicts.pending();
    },
    as,
    invite: ({ role = "agent", lifetimeMs, uses, addresses = extra.addresses ?? peer.addresses } = {}) =>
      createTicket(genesis, key, peer.chain, {
        role,
        addresses,
        nowMs: now(),
        expiresAtMs: lifetimeMs === undefined ? undefined : now() + lifetimeMs,
        uses,
      }),
    on: (name, handler) => emitter.on(name, handler),
    stats: () => ({
      ...counts,
      ...entryCounts(canon.view),
      agents: [...canon.view.members.values()].filter(
        (member) => member.status === "admitted" && member.role === "agent",
      ).length,
      localAgents: writers.length,
      pending: verdicts.pending(),
      refusals: Object.values(refusalsByRule).reduce((sum, count) => sum + count, 0),
      refusalsByRule: { ...refusalsByRule },
      handlerErrors: emitter.errors,
      connection: transport?.state ?? "none",
      freshness: canon.freshness(),
      unindexed: index.pending,
    }),
    synced: async (signal) => {
      if (transport !== undefined && !isSynced) await waitForSync(transport, signal);
      await canon.settled();
    },
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

const waitForSync = (transport: Transport, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
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
