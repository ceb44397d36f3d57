/** A swarm begins: root key, genesis, an orchestrator on this node, and its relay. */
import type { Embedder, Profile, RelevanceRule } from "@herdmind/experience";
import type { NodeMeshOptions } from "@herdmind/mesh/node";
import {
  createOrchestrator,
  type Orchestrator,
  type OrchestratorEvent,
  type OrchestratorStats,
} from "@herdmind/orchestrator";
import {
  createGenesis,
  type Fingerprint,
  grantTerm,
  issueCredential,
  type JsonObject,
  type JsonValue,
  type KeyPair,
  notJson,
  type Result,
  refuse,
} from "@herdmind/protocol";
import { createRelay, type Relay } from "@herdmind/relay";
import type { TransportFactory } from "@herdmind/sync";
import { isHerdmindError, refusalError } from "./failure.js";
import { profileOf } from "./join.js";
import { guardedLogger } from "./logger.js";
import { closeParts, createNode, openParts } from "./node.js";
import { openDirectory } from "./open-directory.js";
import type { Logger, LogLine, Peer } from "./peer.js";
import { findSecret, loadRules, type Redaction, redact } from "./redact.js";
import { contentOf } from "./redact-write.js";
import type { OpenedDirectory, PeerFile, Vault } from "./vault.js";
import { wantedMesh } from "./wanted-mesh.js";

export interface RelayAddress {
  /** Default: loopback only. */
  readonly host?: string;
  /** Default: any free port. */
  readonly port?: number;
}

export interface CreateSwarmOptions {
  readonly name: string;
  /** Default: in memory, gone with the process. A directory that holds this swarm already is opened again. */
  readonly dir?: string;
  /** `false`: no relay; only agents of this node take part. */
  readonly relay?: RelayAddress | false;
  /** Whether and how the mesh is used beside the relay; default: not at all. Its addresses then stand in tickets. */
  readonly mesh?: boolean | NodeMeshOptions;
  /** Further ways to reach the swarm; default: none. */
  readonly transports?: readonly TransportFactory[];
  /** Custom signal types, and the names of the `problem.fields` that make their identity. */
  readonly signalTypes?: { readonly [name: string]: readonly string[] };
  /** What the agents of this node work on (see `JoinOptions`). */
  readonly profile?: Profile;
  /**
   * Finds by meaning what words do not find, for questions in words; see `@herdmind/embeddings`. It stays the caller's: several nodes
   * may share one, and who opened it closes it. Default: none.
   */
  readonly embedder?: Embedder;
  /** Milliseconds since 1970; default `Date.now`. */
  readonly now?: () => number;
  readonly logger?: Logger;
}

/** The peer that holds the orchestrator of its swarm. */
export interface Swarm extends Peer {
  /** Its relay, which may be closed before the rest; `undefined` where none was asked for. */
  readonly relay: Relay | undefined;
  /** What its orchestrator has done since it was opened. */
  admission(): OrchestratorStats;
  /**
   * Sets a rule about what concerns whom, for every peer, in the next version of its name; `effect: "off"` withdraws it. Refused (R1)
   * when its query cannot be used.
   */
  setRelevance(rule: Omit<RelevanceRule, "version">): Promise<Result<void>>;
  /** Merges two problems that canon knows, by an operator's word. Refused (R1) where their kinds or facts differ. */
  alias(from: Fingerprint, to: Fingerprint, reason: string): Promise<Result<void>>;
  /** Takes two merged problems apart; only an operator merges them again. Refused (R1) where they are not merged. */
  unalias(from: Fingerprint, to: Fingerprint, reason: string): Promise<Result<void>>;
}

/** Whether a peer that `openNode` gave holds the orchestrator. */
export const isSwarm = (peer: Peer): peer is Swarm => "setRelevance" in peer;

/** Creates a swarm, or opens the one in `dir`: root, orchestrator and relay in this process. Throws a `HerdmindError`. */
export const createSwarm = async (options: CreateSwarmOptions): Promise<Swarm> => {
  const opened = await openDirectory(options.dir);
  if (!opened.ok) throw refusalError(opened);
  try {
    return await openSwarm(opened.value, options);
  } catch (error) {
    await opened.value.storage.close();
    throw error;
  }
};

