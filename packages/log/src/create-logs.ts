/** Composes the parts of this package into `Logs`. */
import {
  type GenerationId, type Genesis, headOf, type LogHead, type LogId, logKey, type LogKey, mayAppend, readForkProof, refuse, type Refusal, type Refused, type Result,
  toBase64url, verifyChain, type WriterId,
} from "@herdmind/protocol";
import { createForks } from "./forks.js";
import { createHeldLog, headOfStanding, type HeldLog, storageRefusal } from "./held-log.js";
import { ingestUpdate } from "./ingest.js";
import type { JudgedBlock, Opened, Standing } from "./judge.js";
import type { Accepted, Logs, LogState } from "./logs.js";
import { openLogs } from "./open-logs.js";
import { createRecentUpdates } from "./recent-updates.js";
import type { Storage } from "./storage.js";
import { createWriter } from "./writer.js";

export interface CreateLogsOptions {
  readonly genesis: Genesis;
  /** Closed together with the logs. */
  readonly storage: Storage;
  /** 16 random bytes for the name of a generation; a simulation passes its own. */
  readonly randomBytes?: (length: number) => Uint8Array;
  /** Called when a listener throws; default: reported as an uncaught error of its own task. */
  readonly onListenerError?: (error: unknown) => void;
}

const EMPTY: Standing = { length: 0, hash: undefined, opened: undefined, next: undefined };
const writingKey = (writer: WriterId): string => `writing/${writer}`;

