/**
 * A node: one data directory, one peer, any number of local agents. It composes logs, canon, recall and transports; who opens
 * it (`createSwarm`, `join`, `openNode`) decides the role.
 */
import { type Canon, followCanon } from "@herdmind/canon";
import type { Embedder } from "@herdmind/experience";
import { createLogs, type Logs, type Writer } from "@herdmind/log";
import {
  createTicket,
  isPrintable,
  issueCredential,
  type KeyPair,
  logKey,
  type Membership,
  mayAppend,
  type Refusal,
  type Result,
  refuse,
  verifyChain,
  type WriterId,
} from "@herdmind/protocol";
import {
  type Carrying,
  type CarryLimits,
  type CarryMode,
  createHeartbeats,
  createSwarmEphemerals,
  type Interest,
  type SwarmEphemerals,
  type Transport,
  type TransportFactory,
} from "@herdmind/sync";
import {
  type Agent,
  createAgent,
  createWrite,
  prepare,
  type RecallHost,
  recall,
  type Write,
  type WriteHost,
} from "./agent.js";
import { createAgentNames } from "./agent-names.js";
import { awaitUnjudged } from "./await-unjudged.js";
import { carryFor } from "./carry.js";
import { createCompany } from "./company.js";
import { followCompany } from "./company-news.js";
import { createEmbedding } from "./embedding.js";
import { createEmitter, type Emitter } from "./events.js";
import { refusalError } from "./failure.js";
import type { HostingPeer } from "./hosting.js";
import { createKnowledge } from "./knowledge.js";
import { guardedLogger } from "./logger.js";
import { createMemory, type MemoryHost } from "./memory.js";
import type { Logger, NodeEvents } from "./peer.js";
import { createPendingWrites } from "./pending-writes.js";
import { roleIn } from "./presence.js";
import { createProposals } from "./proposals.js";
import { bestState, waitForSync } from "./reach.js";
import { countAgents, countEntries, countHosted } from "./stats.js";
import type { OpenedDirectory, PeerFile, Vault } from "./vault.js";
import { createWritten } from "./written.js";

export interface NodeOptions {
  readonly opened: OpenedDirectory;
  readonly peer: PeerFile;
  readonly key: KeyPair;
  /** What is kept for others. */
  readonly carry: CarryMode;
  readonly carryLimits?: Partial<CarryLimits> | undefined;
  readonly transports: readonly TransportFactory[];
  /** Whether recalls ask for provisional answers unless they say otherwise; default false. */
  readonly provisional?: boolean | undefined;
  readonly embedder?: Embedder | undefined;
  readonly now: () => number;
  readonly logger: Logger;
}

/** What is opened before it is known whether the node is the orchestrator. */
export interface NodeParts {
  readonly logs: Logs;
  readonly canon: Canon;
  readonly ephemerals: SwarmEphemerals;
  readonly carrying: Carrying;
  /** Writers of this node; its agents are added as they are opened. */
  readonly ownWriters: Set<WriterId>;
  readonly membership: Membership;
  readonly emitter: Emitter<NodeEvents>;
  readonly vault: Vault;
}

