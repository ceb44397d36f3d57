/**
 * A channel of sync frames inside the messages of a y-websocket room. Blocks travel as the Yjs updates they are (message
 * type 0); every other frame travels in one message type of our own. Both sides announce at the handshake that they speak
 * it, by the subprotocol `herdmind.frames.1`; a stock client never sees it.
 */
import { type LogId, MAX_UPDATE_BYTES } from "@herdmind/protocol";
import type { Channel } from "./channel.js";
import { decodeFrame, encodeFrame } from "./frames.js";

/** Offered by a room client that speaks frames, and chosen by a relay that does. */
export const FRAMES_SUBPROTOCOL = "herdmind.frames.1";
/** The y-websocket message type that carries one frame: 'H'. */
export const FRAME_MESSAGE_TYPE = 72;
/** Name of the room without a document, where heads, proofs and heartbeats travel: `<swarm>/control`. */
export const CONTROL_ROOM = "control";

/** y-websocket message type 0, y-protocols sync types. */
const SYNC = 0;
const STEP_2 = 1;
const UPDATE = 2;

const writeVarUint = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128);
  return [...bytes, rest];
};

/** Reads a variable length integer of at most five bytes: an update has at most 4 MiB. */
const readVarUint = (bytes: Uint8Array, at: number): { readonly value: number; readonly next: number } | undefined => {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) return undefined;
    value += (byte & 127) * 128 ** i;
    if (byte < 128) return { value, next: at + i + 1 };
  }
  return undefined;
};

/** An update as a y-websocket message: type 0, sync type `step2` (the answer to a state vector) or update. */
export const encodeUpdateMessage = (update: Uint8Array, step2 = false): Uint8Array => {
  const head = [SYNC, step2 ? STEP_2 : UPDATE, ...writeVarUint(update.length)];
  const message = new Uint8Array(head.length + update.length);
  message.set(head);
  message.set(update, head.length);
  return message;
};

/** The update in a y-websocket message of type 0, sync types step 2 and update; `undefined` for any other message. */
export const decodeUpdateMessage = (message: Uint8Array): Uint8Array | undefined => {
  if (message[0] !== SYNC || (message[1] !== STEP_2 && message[1] !== UPDATE)) return undefined;
  const length = readVarUint(message, 2);
  if (length === undefined || length.value > MAX_UPDATE_BYTES || length.next + length.value !== message.length)
    return undefined;
  return message.subarray(length.next);
};

/** Wraps a frame as a message of our own type. */
export const encodeFrameMessage = (frame: Uint8Array): Uint8Array => {
  const message = new Uint8Array(1 + frame.length);
  message[0] = FRAME_MESSAGE_TYPE;
  message.set(frame, 1);
  return message;
};

/** An update without structs and deletions: what a stock client sends that has nothing. */
const isEmptyUpdate = (update: Uint8Array): boolean => update.length === 2 && update[0] === 0 && update[1] === 0;

/**
 * Frames over a channel of y-websocket messages. `log` is the room's log, `undefined` in the control room. State vectors,
 * awareness and unknown types are passed over: heads say more than a state vector, which cannot see a fork.
 */
export const createRoomChannel = (messages: Channel, log: LogId | undefined): Channel => ({
  send(frame) {
    // 0x84 0x03: an array of four that starts with the kind of blocks.
    const decoded = frame[0] === 0x84 && frame[1] === 3 ? decodeFrame(frame) : undefined;
    messages.send(
      decoded?.ok === true && decoded.value?.kind === "blocks"
        ? encodeUpdateMessage(decoded.value.update)
        : encodeFrameMessage(frame),
    );
  },
  onMessage(listener) {
    messages.onMessage((message) => {
      if (message[0] === FRAME_MESSAGE_TYPE) return listener(message.subarray(1));
      const update = log === undefined ? undefined : decodeUpdateMessage(message);
      if (update !== undefined && log !== undefined && !isEmptyUpdate(update))
        listener(encodeFrame({ kind: "blocks", log, update }));
    });
  },
  onClose: messages.onClose,
  close: messages.close,
  bufferedBytes: messages.bufferedBytes,
  ...(messages.pause === undefined ? {} : { pause: messages.pause }),
  ...(messages.resume === undefined ? {} : { resume: messages.resume }),
});
