/** What a session knows of one log at the other side, and what is under way about it. A few hundred bytes. */
import { type LogId, type LogKey, logKey, type Refusal, refuse } from "@herdmind/protocol";
import { CLOSE_BUSY, CLOSE_TOO_MANY } from "./close-codes.js";
import type { PeerLogShare } from "./peer-log-total.js";

export interface PeerLog {
  readonly log: LogId;
  readonly key: LogKey;

  /** The next block to send; `undefined` while it is not known what the other side holds: it then asks with `need`. */
  cursor: number | undefined;
  /** Length of the newest head that was sent. */
  announced: number;
  /** Blocks that the other side holds, as it proved with a head or acknowledged with a receipt. */
  held: number;
  readonly inFlight: { readonly next: number; readonly bytes: number }[];
  inFlightBytes: number;
  /** An explicit `need` is served up to here, also outside the interest. */
  askedTo: number;
  /** The other side does not want it up to this length: canon has that, or it does not carry the log. */
  left: number;
  /** The other side asked for it as a carrier: new blocks follow, whatever its interest. */
  carried: boolean;
  /** It is about to be shown again: at most once a second, however fast it grows. */
  showing: boolean;
  /** The other side closed this document (fault `writer`). */
  refused: boolean;
  /** The other side refused blocks though nobody was at fault: it asks when it can take them. */
  postponed: boolean;

  /** Verified length at the other side beyond ours; 0 when there is nothing to fetch. */
  wanted: number;
  /** The block asked for with the last `need` that was not answered yet. */
  needed: number | undefined;
  /** This side closed the document on this connection (fault `writer`). */
  stopped: boolean;
  /** The other side was told that there is no room for it. */
  toldFull: boolean;
  /** Consecutive refusals that were nobody's fault, for the delay until the next `need`. */
  setbacks: number;

  /** Lengths at the first exchange; `synced` waits for them. */
  firstAnnounced: number;
  firstWanted: number;
}

export interface PeerLogs {
  get(log: LogId): PeerLog | undefined;
  /** `undefined` when the other side speaks of more logs than allowed: `whyNot` says which bound it is. */
  of(log: LogId): PeerLog | undefined;
  whyNot(): { readonly refusal: Refusal; readonly code: number };
  all(): Iterable<PeerLog>;
  byKey(key: LogKey): PeerLog | undefined;
}

export const createPeerLogs = (limit: number, share: PeerLogShare | undefined): PeerLogs => {
  const peerLogByKey = new Map<LogKey, PeerLog>();
  return {
    get: (log) => peerLogByKey.get(logKey(log)),
    byKey: (key) => peerLogByKey.get(key),
    all: () => peerLogByKey.values(),
    whyNot: () =>
      peerLogByKey.size >= limit
        ? {
            ...refuse("T3", "sender", `More than ${limit} logs on one connection. Use another one.`),
            code: CLOSE_TOO_MANY,
          }
        : {
            ...refuse("T3", "none", "This peer speaks of as many logs as it has memory for. Connect again later."),
            code: CLOSE_BUSY,
          },
    of(log) {
      const key = logKey(log);
      const known = peerLogByKey.get(key);
      if (known !== undefined) return known;
      if (peerLogByKey.size >= limit || share?.take() === false) return undefined;
      const made: PeerLog = {
        log: { writer: log.writer, generation: log.generation },
        key,
        cursor: undefined,
        announced: 0,
        held: 0,
        inFlight: [],
        inFlightBytes: 0,
        askedTo: 0,
        left: 0,
        carried: false,
        showing: false,
        refused: false,
        postponed: false,
        wanted: 0,
        needed: undefined,
        stopped: false,
        toldFull: false,
        setbacks: 0,
        firstAnnounced: 0,
        firstWanted: 0,
      };
      peerLogByKey.set(key, made);
      return made;
    },
  };
};