/** Opens the logs in a storage: checks every chain, cuts back what is damaged, and is then the only way to them. */
export const createLogs = async (options: CreateLogsOptions): Promise<Result<Logs>> => {
  const { genesis, storage } = options;
  const randomBytes = options.randomBytes ?? ((length) => crypto.getRandomValues(new Uint8Array(length)));
  const reportError =
    options.onListenerError ??
    ((error) => {
      queueMicrotask(() => {
        throw error;
      });
    });
  const opened = await openLogs(genesis, storage);
  if (!opened.ok) return storageRefusal(opened.fault);
  const storedProofs = await storage.proofs();
  if (!storedProofs.ok) return storageRefusal(storedProofs.fault);

  const forks = createForks();
  const recentUpdates = createRecentUpdates();
  const heldByKey = new Map<LogKey, HeldLog>();
  const generationsByWriter = new Map<WriterId, LogKey[]>();
  const acceptedListeners = new Set<(accepted: Accepted) => void>();
  const refusalListeners = new Set<(refusal: Refusal, origin: unknown) => void>();
  const openWriters = new Set<WriterId>();
  let closed = false;

  for (const bytes of storedProofs.value) {
    const proof = await readForkProof(bytes, genesis.swarm);
    if (proof.ok) forks.add(proof.value);
  }

  const openedOf = (log: LogId): Opened | undefined => heldByKey.get(logKey(log))?.standing.opened;
  const quarantinedFrom = (log: LogId): number | undefined =>
    forks.quarantinedFrom(log, (generation) => openedOf(generation)?.continues);

  const hold = (log: LogId, standing: Standing = EMPTY): HeldLog => {
    const key = logKey(log);
    const known = heldByKey.get(key);
    if (known !== undefined) return known;
    const id: LogId = { writer: log.writer, generation: log.generation };
    const held = createHeldLog({ swarm: genesis.swarm, log: id, storage, standing, quarantinedFrom: () => quarantinedFrom(id), recentUpdates });
    heldByKey.set(key, held);
    const generations = generationsByWriter.get(log.writer);
    if (generations === undefined) generationsByWriter.set(log.writer, [key]);
    else generations.push(key);
    return held;
  };
  for (const { head, standing } of opened.value.logs) hold(head, standing);

  /** Offers under way by log: a log without a block is forgotten after the last one, so that refused bytes leave nothing. */
  const offersByKey = new Map<LogKey, number>();
  const beginOffer = (log: LogId): HeldLog => {
    offersByKey.set(logKey(log), (offersByKey.get(logKey(log)) ?? 0) + 1);
    return hold(log);
  };
  const endOffer = (held: HeldLog): void => {
    const left = (offersByKey.get(logKey(held.log)) as number) - 1;
    if (left > 0) {
      offersByKey.set(logKey(held.log), left);
      return;
    }
    offersByKey.delete(logKey(held.log));
    if (held.standing.length > 0) return;
    const key = logKey(held.log);
    heldByKey.delete(key);
    const rest = (generationsByWriter.get(held.log.writer) ?? []).filter((other) => other !== key);
    if (rest.length === 0) generationsByWriter.delete(held.log.writer);
    else generationsByWriter.set(held.log.writer, rest);
  };

  const announce = (held: HeldLog, blocks: readonly JudgedBlock[], standing: Standing, origin: unknown): void => {
    const accepted: Accepted = {
      log: held.log,
      blocks: held.advance(blocks, standing, origin),
      membership: (standing.opened as Opened).membership,
      origin,
    };
    for (const listener of acceptedListeners) {
      try {
        listener(accepted);
      } catch (error) {
        reportError(error);
      }
    }
  };

  const announceRefusal = (refusal: Refusal, origin: unknown): void => {
    for (const listener of refusalListeners) {
      try {
        listener(refusal, origin);
      } catch (error) {
        reportError(error);
      }
    }
  };

  const keepProof = async (bytes: Uint8Array): Promise<Refused | undefined> => {
    const proof = await readForkProof(bytes, genesis.swarm);
    if (!proof.ok) return proof;
    if (forks.has(proof.value.log, proof.value.sequence)) return undefined;
    const stored = await storage.appendBatch({ proofs: [bytes] });
    if (!stored.ok) return storageRefusal(stored.fault, proof.value.log);
    forks.add(proof.value);
    return undefined;
  };

  const stateOf = (held: HeldLog): LogState | undefined => {
    const { standing, log } = held;
    if (standing.opened === undefined) return undefined;
    return {
      ...headOfStanding(log, standing),
      membership: standing.opened.membership,
      continues: standing.opened.continues,
      next: standing.next,
      quarantinedFrom: quarantinedFrom(log),
    };
  };

  const statesOf = (keys: Iterable<LogKey>): readonly LogState[] => {
    const states: LogState[] = [];
    for (const key of keys) {
      const held = heldByKey.get(key);
      const state = held === undefined ? undefined : stateOf(held);
      if (state !== undefined) states.push(state);
    }
    return states;
  };

  const logs: Logs = {
    swarm: genesis.swarm,
    genesis,
    damage: opened.value.damage,
    list: () => statesOf(heldByKey.keys()),
    get: (log) => {
      const held = heldByKey.get(logKey(log));
      return held === undefined ? undefined : stateOf(held);
    },
    ofWriter: (writer) => statesOf(generationsByWriter.get(writer) ?? []),
    ingest: async (log, update, origin) => {
      const held = beginOffer(log);
      const result = await held.turns.take(async () => {
        if (closed) return refuse("L8", "none", "This node is closing. Try another peer.", { log });
        const ingested = await ingestUpdate(
          { genesis, storage, held, quarantinedFrom: () => quarantinedFrom(log), keepProof },
          update,
        );
        if (!ingested.ok) return ingested;
        const { judged } = ingested.value;
        if (judged !== undefined) announce(held, judged.blocks, judged.standing, origin);
        return {
          ok: true,
          log: held.log,
          length: held.standing.length,
          hash: held.standing.hash,
          added: judged?.blocks.length ?? 0,
        } as const;
      }).finally(() => endOffer(held));
      if (!result.ok) announceRefusal(result.refusal, origin);
      return result;
    },
    async *read(log, from = 0, to = Number.POSITIVE_INFINITY) {
      const held = heldByKey.get(logKey(log));
      if (held !== undefined) yield* held.read(from, to);
    },
    update: async (log, from, maxBytes) => heldByKey.get(logKey(log))?.update(from, Number.POSITIVE_INFINITY, maxBytes),
    document: async (log) => {
      const held = heldByKey.get(logKey(log));
      if (held === undefined) {
        return refuse("L3", "none", `The log ${log.writer}/${log.generation} is not held here. Ask a peer that carries it.`, { log });
      }
      return { ok: true, value: await held.document() };
    },
    signedHead: async (log, length) => {
      const held = heldByKey.get(logKey(log));
      const at = (length ?? held?.standing.length ?? 0) - 1;
      if (held === undefined || at < 0 || at >= held.standing.length) return undefined;
      const bytes = await held.bytes(at);
      return bytes === undefined ? undefined : headOf(bytes).slice();
    },
    offerProof: async (bytes, origin) => {
      const proof = await readForkProof(bytes, genesis.swarm);
      const known = proof.ok && forks.has(proof.value.log, proof.value.sequence);
      const failed = proof.ok ? await keepProof(bytes) : proof;
      if (failed !== undefined) {
        announceRefusal(failed.refusal, origin);
        return failed;
      }
      const { log, sequence } = (proof as { readonly value: { readonly log: LogId; readonly sequence: number } }).value;
      if (!known) {
        announceRefusal(
          refuse("L6", "writer", `${log.writer} has signed two different logs in generation ${log.generation}. Nothing from block ${sequence} on counts.`, { log, sequence }).refusal,
          origin,
        );
      }
      return { ok: true, value: log };
    },
    proofs: () => forks.proofs.map((proof) => proof.bytes),
    openWriter: async (open) => {
      const membership = await verifyChain(open.chain, genesis);
      if (!membership.ok) return membership;
      const { id } = open.key;
      if (membership.value.writer !== id) return refuse("A1", "none", `This credential chain belongs to ${membership.value.writer}, not to ${id}. Join again with a ticket.`);
      if (!mayAppend(membership.value.role)) return refuse("A1", "none", `Role ${membership.value.role} may not append. Ask for a ticket with role agent.`);
      if (openWriters.has(id)) return refuse("L1", "none", `A writer for ${id} is already open in this process. Use that one.`);
      openWriters.add(id);
      const place = await writingPlace(id, storage, (log) => heldByKey.get(logKey(log))?.standing, statesOf(generationsByWriter.get(id) ?? []), opened.value.damage.map(({ log }) => logKey(log)));
      const writer = createWriter({
        ...open,
        ...place,
        genesis,
        membership: membership.value,
        newGeneration: () => toBase64url(randomBytes(16)) as GenerationId,
        hold: (log) => hold(log),
        store: (appends, writing) =>
          storage.appendBatch({
            appends,
            meta: [{ key: writingKey(id), value: new TextEncoder().encode(writing.generation) }],
          }),
        quarantined: (log) => quarantinedFrom(log) !== undefined,
        announce: (held, blocks, standing) => announce(held, blocks, standing, writer),
      });
      return {
        ok: true,
        value: {
          ...writer,
          get log() {
            return writer.log;
          },
          close: async () => {
            await writer.close();
            openWriters.delete(id);
          },
        },
      };
    },
    subscribe: (listener) => {
      acceptedListeners.add(listener);
      return () => acceptedListeners.delete(listener);
    },
    onRefusal: (listener) => {
      refusalListeners.add(listener);
      return () => refusalListeners.delete(listener);
    },
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
      await Promise.all([...heldByKey.values()].map((held) => held.turns.idle()));
      await storage.close();
    },
    [Symbol.asyncDispose]: () => logs.close(),
  };
  return { ok: true, value: logs };
};

