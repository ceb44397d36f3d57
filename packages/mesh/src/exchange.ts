/**
 * One run of `/herdmind/sync/1` on one stream: both sides introduce themselves, tell addresses, and a sync session brings
 * what either lacks. The side that opened the stream ends it when both hold everything. Nothing is lost when it breaks off:
 * the next run starts from the logs.
 */
import type { Logs } from "@herdmind/log";
import { type LogId, type LogKey, type Refusal, type Result, refuse } from "@herdmind/protocol";
import {
  type Carrying,
  type Channel,
  closeReasonOf,
  covers,
  createSession,
  type Ephemerals,
  encodeFrame,
  type Interest,
  type PeerLogTotal,
  type Session,
  type SessionEvent,
} from "@herdmind/sync";
import {
  decodeAddresses,
  decodeIntroduction,
  encodeAddresses,
  encodeIntroduction,
  type Introduction,
  isAddressesFrame,
} from "./mesh-frames.js";
import type { StreamChannel } from "./stream-channel.js";

export interface ExchangeOptions {
  readonly logs: Logs;
  readonly channel: StreamChannel;
  /** Whether this side opened the stream. */
  readonly opened: boolean;
  /** What this side shows: its chain, or nothing where it has done so on this connection. */
  readonly chain: readonly string[];
  /** The side that opened: the one log it is about. */
  readonly only?: LogId | undefined;
  readonly interest: Interest;
  readonly ephemerals: Ephemerals;
  readonly carrying: Carrying | undefined;
  readonly peerLogTotal?: PeerLogTotal | undefined;
  /** What this side tells of addresses. */
  readonly addresses: () => readonly string[];
  readonly introductionMs: number;
  /** Milliseconds between signs of life; without an answer for as long again the neighbour counts as gone. */
  readonly keepAliveMs: number;
  readonly now: () => number;
  /** Judges the other side's chain; called once, before anything else is said or read. */
  readonly judge: (chain: readonly string[]) => Promise<Result<unknown>>;
  /** Whether one more log that is outside the interest is taken from this neighbour. */
  readonly acceptsStrange: (log: LogId) => boolean;
  /** Logs outside the interest that this neighbour has brought, over all its connections. Asked once it is known. */
  readonly strangeLogs: () => Set<LogKey> | undefined;
  readonly maxStrangeLogs: number;
  readonly onAddresses: (addresses: readonly string[]) => void;
  readonly onSession: (session: Session) => void;
  readonly onEvent: (event: SessionEvent) => void;
}

/** `synced`: both sides hold all that they had and the other wants. `gone`: it gave no sign of life. */
export interface Exchanged {
  readonly synced: boolean;
  readonly gone: boolean;
  /** What this side could not accept in the introduction. */
  readonly refusal: Refusal | undefined;
  /** What the other side is at fault for in the session: said already, as its event. */
  readonly broken?: Refusal | undefined;
}

/** Milliseconds after which an exchange ends although it is not complete: one log that cannot be had must not hold a stream for ever. */
const LONGEST_MS = 600_000;

/** Milliseconds that a refusal has to arrive before the connection ends. */
const REFUSAL_MS = 250;

const timeout = <T>(work: Promise<T>, ms: number): Promise<T | undefined> => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

/** Runs one exchange to its end. Never throws for what the other side does. */
export const runExchange = async (options: ExchangeOptions): Promise<Exchanged> => {
  const { channel, opened, chain, only } = options;
  if (opened) channel.send(encodeIntroduction({ chain, only }));
  const met = await meet(options);
  if (!met.ok) {
    // A stranger hears why; what the rule says is no secret.
    channel.send(encodeFrame({ kind: "refused", refusal: met.refusal }));
    channel.close(4401, closeReasonOf(met.refusal));
    await timeout(channel.ended, REFUSAL_MS);
    return { synced: false, gone: false, refusal: met.refusal };
  }
  if (met.value === undefined) {
    channel.abort("no introduction came");
    return { synced: false, gone: true, refusal: undefined };
  }
  channel.widen();
  if (!opened) channel.send(encodeIntroduction({ chain, only: undefined }));
  const scope = opened ? only : met.value.only;
  if (scope === undefined) {
    const addresses = options.addresses();
    if (addresses.length > 0) channel.send(encodeAddresses(addresses));
  }
  return runSession(options, scope);
};

