/**
 * Messages that are signed and never stored: heartbeats, presence, claims. A session forwards what is new and tells a newcomer what
 * is held; what a message means, and whether its writer may send it, is judged by whoever holds its kind.
 */
import type { Result } from "@herdmind/protocol";

/** A checked message, as it was signed. `origin` is what was passed to `offer`: it is not sent back there. */
export interface HeldEphemeral {
  readonly kind: string;
  readonly bytes: Uint8Array;
  readonly origin: unknown;
}

export interface Ephemerals {
  /** Kinds that are taken here beside `heartbeat`: said in the hello, so that older peers are sent nothing they would refuse. */
  readonly kinds: readonly string[];
  /** Checks a message and keeps it if it is new. `true` when it was; an old or repeated one is no refusal. */
  offer(bytes: Uint8Array, origin?: unknown): Promise<Result<boolean>>;
  /** What somebody who comes now should hear: bounded, newest of each kind and writer. */
  held(): Iterable<HeldEphemeral>;
  /** Called with each message that was new. */
  subscribe(listener: (ephemeral: HeldEphemeral) => void): () => void;
}
