/** Bounds of one mesh. They are local: they delay, drop or disconnect, and are never a verdict on a block (A3). */

export interface MeshLimits {
  /** Milliseconds in which a connection shows a valid chain, or is hung up: a stranger that stays (T5). */
  readonly introductionMs: number;
  /** Bytes of a published message: a giant that everybody forwards before anybody can judge it. Larger updates travel as heads. */
  readonly messageBytes: number;
  /** Messages and bytes published per second; what is more waits in the logs: a burst that starves every neighbour. */
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Blocks of one log that may wait for their turn to be published; beyond, its head is announced instead. */
  readonly blocksBehind: number;
  /** Bytes that wait for one neighbour's gossip stream before it is left out: a reader that stopped reading. */
  readonly gossipBufferBytes: number;
  /** Messages of one neighbour under judgement before its stream is paused: a flood that outruns signature checks. */
  readonly judging: number;
  /** Milliseconds that a message may wait for its verdict: a head that is announced and never served. The exchange goes on. */
  readonly verdictMs: number;
  /** Ephemeral messages per second from one neighbour; more are dropped: each costs a signature check. */
  readonly ephemeralsPerSecond: number;
  /** Logs outside this peer's interest that one neighbour may push into it: filling a small peer's disk. */
  readonly strangeLogs: number;
  /** Streams of `/herdmind/sync/1` that one neighbour may have open: a session costs memory. */
  readonly exchanges: number;
  /** Logs that all exchanges together may speak of: heads that a member makes up, 25 MB in each of its streams. At 420 bytes each. */
  readonly peerLogs: number;
  /** Connections from outside that show no chain yet: a thousand half-open strangers. */
  readonly strangers: number;
  /** Connections in all. */
  readonly connections: number;
  /** Neighbours that this peer dials for: more are accepted, none more is sought. */
  readonly neighbours: number;
  /** Addresses learned from others that are kept: a list that never ends, of doors to knock at. */
  readonly addresses: number;
  /** Addresses in one message of a neighbour. */
  readonly addressesPerMessage: number;
  /** Milliseconds for which a neighbour that forwarded forgeries stays away. */
  readonly banMs: number;
}

export const MESH_LIMITS: MeshLimits = {
  introductionMs: 5000,
  messageBytes: 128 * 1024,
  messagesPerSecond: 200,
  bytesPerSecond: 4 * 1024 * 1024,
  blocksBehind: 4096,
  gossipBufferBytes: 1024 * 1024,
  judging: 256,
  verdictMs: 5000,
  ephemeralsPerSecond: 200,
  strangeLogs: 16,
  exchanges: 16,
  peerLogs: 131_072,
  strangers: 32,
  connections: 256,
  neighbours: 8,
  addresses: 64,
  addressesPerMessage: 16,
  banMs: 60_000,
};
