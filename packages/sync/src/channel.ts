/**
 * A channel carries frames between two peers: whole, in order, both ways, until it closes. A WebSocket is one; so is a
 * libp2p stream with length prefixes, or a pair of queues in one process.
 */

/** What a session needs of a connection. `onMessage` and `onClose` take one listener each, set before the first message. */
export interface Channel {
  /** Queues one frame. Does nothing once the channel is closed. */
  send(bytes: Uint8Array): void;
  onMessage(listener: (bytes: Uint8Array) => void): void;
  onClose(listener: (code: number, reason: string) => void): void;
  /** Closes after what was sent before; `reason` has at most 123 bytes (RFC 6455). */
  close(code: number, reason: string): void;
  /** Bytes sent that have not left this process: what a slow reader costs. */
  bufferedBytes(): number;
  /** Stops reading from the network, where that is possible: a flood then waits at its sender. */
  pause?(): void;
  resume?(): void;
}

/** One end of a channel inside a process; `hold` and `release` stop and go on with what arrives at this end. */
export interface MemoryChannel extends Channel {
  hold(): void;
  release(): void;
  /** Cuts both ends as a broken cable does: code 1006, nothing more is delivered. */
  cut(): void;
}

/** Two ends of one channel in this process, for tests and simulations. Frames arrive in a later microtask. */
export const createChannelPair = (): readonly [MemoryChannel, MemoryChannel] => {
  let open = true;
  const a = createInbox();
  const b = createInbox();
  const close = (code: number, reason: string): void => {
    if (!open) return;
    open = false;
    for (const inbox of [a, b]) inbox.close(code, reason);
  };
  const endOf = (mine: Inbox, theirs: Inbox): MemoryChannel => ({
    send: (bytes) => {
      if (open) theirs.deliver(bytes);
    },
    onMessage: mine.onMessage,
    onClose: mine.onClose,
    close,
    bufferedBytes: theirs.waitingBytes,
    pause: () => mine.stop("paused", true),
    resume: () => mine.stop("paused", false),
    hold: () => mine.stop("held", true),
    release: () => mine.stop("held", false),
    cut() {
      if (!open) return;
      for (const inbox of [a, b]) inbox.drop();
      close(1006, "");
    },
  });
  return [endOf(a, b), endOf(b, a)];
};

type Inbox = ReturnType<typeof createInbox>;

/** What is on its way to one end. */
const createInbox = () => {
  let onMessage: (bytes: Uint8Array) => void = () => {};
  let onClose: (code: number, reason: string) => void = () => {};
  const stopped = { paused: false, held: false };
  let waiting: (Uint8Array | { readonly code: number; readonly reason: string })[] = [];
  let bytesWaiting = 0;
  let draining = false;
  const drain = (): void => {
    draining = false;
    for (let item = waiting[0]; item !== undefined && !stopped.paused && !stopped.held; item = waiting[0]) {
      waiting.shift();
      if (item instanceof Uint8Array) {
        bytesWaiting -= item.length;
        onMessage(item);
      } else {
        onClose(item.code, item.reason);
      }
    }
  };
  const drainSoon = (): void => {
    if (draining) return;
    draining = true;
    queueMicrotask(drain);
  };
  return {
    onMessage(listener: typeof onMessage): void {
      onMessage = listener;
    },
    onClose(listener: typeof onClose): void {
      onClose = listener;
    },
    waitingBytes: (): number => bytesWaiting,
    deliver(bytes: Uint8Array): void {
      bytesWaiting += bytes.length;
      waiting.push(bytes);
      drainSoon();
    },
    close(code: number, reason: string): void {
      waiting.push({ code, reason });
      drainSoon();
    },
    drop(): void {
      waiting = [];
      bytesWaiting = 0;
      stopped.paused = false;
      stopped.held = false;
    },
    stop(why: keyof typeof stopped, on: boolean): void {
      stopped[why] = on;
      if (!on) drainSoon();
    },
  };
};
