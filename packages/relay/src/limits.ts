/** Bounds of a relay. All local (A3): they delay or disconnect. Each names its attack. */
import { MAX_FRAME_BYTES } from "@herdmind/sync";

export interface RelayLimits {
  /** Connections in all: each costs about 50 KB and a file descriptor. */
  readonly connections: number;
  /** Connections from one address: one machine that takes all of the above. A browser needs one for each open room. */
  readonly connectionsPerAddress: number;
  /** Connections whose token is being checked: strangers who cost a signature check each. More are answered "busy". */
  readonly handshakes: number;
  /**
   * Logs that all connections together may speak of: heads that a member makes up, 25 MB for 60,000 on
   * each connection. At 420 bytes each this is 55 MB; a thousand agents of 100 logs each have room.
   */
  readonly peerLogs: number;
  /** Milliseconds for the HTTP request, the token and the hello together: a peer that connects and says nothing. */
  readonly handshakeMs: number;
  /** Bytes of one message: the largest update and what stands around it. */
  readonly messageBytes: number;
  /** Milliseconds between pings; a peer that did not answer the one before is gone. */
  readonly pingMs: number;
  /** Bytes that may wait for a slow reader of a stock room. */
  readonly bufferedBytes: number;
  /** Messages per second of a stock room; more are refused: such a client does not wait for receipts. */
  readonly stockMessagesPerSecond: number;
  /** Milliseconds that closing waits for peers to take what is under way. */
  readonly closeMs: number;
}

export const RELAY_LIMITS: RelayLimits = {
  connections: 10_000,
  connectionsPerAddress: 1_000,
  handshakes: 256,
  peerLogs: 131_072,
  handshakeMs: 10_000,
  messageBytes: MAX_FRAME_BYTES + 64,
  pingMs: 15_000,
  bufferedBytes: 1024 * 1024,
  stockMessagesPerSecond: 10_000,
  closeMs: 2_000,
};
