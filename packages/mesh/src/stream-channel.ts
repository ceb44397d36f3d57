/** A sync session's channel over a libp2p stream: each frame behind its length as an unsigned varint, as is usual there. */

import type { Channel } from "@herdmind/sync";
import { MAX_FRAME_BYTES } from "@herdmind/sync";
import type { Stream } from "@libp2p/interface";
import { Uint8ArrayList } from "uint8arraylist";
import { MAX_INTRODUCTION_BYTES } from "./mesh-frames.js";

export interface StreamChannel extends Channel {
  /** The next frame, while nobody listens; `undefined` when the stream has ended. */
  next(): Promise<Uint8Array | undefined>;
  /** From now on frames may be as large as a session's. Before, they are introductions. */
  widen(): void;
  /** Ends at once, without a word. */
  abort(why: string): void;
  /** Resolves when the stream has ended, at both sides. */
  readonly ended: Promise<void>;
}

/** Milliseconds that the other side may take to close after this one did: a stream costs memory until both have. */
const CLOSE_MS = 5000;
/** Bytes that arrive while nobody listens before the sender is stopped: a flood before the introduction is judged. */
const UNREAD_BYTES = 64 * 1024;
/** What a paused stream may hold: the largest yamux window there is, so that pausing never ends in a reset. */
const PAUSED_BYTES = 17 * 1024 * 1024;
/** Digits of a length: four of seven bits are 256 MiB, more than any frame. */
const MAX_PREFIX_BYTES = 4;

export const createStreamChannel = (stream: Stream): StreamChannel => {
  const received = new Uint8ArrayList();
  let onMessage: ((bytes: Uint8Array) => void) | undefined;
  let onClose: ((code: number, reason: string) => void) | undefined;
  let reader: ((bytes: Uint8Array | undefined) => void) | undefined;
  let maxFrameBytes = MAX_INTRODUCTION_BYTES;
  let over: { readonly code: number; readonly reason: string } | undefined;
  let told = false;
  let paused = false;
  let reading = false;
  let closing = false;
  let finish = (): void => {};
  const ended = new Promise<void>((resolve) => {
    finish = resolve;
  });
  stream.maxReadBufferLength = PAUSED_BYTES;

  const abort = (why: string): void => {
    if (stream.status === "open" || stream.status === "closing") stream.abort(new Error(why));
  };

  /** The next frame in what has arrived; `undefined` when it is not whole yet. */
  const cut = (): Uint8Array | undefined => {
    let length = 0;
    const digits = Math.min(received.byteLength, MAX_PREFIX_BYTES);
    for (let at = 0; at < digits; at++) {
      const byte = received.get(at);
      length += (byte & 127) * 2 ** (7 * at);
      if (length > maxFrameBytes) break;
      if (byte >= 128) continue;
      const end = at + 1 + length;
      if (received.byteLength < end) return undefined;
      // A copy: what arrived with it must not stay in memory as long as this one frame does.
      const frame = new Uint8Array(received.subarray(at + 1, end));
      received.consume(end);
      return frame;
    }
    if (length > maxFrameBytes || digits === MAX_PREFIX_BYTES) abort(`a frame over ${maxFrameBytes} bytes`);
    return undefined;
  };

  const tell = (): void => {
    if (over === undefined || paused || told) return;
    reader?.(undefined);
    reader = undefined;
    if (onClose === undefined) return;
    told = true;
    onClose(over.code, over.reason);
  };
  const read = (): void => {
    if (reading) return;
    reading = true;
    while ((reader !== undefined || onMessage !== undefined) && !paused) {
      const frame = cut();
      if (frame === undefined) break;
      if (reader === undefined) onMessage?.(frame);
      else {
        const deliver = reader;
        reader = undefined;
        deliver(frame);
      }
    }
    reading = false;
    pace();
    tell();
  };
  const pace = (): void => {
    const idle = reader === undefined && onMessage === undefined;
    const stop = !closing && (paused || (idle && received.byteLength > UNREAD_BYTES));
    if (stop && stream.readStatus === "readable") stream.pause();
    else if (!stop && stream.readStatus === "paused") stream.resume();
  };
  stream.addEventListener("message", ({ data }) => {
    if (closing) return;
    received.append(data);
    read();
  });
  stream.addEventListener("end", () => {
    over ??= { code: 1000, reason: "" };
    tell();
  });
  stream.addEventListener("close", ({ error }) => {
    over ??= error === undefined ? { code: 1000, reason: "" } : { code: 1006, reason: error.message };
    if (error !== undefined) paused = false;
    tell();
    finish();
  });

  return {
    send(bytes) {
      if (stream.writeStatus !== "writable") return;
      const prefix: number[] = [];
      for (let rest = bytes.length; ; rest >>>= 7) {
        prefix.push(rest < 128 ? rest : (rest & 127) | 128);
        if (rest < 128) break;
      }
      try {
        stream.send(new Uint8ArrayList(Uint8Array.from(prefix), bytes));
      } catch (error) {
        // The connection ended a moment ago, and its close event is on its way.
        abort(error instanceof Error ? error.message : String(error));
      }
    },
    onMessage(listener) {
      onMessage = listener;
      queueMicrotask(read);
    },
    onClose(listener) {
      onClose = listener;
      queueMicrotask(tell);
    },
    next: () =>
      new Promise((resolve) => {
        reader = resolve;
        read();
      }),
    widen() {
      maxFrameBytes = MAX_FRAME_BYTES;
    },
    close() {
      if (closing) return;
      closing = true;
      pace();
      stream.close({ signal: AbortSignal.timeout(CLOSE_MS) }).catch(() => abort("it did not take what was sent"));
      const late = setTimeout(() => abort("the other side did not close"), CLOSE_MS);
      void ended.then(() => clearTimeout(late));
    },
    abort,
    bufferedBytes: () => stream.writeBufferLength,
    pause() {
      paused = true;
      pace();
    },
    resume() {
      paused = false;
      read();
    },
    ended,
  };
};
