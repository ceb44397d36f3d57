/** Composes the parts of this package into `Logs`. */
import {
  accept,
  type GenerationId,
  type Genesis,
  headOf,
  isGenerationId,
  isWriterId,
  type LogId,
  type LogKey,
  logKey,
  mayAppend,
  type Refusal,
  type Result,
  readForkProof,
  refuse,
  toBase64url,
  verifyChain,
  type WriterId,
} from "@herdmind/protocol";
import { createForks } from "./forks.js";
import { createHeldLog, type HeldLog, headOfStanding, storageRefusal } from "./held-log.js";
import { createHeldLogs } from "./held-logs.js";
import { ingestUpdate } from "./ingest.js";
import { type JudgedBlock, noWork, type Opened, type Standing } from "./judge.js";
import { createListeners } from "./listeners.js";
import type { Accepted, IngestReceipt, LogState, Logs, OpenWriter, Writer } from "./logs.js";
import { openLogs } from "./open-logs.js";
import { createProofKeeper } from "./proof-keeper.js";
import { createRecentUpdates } from "./recent-updates.js";
import { createSettledStorage } from "./settled-storage.js";
import type { Storage } from "./storage.js";
import { createWriter } from "./writer.js";
import { isWrittenHere, newestOwn, writingMeta, writingPlace } from "./writing-place.js";

export interface CreateLogsOptions {
  readonly genesis: Genesis;
  /** Closed together with the logs; left open when they cannot be opened. */
  readonly storage: Storage;
  /** 16 random bytes for the name of a generation; a simulation passes its own. */
  readonly randomBytes?: (length: number) => Uint8Array;
  /** Called when a listener throws; default: reported as an uncaught error of its own task. */
  readonly onListenerError?: (error: unknown) => void;
}

const EMPTY: Standing = { length: 0, hash: undefined, opened: undefined, next: undefined };

