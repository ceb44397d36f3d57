/**
 * A room for a stock y-websocket client: y-protocols, nothing else. Its state vector is answered from the log, new blocks
 * follow as updates, and what it sends goes to `ingest`. There is no Y.Doc here: a room that nobody is in costs nothing.
 */
import type { Logs } from "@herdmind/log";
import { clientIdOf, type LogId, logKey, type Membership, mayAppend, type Refusal, refuse } from "@herdmind/protocol";
import {
  type Carrying,
  type Channel,
  CLOSE_MALFORMED,
  CLOSE_ROLE,
  CLOSE_TOO_MANY,
  closeCodeOf,
  closeReasonOf,
  decodeUpdateMessage,
  encodeUpdateMessage,
} from "@herdmind/sync";
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { writePermissionDenied } from "y-protocols/auth";
import type { RelayLimits } from "./limits.js";

/** Message types of y-websocket. */
const SYNC = 0;
const AWARENESS = 1;
const AUTH = 2;
const QUERY_AWARENESS = 3;
const STEP_1 = 0;

/** An awareness update about nobody. A stock client reconnects after 30 s without any message. */
export const KEEP_ALIVE = Uint8Array.of(AWARENESS, 1, 0);
const EMPTY_UPDATE = Uint8Array.of(0, 0);
/** Bytes of an update sent at once. */
const UPDATE_BYTES = 256 * 1024;
/** Clients in a state vector: our documents have one. */
const MAX_STATE_VECTOR = 1024;
/** Bytes of updates being judged; above it reading pauses, because a stock client does not wait for receipts. */
const MAX_PENDING_BYTES = 8 * 1024 * 1024;
/** Milliseconds between looks at a full buffer. */
const BUFFER_POLL_MS = 5;

/** What y-websocket shows its user when access is refused. */
export const permissionDenied = (refusal: Pick<Refusal, "rule" | "message">): Uint8Array => {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, AUTH);
  writePermissionDenied(encoder, `${refusal.rule} ${refusal.message}`);
  return encoding.toUint8Array(encoder);
};

const readClock = (stateVector: Uint8Array, clientId: number): number => {
  const decoder = decoding.createDecoder(stateVector);
  const clients = decoding.readVarUint(decoder);
  if (clients > MAX_STATE_VECTOR) throw new Error("too many clients");
  let clock = 0;
  for (let i = 0; i < clients; i++) {
    const client = decoding.readVarUint(decoder);
    const at = decoding.readVarUint(decoder);
    if (client === clientId) clock = at;
  }
  return clock;
};

const stateVectorMessage = (clientId: number, clock: number): Uint8Array => {
  const vector = encoding.createEncoder();
  encoding.writeVarUint(vector, clock === 0 ? 0 : 1);
  if (clock > 0) {
    encoding.writeVarUint(vector, clientId);
    encoding.writeVarUint(vector, clock);
  }
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, SYNC);
  encoding.writeVarUint(encoder, STEP_1);
  encoding.writeVarUint8Array(encoder, encoding.toUint8Array(vector));
  return encoding.toUint8Array(encoder);
};

export interface StockRoomOptions {
  readonly logs: Logs;
  readonly log: LogId;
  readonly channel: Channel;
  readonly membership: Membership;
  readonly accepts: (log: LogId) => boolean;
  readonly carrying: Carrying | undefined;
  readonly limits: RelayLimits;
  readonly onRefusal: (refusal: Refusal) => void;
  readonly onAwareness: () => void;
  readonly now: () => number;
}

