/** A small swarm for suites: real keys, real credentials, real logs over the storage of the caller. */
import { createLogs, type Logs, type Storage, type Writer } from "@herdmind/log";
import {
  type AnyRecord,
  BLOCKS_PER_SEGMENT,
  clientIdOf,
  createGenesis,
  encodePayload,
  encodeRecord,
  type Genesis,
  generateKey,
  issueAccessToken,
  issueCredential,
  type KeyPair,
  type LogId,
  type Role,
  record,
  type SwarmId,
  sealBlock,
  sealEphemeral,
} from "@herdmind/protocol";
import * as Y from "yjs";

/** A key with its credential chain and the logs it holds. */
export interface SwarmPeer {
  readonly key: KeyPair;
  readonly chain: readonly string[];
  readonly logs: Logs;
  readonly writer: Writer;
  /** A new access token of this peer. */
  token(nowMs?: number): Promise<string>;
}

export interface TestSwarm {
  readonly genesis: Genesis;
  readonly root: KeyPair;
  /** A new peer with its own storage, or one with the logs of another (a second local agent). */
  peer(role: Role, options?: { readonly logs?: Logs }): Promise<SwarmPeer>;
  /** The same key on another storage: what a copied directory does, or a cheat. */
  copyOf(peer: SwarmPeer): Promise<SwarmPeer>;
  /** A replica of a peer's log that goes on with another block, signed by the same key: an equivocation. */
  forkOf(peer: SwarmPeer): Promise<{ readonly logs: Logs }>;
  /** A heartbeat of this peer about its own log. */
  heartbeat(peer: SwarmPeer, counter: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A signal about `text`, of about `bytes` bytes that do not compress. */
export const sampleSignal = (text: string, bytes = 0): AnyRecord => {
  let padding = "";
  while (padding.length < bytes) padding += crypto.randomUUID();
  const error = padding === "" ? { message: text } : { message: text, output: padding.slice(0, bytes) };
  return record("signal", { type: "ERROR_RESOLVED", problem: { error }, mitigation: { text: `fix ${text}` }, at: 1 });
};

/** The messages of all signals in a log, in order. */
export const messagesIn = async (logs: Logs, log: LogId): Promise<string[]> => {
  const messages: string[] = [];
  for await (const block of logs.read(log)) {
    for (const each of block.records) if (each.type === "signal") messages.push(each.body.problem.error?.message ?? "");
  }
  return messages;
};

/** The update that adds one block behind those of `held`, as Yjs itself would write it. */
const appendToUpdate = (
  swarm: SwarmId,
  log: LogId,
  sequence: number,
  held: Uint8Array,
  block: Uint8Array,
): Uint8Array => {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, held);
  doc.clientID = clientIdOf(swarm, log);
  const before = Y.encodeStateVector(doc);
  doc.getArray(`segment/${Math.floor(sequence / BLOCKS_PER_SEGMENT)}`).push([{ b: block }]);
  return Y.encodeStateAsUpdate(doc, before);
};

const must = <T>(
  result:
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly refusal: { readonly message: string } },
): T => {
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
};

/** Makes a swarm; `openStorage` gives an empty storage each time. */
export const createTestSwarm = async (openStorage: () => Storage | Promise<Storage>): Promise<TestSwarm> => {
  const root = await generateKey();
  const genesis = createGenesis("test", root.publicKey, crypto.getRandomValues(new Uint8Array(16)));
  const opened = new Set<Logs>();
  const openPeer = async (key: KeyPair, chain: readonly string[], role: Role, shared?: Logs): Promise<SwarmPeer> => {
    const logs = shared ?? must(await createLogs({ genesis, storage: await openStorage() }));
    opened.add(logs);
    const opening = role === "orchestrator" ? { opening: () => [record("term", { term: 1, holder: key.id })] } : {};
    // Roles that only read have no writer; asking for one is a bug of the test.
    const writer =
      role === "observer" || role === "relay" ? undefined : must(await logs.openWriter({ key, chain, ...opening }));
    return {
      key,
      chain,
      logs,
      get writer() {
        if (writer === undefined) throw new Error(`role ${role} has no writer`);
        return writer;
      },
      token: (nowMs = Date.now()) => issueAccessToken(key, genesis, chain, nowMs),
    };
  };
  return {
    genesis,
    root,
    async peer(role, { logs } = {}) {
      const key = await generateKey();
      const chain = [await issueCredential(root, { sub: key.id, aud: genesis.swarm, role, use: "member", iat: 1 })];
      return openPeer(key, chain, role, logs);
    },
    copyOf: (peer) => openPeer(peer.key, peer.chain, peer.writer.membership.role),
    async forkOf(peer) {
      const log = peer.writer.log as LogId;
      const logs = must(await createLogs({ genesis, storage: await openStorage() }));
      opened.add(logs);
      const held = await peer.logs.update(log, 0, 1_000_000);
      const state = peer.logs.get(log);
      if (held === undefined || state === undefined) throw new Error("a fork needs a log");
      await logs.ingest(log, held.update, "copy");
      const { codec, payload } = encodePayload([must(encodeRecord(sampleSignal("to the other")))]);
      const block = await sealBlock(
        peer.key,
        { ...log, swarm: genesis.swarm, sequence: state.length, previous: state.hash, codec },
        payload,
      );
      const taken = await logs.ingest(
        log,
        appendToUpdate(genesis.swarm, log, state.length, held.update, block.bytes),
        "fork",
      );
      if (!taken.ok) throw new Error(taken.refusal.message);
      return { logs };
    },
    heartbeat: (peer, counter) => {
      const state = peer.logs.get(peer.writer.log as LogId);
      if (state === undefined) throw new Error("a heartbeat needs a log");
      const { generation, length, hash } = state;
      return sealEphemeral(peer.key, genesis.swarm, {
        kind: "heartbeat",
        counter,
        body: { term: 1, generation, length, hash, at: 1 },
      });
    },
    async close() {
      await Promise.all([...opened].map((logs) => logs.close()));
    },
  };
};
