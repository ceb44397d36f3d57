/** Logs made for the bench by one process: members with keys, and their blocks as updates ready to be offered. */
import { createLogs, type Logs, type Storage, type Writer } from "@herdmind/log";
import {
  acceptTicket,
  createGenesis,
  type EntryId,
  type Genesis,
  generateKey,
  issueCredential,
  type KeyPair,
  type LogId,
  type Role,
  readTicket,
  record,
} from "@herdmind/protocol";
import { createMemoryStorage } from "@herdmind/storage-memory";
import { signalOf } from "./signals.ts";

/** The value of a result; what the bench asks for must work. */
export const must = <T>(
  result:
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly refusal: { readonly message: string } },
): T => {
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
};

export interface Member {
  readonly key: KeyPair;
  readonly chain: readonly string[];
}

export interface Founded {
  readonly genesis: Genesis;
  readonly member: (role: Role) => Promise<Member>;
}

/** A swarm without a node: a root that gives credentials. */
export const foundSwarm = async (): Promise<Founded> => {
  const root = await generateKey();
  const genesis = createGenesis("bench", root.publicKey, crypto.getRandomValues(new Uint8Array(16)));
  return {
    genesis,
    member: async (role) => {
      const key = await generateKey();
      return {
        key,
        chain: [await issueCredential(root, { sub: key.id, aud: genesis.swarm, role, use: "member", iat: 1 })],
      };
    },
  };
};

/** A member by ticket, as a newcomer becomes one. */
export const memberByTicket = async (text: string): Promise<Member & { readonly genesis: Genesis }> => {
  const ticket = must(await readTicket(text));
  const key = await generateKey();
  return { key, chain: await acceptTicket(ticket, key.id, { nowMs: Date.now() }), genesis: ticket.genesis };
};

export const openLogs = async (genesis: Genesis, storage: Storage): Promise<Logs> =>
  must(await createLogs({ genesis, storage }));

/** Appends signals, `perAppend` in each call, one call after the other. */
export const appendSignals = async (
  writer: Writer,
  count: number,
  perAppend: number,
  problems: number,
  first = 0,
): Promise<void> => {
  for (let at = 0; at < count; at += perAppend) {
    const records = Array.from({ length: Math.min(perAppend, count - at) }, (_, i) =>
      record("signal", signalOf((first + at + i) % problems, Date.now())),
    );
    const receipt = await writer.append(records);
    if (!receipt.ok) throw new Error(receipt.refusal.message);
  }
};

export interface MadeLog {
  readonly log: LogId;
  readonly updates: readonly Uint8Array[];
  readonly blocks: number;
}

/** A member's log with signals in blocks of `perBlock`, as updates of the size that a session sends. */
export const makeLog = (
  member: Member & { readonly genesis: Genesis },
  count: number,
  perBlock: number,
  problems: number,
  first = 0,
): Promise<MadeLog> => madeBy(member, (writer) => appendSignals(writer, count, perBlock, problems, first));

/** A member's log with outcomes, one for each entry: every seventh says that it did not help. */
export const makeOutcomes = (
  member: Member & { readonly genesis: Genesis },
  entries: readonly EntryId[],
  perBlock: number,
): Promise<MadeLog> =>
  madeBy(member, async (writer) => {
    for (let at = 0; at < entries.length; at += perBlock) {
      const records = entries
        .slice(at, at + perBlock)
        .map((entry, i) => record("outcome", { entry, success: (at + i) % 7 !== 0, at: Date.now() }));
      const receipt = await writer.append(records);
      if (!receipt.ok) throw new Error(receipt.refusal.message);
    }
  });

const madeBy = async (
  { genesis, key, chain }: Member & { readonly genesis: Genesis },
  append: (writer: Writer) => Promise<void>,
): Promise<MadeLog> => {
  const logs = await openLogs(genesis, createMemoryStorage());
  const writer = must(await logs.openWriter({ key, chain }));
  await append(writer);
  const { log } = writer;
  if (log === undefined) throw new Error("nothing was appended");
  const updates: Uint8Array[] = [];
  for (let from = 0; ; ) {
    const part = await logs.update(log, from, 256 * 1024);
    if (part === undefined) break;
    updates.push(part.update);
    from = part.next;
  }
  const blocks = logs.get(log)?.length ?? 0;
  await logs.close();
  return { log, updates, blocks };
};

export const ingestLog = async (logs: Logs, { log, updates }: MadeLog): Promise<void> => {
  for (const update of updates) {
    const receipt = await logs.ingest(log, update, "bench");
    if (!receipt.ok) throw new Error(receipt.refusal.message);
  }
};