/** Opens the swarm that an opened directory holds, or begins one in it. */
export const openSwarm = async (
  opened: OpenedDirectory,
  {
    name,
    relay: relayAddress = {},
    mesh = false,
    transports = [],
    signalTypes = {},
    profile: givenProfile,
    embedder,
    now = Date.now,
    logger = () => undefined,
  }: CreateSwarmOptions,
): Promise<Swarm> => {
  const saved = await opened.vault.peer();
  if (!saved.ok) throw refusalError(saved);
  const key = await opened.vault.keyOrNew("peer");
  const asked = givenProfile === undefined ? undefined : profileOf(givenProfile);
  const begun = saved.value ?? (await beginSwarm(opened.vault, key, name, now()));
  const peer = asked === undefined ? begun : { ...begun, profile: asked };
  if (peer !== begun) await opened.vault.savePeer(peer);
  const options = {
    opened,
    peer,
    key,
    carry: "all",
    transports: [wantedMesh(mesh), ...transports],
    embedder,
    now,
    logger,
  } as const;
  const parts = await openParts(options);
  if (!parts.ok) throw refusalError(parts);
  const { logs, canon, ephemerals, membership } = parts.value;
  /** What runs already, and how it ends: newest first. */
  const running: (() => Promise<void>)[] = [() => closeParts(parts.value)];
  try {
    if (membership.role !== "orchestrator") {
      throw refusalError(
        refuse(
          "A2",
          "none",
          `${opened.vault.dir ?? "This directory"} holds a peer with role ${membership.role}, not the orchestrator of ${peer.genesis.name}. Open it with join, or choose another directory.`,
        ),
      );
    }
    const root = await opened.vault.key("root");
    // The orchestrator looks again at all it admits, by every rule that a report is written by (E2).
    await loadRules();
    const orchestrator = await createOrchestrator({
      logs,
      key,
      chain: peer.chain,
      canon,
      heartbeats: ephemerals.heartbeats,
      now,
      onEvent: (event) => guardedLogger(logger)(lineOf(event)),
      inspect: (proposal) => {
        const kind = findSecret("ops" in proposal ? contentOf(proposal) : (proposal as unknown as JsonObject));
        if (kind === undefined) return undefined;
        return kind === "e-mail" || kind === "home-path"
          ? `It names a person (${kind}). Report it from a peer that redacts; the log that has it keeps it.`
          : `It contains a secret (${kind}). Change that secret: the log that has it was replicated, and keeps it.`;
      },
      ...(root === undefined ? {} : { grant: (term: number) => grantTerm(root, peer.genesis, term, key.id) }),
    });
    if (!orchestrator.ok) throw refusalError(orchestrator);
    running.unshift(() => orchestrator.value.close());
    for (const [type, identity] of Object.entries(signalTypes)) {
      const registered = await orchestrator.value.registerType(type, identity);
      if (!registered.ok) throw refusalError(registered);
    }

    let relay: Relay | undefined;
    if (relayAddress !== false) {
      const started = await createRelay({
        logs,
        carrying: parts.value.carrying,
        ephemerals,
        host: relayAddress.host ?? "127.0.0.1",
        port: relayAddress.port ?? 0,
      });
      if (!started.ok) throw refusalError(refuse("T3", "none", started.fault.message));
      relay = started.value;
      running.unshift(started.value.close);
    }
    const node = await createNode(options, parts.value, {
      addresses: relay === undefined ? [] : [relay.url],
      isServing: () => (relay?.stats().connections ?? 0) > 0,
      beforeClose: async () => {
        await relay?.close();
        await orchestrator.value.close();
      },
    });
    return Object.assign(node, { relay, admission: orchestrator.value.stats, ...cleanCommands(orchestrator.value) });
  } catch (error) {
    for (const close of running) await close();
    throw error;
  }
};

const lineOf = (event: OrchestratorEvent): LogLine => {
  switch (event.type) {
    case "stalled": {
      const { retryMs, refusal } = event;
      const fields = { rule: refusal.rule, retryMs };
      return { level: "error", event: "orchestrator.stalled", message: `canon waits: ${refusal.message}`, fields };
    }
    case "stopped": {
      const { rule, message } = event.refusal;
      return { level: "error", event: "orchestrator.stopped", message, fields: { rule } };
    }
    case "resumed":
      return { level: "info", event: "orchestrator.resumed", message: "canon is written again" };
    case "upgrading": {
      const { type: _, ...progress } = event;
      return {
        level: "info",
        event: "orchestrator.upgrading",
        message: "reads older names of problems",
        fields: progress,
      };
    }
  }
};

/** What an operator says is signed and spread as well (E2). */
const cleanCommands = (orchestrator: Orchestrator): Pick<Swarm, "setRelevance" | "alias" | "unalias"> => {
  const command = async <Said extends JsonValue>(
    said: Said,
    give: (clean: Said, redactions: readonly Redaction[]) => Promise<Result<void>>,
  ): Promise<Result<void>> => {
    const redacted = await redact(said).catch((error: unknown) => {
      if (isHerdmindError(error)) return error;
      throw error;
    });
    if (redacted instanceof Error) return { ok: false, refusal: redacted.refusal };
    return give(redacted.value, redacted.redactions);
  };
  return {
    alias: (from, to, reason) => command(reason, (clean) => orchestrator.alias(from, to, clean)),
    unalias: (from, to, reason) => command(reason, (clean) => orchestrator.unalias(from, to, clean)),
    setRelevance: async (rule) => {
      // What no record takes is refused by its own rule.
      if (notJson(rule, "rule") !== undefined) return orchestrator.setRelevance(rule);
      return command(rule as unknown as JsonValue, async (_, redactions) =>
        redactions[0] === undefined
          ? orchestrator.setRelevance(rule)
          : refuse(
              "E2",
              "none",
              `This rule holds a secret (${redactions[0].kind} in ${redactions[0].path}). Write it without.`,
            ),
      );
    },
  };
};

const beginSwarm = async (vault: Vault, key: KeyPair, name: string, nowMs: number): Promise<PeerFile> => {
  const root = await vault.keyOrNew("root");
  const genesis = createGenesis(name, root.publicKey, crypto.getRandomValues(new Uint8Array(16)));
  const credential = await issueCredential(root, {
    sub: key.id,
    aud: genesis.swarm,
    role: "orchestrator",
    use: "member",
    iat: Math.floor(nowMs / 1000),
    name,
  });
  const peer: PeerFile = { genesis, chain: [credential], addresses: [], name, invitation: undefined };
  await vault.savePeer(peer);
  return peer;
};