/** Serves one connection to one room. Answers how to end it. */
export const serveStockRoom = (options: StockRoomOptions): { close(code: number, reason: string): Promise<void> } => {
  const { logs, log, channel, membership, limits } = options;
  const clientId = clientIdOf(logs.swarm, log);
  const key = logKey(log);
  // The next block to send; undefined until the client has said what it holds.
  let cursor: number | undefined;
  let step2Due = false;
  let sending = false;
  let open = true;
  let second = 0;
  let messages = 0;
  let pendingBytes = 0;
  let ingesting: Promise<unknown> = Promise.resolve();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const end = (code: number, reason: string): void => {
    if (!open) return;
    open = false;
    clearTimeout(timer);
    unsubscribe();
    channel.close(code, reason);
  };
  const fail = (refusal: Refusal, code = closeCodeOf(refusal)): void => {
    if (!open) return;
    options.onRefusal(refusal);
    // A stock client whose update was refused cannot mend its document: it is told, and the connection ends.
    channel.send(permissionDenied(refusal));
    end(code, closeReasonOf(refusal));
  };

  const pump = (): void => {
    if (sending || !open) return;
    sending = true;
    void send()
      .catch(() => end(1011, "the log cannot be read here"))
      .finally(() => {
        sending = false;
      });
  };
  const send = async (): Promise<void> => {
    while (open && cursor !== undefined) {
      if (channel.bufferedBytes() >= limits.bufferedBytes) {
        // Nothing is queued for a slow reader but a cursor.
        timer = setTimeout(pump, BUFFER_POLL_MS);
        return;
      }
      const from: number = cursor;
      const length = logs.get(log)?.length ?? 0;
      const piece = from < length ? await logs.update(log, from, UPDATE_BYTES) : undefined;
      if (!open || cursor !== from) continue;
      if (piece === undefined) {
        // The last piece of the answer is the step 2 that makes the client say it is synced.
        if (step2Due) channel.send(encodeUpdateMessage(EMPTY_UPDATE, true));
        step2Due = false;
        if ((logs.get(log)?.length ?? 0) > from && from >= length) continue;
        return;
      }
      const last = step2Due && piece.next >= (logs.get(log)?.length ?? 0);
      channel.send(encodeUpdateMessage(piece.update, last));
      if (last) step2Due = false;
      cursor = piece.next;
    }
  };

  const mayNotWrite = (): Refusal | undefined => {
    if (!mayAppend(membership.role)) {
      const message = `Role ${membership.role} may read, not write. Open the document read-only.`;
      return refuse("T2", "sender", message, { log }).refusal;
    }
    if (log.writer === membership.writer || options.accepts(log)) return undefined;
    return refuse("T3", "sender", "This log is not carried here.", { log }).refusal;
  };

  const onSync = (message: Uint8Array): void => {
    if (message[1] === STEP_1) {
      const decoder = decoding.createDecoder(message);
      decoding.readVarUint(decoder);
      decoding.readVarUint(decoder);
      cursor = readClock(decoding.readVarUint8Array(decoder), clientId);
      step2Due = true;
      pump();
      // What the client has and we do not: only its writer has that.
      if (log.writer === membership.writer) channel.send(stateVectorMessage(clientId, logs.get(log)?.length ?? 0));
      return;
    }
    const update = decodeUpdateMessage(message);
    if (update === undefined) throw new Error("no update");
    if (update.length === 2 && update[0] === 0 && update[1] === 0) return;
    const denied = mayNotWrite();
    if (denied !== undefined) {
      fail(denied, CLOSE_ROLE);
      return;
    }
    if (options.carrying?.judge(log, undefined, update.length) === "full") {
      fail(options.carrying.refuse(log));
      return;
    }
    pendingBytes += update.length;
    if (pendingBytes > MAX_PENDING_BYTES) channel.pause?.();
    // Many may be under way at once, each of which would fit alone.
    const release = options.carrying?.reserve(log, update.length);
    const ingested = logs.ingest(log, update, channel).finally(release);
    const task = ingested.then((receipt) => {
      pendingBytes -= update.length;
      if (pendingBytes <= MAX_PENDING_BYTES) channel.resume?.();
      if (receipt.ok || !open) return;
      if (receipt.refusal.rule === "L3") channel.send(stateVectorMessage(clientId, receipt.refusal.need ?? 0));
      else fail(receipt.refusal);
    });
    ingesting = Promise.all([ingesting, task]).catch(() => end(1011, "the log cannot be written here"));
  };

  const unsubscribe = logs.subscribe((accepted) => {
    if (logKey(accepted.log) !== key) return;
    const last = accepted.blocks.at(-1);
    if (accepted.origin === channel && last !== undefined) cursor = Math.max(cursor ?? 0, last.sequence + 1);
    pump();
  });
  channel.onMessage((message) => {
    if (!open) return;
    const now = Math.floor(options.now() / 1000);
    if (now !== second) {
      second = now;
      messages = 0;
    }
    if (++messages > limits.stockMessagesPerSecond) {
      return fail(
        refuse("T3", "sender", `More than ${limits.stockMessagesPerSecond} messages per second.`).refusal,
        CLOSE_TOO_MANY,
      );
    }
    try {
      if (message[0] === SYNC) onSync(message);
      // Presence of strangers is nobody's fact here: it is dropped, and counted.
      else if (message[0] === AWARENESS || message[0] === QUERY_AWARENESS) options.onAwareness();
      else throw new Error(`type ${String(message[0])}`);
    } catch {
      fail(refuse("T4", "sender", "This is not a message of y-websocket.").refusal, CLOSE_MALFORMED);
    }
  });
  channel.onClose(() => {
    open = false;
    clearTimeout(timer);
    unsubscribe();
  });
  return {
    async close(code, reason) {
      await ingesting;
      end(code, reason);
    },
  };
};