export const openParts = async ({ opened, peer, now, ...options }: NodeOptions): Promise<Result<NodeParts>> => {
  const logger = guardedLogger(options.logger);
  const membership = await verifyChain(peer.chain, peer.genesis);
  if (!membership.ok) return membership;
  const logs = await createLogs({
    genesis: peer.genesis,
    storage: opened.storage,
    onListenerError: (error) =>
      logger({ level: "error", event: "listener.failed", message: `internal listener failed: ${String(error)}` }),
  });
  if (!logs.ok) return logs;
  for (const { log, kept, had, message } of logs.value.damage)
    logger({ level: "warn", event: "storage.damaged", message, fields: { log: logKey(log), kept, had } });
  const emitter = createEmitter<NodeEvents>((name, error) => {
    logger({
      level: "error",
      event: "handler.failed",
      message: `a handler of "${String(name)}" failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    });
  });
  let canon: Canon | undefined;
  const heartbeats = createHeartbeats({
    swarm: peer.genesis.swarm,
    isHolder: (writer, { term }) => canon?.view.term?.holder === writer && canon.view.term.term === term,
    now,
  });
  const folding = await followCanon({ logs: logs.value, heartbeats });
  canon = folding;
  const ephemerals = createSwarmEphemerals({
    swarm: peer.genesis.swarm,
    heartbeats,
    roleOf: (writer) => roleIn(folding, writer),
  });
  // A newcomer hears the first heartbeat, and who is here, before it knows who may say so.
  folding.subscribe((event) => {
    const changed = event.type === "changed" ? event.event.type : event.type;
    if (changed === "rebuilt" || changed === "term" || changed === "member") ephemerals.reconsider();
  });
  const ownWriters = new Set([options.key.id]);
  const carrying = await carryFor({
    logs: logs.value,
    canon: folding,
    mode: options.carry,
    limits: options.carryLimits,
    role: membership.value.role,
    isOwn: (writer) => ownWriters.has(writer),
  });
  const { vault } = opened;
  return {
    ok: true,
    value: { logs: logs.value, canon, ephemerals, carrying, ownWriters, membership: membership.value, emitter, vault },
  };
};

/** As a credential allows it. */
const MAX_NAME_CHARS = 200;

/** Gives back what `openParts` opened, where no node comes of it. */
export const closeParts = async ({ canon, logs, carrying }: NodeParts): Promise<void> => {
  await carrying.close();
  await canon.close();
  await logs.close();
};

export const createNode = async (
  options: NodeOptions,
  parts: NodeParts,
  extra: {
    readonly addresses?: readonly string[];
    /** Whether others are connected to a relay of this node. */
    readonly isServing?: () => boolean;
    readonly beforeClose?: () => Promise<void>;
  } = {},
): Promise<HostingPeer> => {
  const { peer, key, now, carry } = options;
  const { logs, canon, ephemerals, carrying, ownWriters, membership, emitter, vault } = parts;
  const { genesis } = peer;
  const counts = { signals: 0, outcomes: 0, recalls: 0, repeatsPrevented: 0, redactions: 0 };
  const refusalsByRule: { [rule: string]: number } = {};
  const agentsByName = new Map<string, Promise<Agent>>();
  const writers: Writer[] = [];
  const writesById = new Map<WriterId, Write>();
  const transports: Transport[] = [];
  /** Those that have exchanged everything since they connected. */
  const synced = new Set<Transport>();
  let closing: Promise<void> | undefined;

  const refused = (refusal: Refusal, by: "us" | "peer"): void => {
    refusalsByRule[refusal.rule] = (refusalsByRule[refusal.rule] ?? 0) + 1;
    emitter.emit("refused", { refusal, by });
  };

  const embedding =
    options.embedder &&
    createEmbedding(options.embedder, (message) =>
      guardedLogger(options.logger)({ level: "warn", event: "embedder.failed", message }),
    );
  const knowledge = createKnowledge(
    genesis.swarm,
    canon,
    emitter,
    peer.profile,
    ownWriters,
    ({ writer, reason = "The orchestrator did not admit this member." }) => {
      if (writers.some(({ id }) => id === writer)) refused(refuse("A3", "none", reason).refusal, "peer");
    },
    embedding,
  );
  const { verdicts } = knowledge;

  const unsubscribe = [
    // A gap is part of every catching up, not news.
    logs.onRefusal((refusal) => {
      if (refusal.rule !== "L3") refused(refusal, "us");
    }),
    carrying.on((event) => {
      if (event.type === "interest") ask();
    }),
  ];

  const company = createCompany({
    swarm: genesis.swarm,
    key,
    name: peer.name,
    carry,
    canon,
    ephemerals,
    links: () => [...transports, ...(extra.isServing?.() === true ? [{ state: "connected" as const }] : [])],
    now,
    onWait: (hold) => emitter.emit("waiting", hold),
    onWaited: (hold, waited) => emitter.emit("waited", { ...hold, ...waited }),
  });

  unsubscribe.push(
    followCompany(
      ephemerals,
      (news) => emitter.emit("present", news),
      (news) => emitter.emit("claim", news),
      (said) => emitter.emit("said", said),
    ),
  );

  const interest = (): Interest => carrying.interest([...ownWriters]);
  const ask = (): void => {
    for (const transport of transports) transport.setInterest(interest());
  };

  const proposals = createProposals(logs, canon);
  const pendingWrites = createPendingWrites(logs, canon, (error) =>
    guardedLogger(options.logger)({
      level: "error",
      event: "memory.unread",
      message: `own writes to the memory could not be read again: ${String(error)}`,
    }),
  );
  const host: WriteHost & RecallHost = {
    swarm: genesis.swarm,
    index: () => knowledge.index,
    view: () => canon.view,
    embedding,
    freshness: () => canon.freshness(),
    recalled: (known, ms) => {
      counts.recalls += 1;
      if (emitter.listens("recalled")) emitter.emit("recalled", { known, ms });
    },
    reported: (news) => emitter.emit("reported", news),
    proposals,
    provisional: options.provisional ?? false,
    profile: peer.profile,
    awaitVerdict: (reported, isDoubtful) => verdicts.await(reported, isDoubtful),
    written: createWritten(logs),
    count: (what, by) => {
      counts[what] += by;
    },
    refused: ({ refusal }) => refused(refusal, "us"),
  };

  const memoryHost: MemoryHost = { ...host, ...pendingWrites, now };

  const openAgent = async (name: string, agentKey: KeyPair, chain: readonly string[]): Promise<Agent> => {
    const writer = await logs.openWriter({ key: agentKey, chain });
    if (!writer.ok) throw refusalError(writer);
    writers.push(writer.value);
    ownWriters.add(writer.value.id);
    ask();
    // A newcomer shows itself at once, so that canon lists it, or says why not, before it has something to report. If the disk
    // refuses, its first append tries again. One that canon refused shows the ticket with which it joined anew: it is judged by that (A3).
    const shows = ({ membership }: { readonly membership: Membership }) => membership.invitations.at(-1)?.id;
    if (!logs.ofWriter(agentKey.id).some((log) => shows(log) === shows(writer.value))) await writer.value.rollOver();
    await awaitUnjudged(logs, canon.view, agentKey.id, verdicts);
    await pendingWrites.load(agentKey.id);
    const write = createWrite(host, writer.value);
    writesById.set(agentKey.id, write);
    company.add(agentKey);
    const agent = createAgent({
      id: agentKey.id,
      name,
      write,
      recall: (query) => recall(host, query),
      prepare: async (task, options) => prepare(host, task, { ...options, nowMs: now() }),
      pending: () => verdicts.pending(agentKey.id),
      now,
      count: host.count,
      refused: host.refused,
      onLearned: knowledge.onLearned,
      claim: (wanted) => company.claim(agentKey.id, wanted),
    });
    return Object.assign(agent, { memory: (space: string) => createMemory(memoryHost, space, writer.value) });
  };

  const keyNameOf = createAgentNames(vault);
  /** Agents of this node are named by the node's own key: other peers see that they are hosted together (rule E1). */
  const openHosted = async (name: string): Promise<Agent> => {
    const agentKey = await vault.keyOrNew(await keyNameOf(name));
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
    if (name === "" || name.length > MAX_NAME_CHARS || !isPrintable(name)) {
      return Promise.reject(
        refusalError(refuse("R1", "none", `An agent's name has 1 to ${MAX_NAME_CHARS} printable characters.`)),
      );
    }
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

  const watch = (transport: Transport): (() => void) =>
    transport.on((event) => {
      if (event.type === "state") {
        synced.delete(transport);
        emitter.emit("connection", { transport: transport.name, state: event.state, why: event.why });
        company.linkChanged();
      }
      if (event.type === "synced") synced.add(transport);
      if (event.type === "peer" && ownWriters.has(event.log.writer))
        emitter.emit("delivered", { transport: transport.name, log: event.log, length: event.length });
      // What this side refused was announced by the logs already.
      if (event.type === "refusal" && event.by === "peer") refused(event.refusal, "peer");
    });
  /** Gives back all that stands upon the logs and canon, which their opener gives back. */
  const release = (betweenTransportsAndWriters: () => Promise<void> = async () => undefined): Promise<void> =>
    inOrder([
      company.close,
      () => inOrder(transports.map((transport) => () => transport.close())),
      betweenTransportsAndWriters,
      async () => void (await Promise.all(writers.map((writer) => writer.close()))),
      async () => {
        for (const stop of unsubscribe) stop();
        embedding?.close();
        knowledge.close();
      },
      async () => {
        proposals.close();
        pendingWrites.close();
      },
      () => carrying.close(),
    ]);
  try {
    for (const start of options.transports) {
      const transport = await start({
        logs,
        key,
        chain: peer.chain,
        ephemerals,
        carrying,
        interest: interest(),
        addresses: peer.addresses,
        now,
      });
      if (transport === undefined) continue;
      transports.push(transport);
      unsubscribe.push(watch(transport));
    }
  } catch (error) {
    await release();
    throw error;
  }
  const addresses = [
    ...new Set([...(extra.addresses ?? peer.addresses), ...transports.flatMap((transport) => transport.addresses)]),
  ];

  const node: HostingPeer = {
    hosting: {
      write: async (agentId, ...asked) => {
        const write = writesById.get(agentId);
        return write === undefined
          ? refuse("A1", "none", `No agent ${agentId} is open here. Ask for it by its name first.`)
          : write(...asked);
      },
      awaitVerdict: host.awaitVerdict,
      count: host.count,
      onLearned: knowledge.onLearned,
      claim: (agentId, wanted) => company.claim(agentId, wanted),
    },
    id: agent?.id ?? key.id,
    name: peer.name,
    swarm: genesis.swarm,
    swarmName: genesis.name,
    role: membership.role,
    dir: vault.dir,
    profile: peer.profile,
    addresses,
    logs,
    canon,
    report: async (report) => own().report(report),
    recall: async (query) => recall(host, query),
    prepare: async (task, options = {}) =>
      prepare(host, typeof task === "string" ? { text: task } : task, { ...options, nowMs: now() }),
    outcome: async (entry, outcome) => own().outcome(entry, outcome),
    attempt: async (task, run, attemptOptions) => own().attempt(task, run, attemptOptions),
    claim: async (fingerprint, options) => own().claim(fingerprint, options),
    memory: (space) => agent?.memory(space) ?? createMemory(memoryHost, space, undefined),
    get pending() {
      return verdicts.pending();
    },
    as,
    invite: ({ role = "agent", lifetimeMs, uses, addresses: found = addresses } = {}) =>
      createTicket(genesis, key, peer.chain, {
        role,
        addresses: found,
        nowMs: now(),
        expiresAtMs: lifetimeMs === undefined ? undefined : now() + lifetimeMs,
        uses,
      }),
    on: (name, handler) => emitter.on(name, handler),
    present: company.present,
    holders: company.holders,
    say: async (topic, body) => {
      const said = await company.say(topic, body);
      if (said.ok) counts.redactions += said.value.length;
      else refused(said.refusal, "us");
      return said;
    },
    stats: () => ({
      ...counts,
      ...company.counts,
      ...countEntries(canon.view),
      agents: countAgents(canon.view),
      localAgents: writers.length,
      pending: verdicts.pending(),
      refusals: Object.values(refusalsByRule).reduce((sum, count) => sum + count, 0),
      refusalsByRule: { ...refusalsByRule },
      handlerErrors: emitter.errors,
      connection: bestState(transports),
      connections: Object.fromEntries(transports.map((transport) => [transport.name, transport.state])),
      freshness: canon.freshness(),
      hosted: countHosted(logs, canon.view, writers),
      carried: { mode: carry, ...carrying.stats() },
      unindexed: knowledge.index.pending,
      embedding: embedding && { ...embedding.stats, pending: knowledge.index.meanings?.pending ?? 0 },
    }),
    synced: async (signal) => {
      if (transports.length > 0 && synced.size === 0) await waitForSync(transports, signal);
      await canon.settled();
    },
    close: () => {
      closing ??= inOrder([() => release(async () => extra.beforeClose?.()), () => canon.close(), () => logs.close()]);
      return closing;
    },
    [Symbol.asyncDispose]: () => node.close(),
  };
  return node;
};

/** Takes every step, also after one that failed, so that the directory is given back; then throws what the first one threw. */
const inOrder = async (steps: readonly (() => Promise<unknown>)[]): Promise<void> => {
  const errors: unknown[] = [];
  for (const step of steps) await step().catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw errors[0];
};
