/** A swarm for tests: real keys, real logs, a real orchestrator; the storage comes from the test. */
import { type Canon, followCanon } from "@herdmind/canon";
import { createLogs, type HeldBlock, type Logs, type Storage, type Writer } from "@herdmind/log";
import {
  type AnyRecord,
  acceptTicket,
  createGenesis,
  createTicket,
  type Genesis,
  generateKey,
  issueCredential,
  type KeyPair,
  type LogId,
  type Role,
  readTicket,
  record,
  type Signal,
} from "@herdmind/protocol";
import { createOrchestrator } from "./create-orchestrator.js";
import type { Orchestrator, OrchestratorOptions } from "./orchestrator.js";

export const must = <T>(
  result:
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly refusal: { readonly message: string } },
): T => {
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
};

export const signalOf = (error: string, remedy: string, more: Partial<Signal> = {}): Signal => ({
  type: "ERROR_RESOLVED",
  problem: { error: { message: error } },
  mitigation: { text: remedy },
  at: 1,
  ...more,
});
export const signal = (error: string, remedy: string, more: Partial<Signal> = {}): AnyRecord =>
  record("signal", signalOf(error, remedy, more));

/** One that is found nowhere else: letters only, because numbers are masked. */
export const unlike = (n: number): string =>
  `the ${[...String(n)].map((digit) => ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"][Number(digit)]).join(" ")} gear is broken`;

export interface Agent {
  readonly key: KeyPair;
  readonly chain: readonly string[];
  readonly logs: Logs;
  readonly writer: Writer;
}

export interface Office {
  readonly logs: Logs;
  readonly canon: Canon;
  readonly orchestrator: Orchestrator;
  close(): Promise<void>;
}

export interface SwarmFixture {
  readonly genesis: Genesis;
  readonly root: KeyPair;
  readonly key: KeyPair;
  readonly chain: readonly string[];
  /** Opens the orchestrator on a storage. */
  office(storage: Storage, options?: Partial<OrchestratorOptions>): Promise<Office>;
  logs(storage: Storage): Promise<Logs>;
  /** A member with a credential signed by root, or by another chain. */
  agent(
    storage: Storage,
    options?: { readonly role?: Role; readonly by?: Agent; readonly ticket?: string; readonly key?: KeyPair },
  ): Promise<Agent>;
  ticket(terms: { readonly uses?: number; readonly expiresAtMs?: number; readonly by?: Agent }): Promise<string>;
}

export const createSwarmFixture = async (): Promise<SwarmFixture> => {
  const root = await generateKey();
  const key = await generateKey();
  const genesis = createGenesis("test", root.publicKey, crypto.getRandomValues(new Uint8Array(16)));
  const chain = [
    await issueCredential(root, { sub: key.id, aud: genesis.swarm, role: "orchestrator", iat: 1, use: "member" }),
  ];
  const logsOf = async (storage: Storage): Promise<Logs> => must(await createLogs({ genesis, storage }));
  return {
    genesis,
    root,
    key,
    chain,
    logs: logsOf,
    office: async (storage, options = {}) => {
      const logs = await logsOf(storage);
      const canon = await followCanon({ logs });
      const orchestrator = must(await createOrchestrator({ logs, canon, key, chain, ...options }));
      return {
        logs,
        canon,
        orchestrator,
        close: async () => {
          await orchestrator.close();
          await canon.close();
          await logs.close();
        },
      };
    },
    agent: async (storage, { role = "agent", by, ticket, key: own } = {}) => {
      const agentKey = own ?? (await generateKey());
      const agentChain =
        ticket === undefined
          ? [
              ...(by?.chain ?? []),
              await issueCredential(by?.key ?? root, {
                sub: agentKey.id,
                aud: genesis.swarm,
                role,
                iat: 1,
                use: "member",
              }),
            ]
          : await acceptTicket(must(await readTicket(ticket)), agentKey.id, { nowMs: 1 });
      const logs = await logsOf(storage);
      return {
        key: agentKey,
        chain: agentChain,
        logs,
        writer: must(await logs.openWriter({ key: agentKey, chain: agentChain })),
      };
    },
    ticket: ({ by, ...terms }) =>
      createTicket(genesis, by?.key ?? root, by?.chain ?? [], { role: "agent", addresses: [], nowMs: 1, ...terms }),
  };
};

/** Hands a log on, in one update of what is missing. */
export const carry = async (from: Logs, to: Logs, log: LogId): Promise<void> => {
  for (let at = to.get(log)?.length ?? 0; ; ) {
    const part = await from.update(log, at, 1024 * 1024);
    if (part === undefined) return;
    const receipt = await to.ingest(log, part.update, "test");
    if (!receipt.ok) throw new Error(receipt.refusal.message);
    at = part.next;
  }
};

export const carryAll = async (from: Logs, to: Logs): Promise<void> => {
  for (const log of from.list()) await carry(from, to, log);
};

export const blocksOf = async (logs: Logs, log: LogId): Promise<readonly HeldBlock[]> => {
  const blocks: HeldBlock[] = [];
  for await (const block of logs.read(log)) blocks.push(block);
  return blocks;
};

/** Every record of canon, in order. */
export const canonRecords = async ({
  logs,
  canon,
}: {
  readonly logs: Logs;
  readonly canon: Canon;
}): Promise<readonly AnyRecord[]> => {
  const records: AnyRecord[] = [];
  for (const part of canon.parts()) for (const block of await blocksOf(logs, part)) records.push(...block.records);
  return records;
};