/**
 * Where a writer goes on (L8). It continues a generation only if this very storage wrote it, still has all of it, and it is
 * neither closed nor forked. Else its first append opens a new generation that names the newest own one known.
 */
const writingPlace = async (
  writer: WriterId,
  storage: Storage,
  standingOf: (log: LogId) => Standing | undefined,
  own: readonly LogState[],
  damaged: readonly LogKey[],
): Promise<{ readonly current: LogId | undefined; readonly before: LogHead | undefined }> => {
  const writing = await storage.meta(writingKey(writer));
  const generation = writing.ok && writing.value !== undefined ? (new TextDecoder().decode(writing.value) as GenerationId) : undefined;
  const continued = new Set(own.map((state) => state.continues?.generation));
  const newest =
    own.find((state) => state.generation === generation) ??
    own.filter((state) => !continued.has(state.generation)).sort((a, b) => b.length - a.length)[0];
  if (newest === undefined) return { current: undefined, before: undefined };
  const log: LogId = { writer, generation: newest.generation };
  const untouched =
    newest.generation === generation &&
    storage.originOf(log) === "created-here" &&
    !damaged.includes(logKey(log)) &&
    newest.quarantinedFrom === undefined &&
    newest.next === undefined;
  if (untouched) return { current: log, before: undefined };
  const standing = standingOf(log);
  // What is quarantined cannot be continued: a generation that named it would be void as well.
  const before = standing === undefined || newest.quarantinedFrom !== undefined ? undefined : headOfStanding(log, standing);
  return { current: undefined, before };
};