/** The other side's introduction, judged; `undefined` when none came. */
const meet = async ({ channel, introductionMs, judge }: ExchangeOptions): Promise<Result<Introduction | undefined>> => {
  const bytes = await timeout(channel.next(), introductionMs);
  if (bytes === undefined) return { ok: true, value: undefined };
  const introduction = decodeIntroduction(bytes);
  if (!introduction.ok) return introduction;
  const judged = await judge(introduction.value.chain);
  return judged.ok ? introduction : judged;
};

const runSession = async (options: ExchangeOptions, only: LogId | undefined): Promise<Exchanged> => {
  const { logs, channel, opened, interest, ephemerals, keepAliveMs, now } = options;
  const wanted = covers(interest);
  const session = createSession({
    logs,
    channel: withoutAddresses(channel, options.onAddresses),
    interest,
    carrying: options.carrying,
    peerLogTotal: options.peerLogTotal,
    strangeLogs: options.strangeLogs(),
    limits: { strangeLogs: options.maxStrangeLogs },
    now,
    ...(only === undefined ? { ephemerals } : { only }),
    accepts: (log) => {
      if (only === undefined) return true;
      const held = logs.get(log);
      if (held === undefined ? interest.logs === "all" || interest.writers.includes(log.writer) : wanted(held))
        return true;
      if (!opened) return options.acceptsStrange(log);
      // Gossip said that something of it is missing. Its first blocks show whose it is: of a log that is not wanted here they are enough.
      if (held === undefined || options.carrying?.mode === "swarm") return true;
      void session.close();
      return false;
    },
  });
  let synced = false;
  let gone = false;
  let answered = true;
  let broken: Refusal | undefined;
  const alive = setInterval(() => {
    if (!answered) {
      gone = true;
      channel.abort(`no sign of life for ${keepAliveMs} ms`);
    }
    answered = false;
    void session.ping().then(() => {
      answered = true;
    });
  }, keepAliveMs);
  const longest = setTimeout(() => void session.close(), LONGEST_MS);
  await new Promise<void>((resolve) => {
    session.on((event) => {
      if (event.type === "synced") {
        synced = true;
        // Whoever answers waits for the other to have everything as well: its end of the stream says so.
        if (opened) void session.close();
      }
      if (event.type === "refusal" && event.by === "us" && event.refusal.fault === "sender") broken = event.refusal;
      options.onEvent(event);
      if (event.type === "closed") resolve();
    });
    options.onSession(session);
  });
  clearInterval(alive);
  clearTimeout(longest);
  channel.close(1000, "");
  if (broken !== undefined) await timeout(channel.ended, REFUSAL_MS);
  return { synced, gone, refusal: undefined, broken };
};

/** The channel as a session sees it: frames of addresses are taken out. Before a session there is one at most. */
const withoutAddresses = (
  channel: StreamChannel,
  onAddresses: (addresses: readonly string[]) => void,
): Channel & Required<Pick<Channel, "pause" | "resume">> => ({
  send: channel.send,
  onMessage: (listener) => {
    let told = false;
    channel.onMessage((bytes) => {
      const addresses = told || !isAddressesFrame(bytes) ? undefined : decodeAddresses(bytes);
      if (addresses === undefined) return listener(bytes);
      told = true;
      onAddresses(addresses);
    });
  },
  onClose: channel.onClose,
  close: channel.close,
  bufferedBytes: channel.bufferedBytes,
  pause: () => channel.pause?.(),
  resume: () => channel.resume?.(),
});

/** What a connection without a valid chain is told. */
export const strangerRefusal = (introductionMs: number): Refusal =>
  refuse(
    "T5",
    "sender",
    `No valid credential chain of this swarm was shown within ${introductionMs} ms. Join with a ticket first.`,
  ).refusal;