/** Opens the logs in a storage: checks every chain, cuts back what is damaged, and is then the only way to them. */
export const createLogs = async (options: CreateLogsOptions): Promise<Result<Logs>> => {
  const { genesis } = options;
  const storage = createSettledStorage(options.storage);
  const randomBytes = options.randomBytes ?? ((length) => crypto.getRandomValues(new Uint8Array(length)));
  const opened = await openLogs(genesis, storage);
  if (!opened.ok) return opened;
  const storedProofs = await storage.proofs();
  if (!storedProofs.ok) return storageRefusal(storedProofs.fault);

  const { reportError, createEmitter } = createListeners(options.onListenerError);
  const accepted = createEmitter<[Accepted]>();
  const refused = createEmitter<[Refusal, unknown]>();
  const forks = createForks();
  for (const bytes of storedProofs.value) {
    const proof = await readForkProof(bytes, genesis.swarm);
    if (proof.ok) forks.add(proof.value);
  }
  const held = createHeldLogs();
  const recentUpdates = createRecentUpdates();
  const openWriters = new Map<WriterId, Writer | undefined>();
  const proofs = createProofKeeper({ swarm: genesis.swarm, storage, forks, concernsHeld: held.concerns });
  let closed = false;

  const continuesOf = (log: LogId) => held.get(log)?.standing.opened?.continues;
  const prepare = ({ writer, generation }: LogId, standing: Standing = EMPTY): HeldLog => {
    const log: LogId = { writer, generation };
    const boundOf = (continues: Opened["continues"]): number => forks.boundOf(log, continues, continuesOf);
    return createHeldLog({ swarm: genesis.swarm, log, storage, standing, boundOf, recentUpdates, reportError });
  };
  for (const { head, standing } of opened.value.logs) held.add(prepare(head, standing));
  /** Logs that have a block; those without one are only held while an offer is under way. */
  let begun = opened.value.logs.length;

  /** Offers under way by log: a log without a block is forgotten after the last one, so that refused bytes leave nothing. */
  const offersByKey = new Map<LogKey, number>();
  const beginOffer = (log: LogId): HeldLog => {
    const offered = held.get(log) ?? held.add(prepare(log));
    offersByKey.set(logKey(log), (offersByKey.get(logKey(log)) ?? 0) + 1);
    return offered;
  };
  const endOffer = (offered: HeldLog): void => {
    const key = logKey(offered.log);
    const left = (offersByKey.get(key) as number) - 1;
    if (left > 0) {
      offersByKey.set(key, left);
      return;
    }
    offersByKey.delete(key);
    if (offered.standing.length === 0) held.remove(offered);
  };

  /** What a new proof, or a new link between generations, has made invisible. */
  const withdraw = (): void => {
    if (forks.proofs.length > 0) for (const log of held.all()) log.withdraw();
  };

  const announce = (log: HeldLog, blocks: readonly JudgedBlock[], standing: Standing, origin: unknown): void => {
    const isFirst = log.standing.length === 0;
    held.add(log);
    const shown = log.advance(blocks, standing, origin);
    if (isFirst) {
      begun += 1;
      held.link(log);
      forks.linked(log.log);
      withdraw();
    }
    if (shown.length > 0) {
      accepted.emit({ log: log.log, blocks: shown, membership: (standing.opened as Opened).membership, origin });
    }
  };

  const stateOf = (log: HeldLog | undefined): LogState | undefined => {
    const { membership, continues } = log?.standing.opened ?? {};
    if (log === undefined || membership === undefined) return undefined;
    const bound = forks.boundOf(log.log, continues, continuesOf);
    return {
      ...headOfStanding(log.log, log.standing),
      membership,
      continues,
      next: log.standing.next,
      quarantinedFrom: bound === Number.POSITIVE_INFINITY ? undefined : bound,
    };
  };
  const statesOf = (all: Iterable<HeldLog>): readonly LogState[] => [...all].flatMap((log) => stateOf(log) ?? []);
  const ofWriter = (writer: WriterId): readonly LogState[] => statesOf(held.ofWriter(writer));

  const ingest = async (log: LogId, update: Uint8Array, origin: unknown): Promise<IngestReceipt> => {
    if (closed) return refuse("L8", "none", "This node is closing. Try another peer.", { log });
    if (!isWriterId(log.writer) || !isGenerationId(log.generation)) {
      return refuse(
        "L1",
        "sender",
        `There is no log ${log.writer}/${log.generation}: that is no name of one. Drop the sender.`,
      );
    }
    const offered = beginOffer(log);
    try {
      return await offered.turns.take(async () => {
        if (closed) return refuse("L8", "none", "This node is closing. Try another peer.", { log });
        const boundOf = (continues: Opened["continues"]): number => forks.boundOf(log, continues, continuesOf);
        const known = forks.revision;
        const work = noWork();
        const ingested = await ingestUpdate({ genesis, storage, held: offered, boundOf, proofs, work }, update);
        if (forks.revision !== known) withdraw();
        if (!ingested.ok) return { ...ingested, work };
        if (ingested.value !== undefined) announce(offered, ingested.value.blocks, ingested.value.standing, origin);
        const { length, hash } = offered.standing;
        return { ok: true, log: offered.log, length, hash, added: ingested.value?.blocks.length ?? 0, work };
      });
    } finally {
      endOffer(offered);
    }
  };

  const forget = async (log: LogId, length?: number): Promise<Result<boolean>> => {
    const known = held.get(log);
    if (known === undefined || known.standing.length === 0) return accept(false);
    // An offer of its own, so that the log stays the one object of its name until everybody under way has ended.
    const offered = beginOffer(log);
    try {
      return await offered.turns.take(async () => {
        if (closed) return refuse("L8", "none", "These logs are closed. Open the node again.");
        const { standing } = offered;
        if (standing.opened === undefined || (length ?? standing.length) !== standing.length) return accept(false);
        if (standing.opened.membership.role === "orchestrator")
          return refuse("A2", "none", `The log ${logKey(log)} is canon. It is never let go of.`, { log });
        const own = openWriters.has(log.writer) ? accept(true) : await isWrittenHere(log.writer, storage);
        if (!own.ok) return own;
        if (own.value)
          return refuse("L8", "none", `The log ${logKey(log)} was written here. It is never let go of.`, { log });
        // Readers see it gone first: what they ask for meanwhile may be half there.
        offered.letGo();
        const cut = await storage.appendBatch({ cuts: [{ log, length: 0, hash: undefined }] });
        // A cut may reach the disk although the system reported an error.
        const left = cut.ok ? undefined : await storage.read(log, 0, 1);
        if (cut.ok || (left?.ok === true && left.value.length === 0)) {
          begun -= 1;
          return accept(true);
        }
        offered.restore(standing);
        return storageRefusal(cut.fault, log);
      });
    } finally {
      endOffer(offered);
    }
  };

  const openWriter = async (open: OpenWriter): Promise<Result<Writer>> => {
    const verified = await verifyChain(open.chain, genesis);
    if (!verified.ok) return verified;
    const membership = verified.value;
    const { id } = open.key;
    if (closed) return refuse("L8", "none", "These logs are closed. Open the node again.");
    if (membership.writer !== id) {
      return refuse(
        "A1",
        "none",
        `This credential chain belongs to ${membership.writer}, not to ${id}. Join again with a ticket.`,
      );
    }
    if (!mayAppend(membership.role)) {
      return refuse("A1", "none", `Role ${membership.role} may not append. Ask for a ticket with role agent.`);
    }
    if (openWriters.has(id))
      return refuse("L1", "none", `A writer for ${id} is already open in this process. Use that one.`);
    openWriters.set(id, undefined);
    const place = await writingPlace(id, storage, ofWriter(id));
    if (!place.ok) {
      openWriters.delete(id);
      return storageRefusal(place.fault);
    }
    const writer: Writer = createWriter({
      ...open,
      genesis,
      membership,
      current: place.value && held.get(place.value),
      newestOwn: () => newestOwn(ofWriter(id)),
      newGeneration: () => toBase64url(randomBytes(16)) as GenerationId,
      prepare,
      store: (appends, writing) =>
        storage.appendBatch({
          appends,
          ...(writing === undefined ? {} : { meta: [writingMeta(id, writing.generation)] }),
        }),
      fork: () => forks.ofWriter(id),
      announce: (log, blocks, standing) => announce(log, blocks, standing, writer),
      onClosed: () => openWriters.delete(id),
    });
    openWriters.set(id, writer);
    return accept(writer);
  };

  const logs: Logs = {
    swarm: genesis.swarm,
    genesis,
    damage: opened.value.damage,
    list: () => statesOf(held.all()),
    count: () => begun,
    get: (log) => stateOf(held.get(log)),
    ofWriter,
    ingest: async (log, update, origin) => {
      const receipt = await ingest(log, update, origin);
      if (!receipt.ok) refused.emit(receipt.refusal, origin);
      return receipt;
    },
    forget,
    async *read(log, from = 0, to = Number.POSITIVE_INFINITY) {
      yield* held.get(log)?.read(from, to) ?? [];
    },
    update: async (log, from, maxBytes) => held.get(log)?.update(from, maxBytes),
    document: async (log) => {
      const known = held.get(log);
      if (known === undefined || known.standing.length === 0) {
        return refuse(
          "L3",
          "none",
          `The log ${log.writer}/${log.generation} is not held here. Ask a peer that carries it.`,
          { log },
        );
      }
      return known.document();
    },
    signedHead: async (log, length) => {
      const known = held.get(log);
      const at = (length ?? known?.standing.length ?? 0) - 1;
      if (known === undefined || at < 0 || at >= known.standing.length) return undefined;
      const bytes = await known.bytes(at);
      return bytes === undefined ? undefined : new Uint8Array(headOf(bytes));
    },
    offerProof: async (bytes, origin) => {
      const kept = closed ? refuse("L8", "none", "This node is closing. Try another peer.") : await proofs.keep(bytes);
      if (!kept.ok) {
        refused.emit(kept.refusal, origin);
        return kept;
      }
      const { log, sequence } = kept.value.proof;
      if (kept.value.isNew) {
        withdraw();
        const message = `${log.writer} has signed two different logs in generation ${log.generation}. Nothing from block ${sequence} on counts.`;
        refused.emit(refuse("L6", "writer", message, { log, sequence }).refusal, origin);
      }
      return accept(log);
    },
    proofs: () => forks.proofs.map((proof) => proof.bytes),
    openWriter,
    subscribe: accepted.subscribe,
    onRefusal: refused.subscribe,
    meta: {
      get: async (key) => {
        const value = await storage.meta(`peer/${key}`);
        return value.ok ? value.value : undefined;
      },
      set: async (key, value) => (await storage.appendBatch({ meta: [{ key: `peer/${key}`, value }] })).ok,
    },
    close: async () => {
      if (closed) return;
      closed = true;
      await Promise.all([...openWriters.values()].map((writer) => writer?.close()));
      await Promise.all([...held.all()].map((log) => log.turns.idle()));
      await storage.close();
    },
    [Symbol.asyncDispose]: () => logs.close(),
  };
  return accept(logs);
};
