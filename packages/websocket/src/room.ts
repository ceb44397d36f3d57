/**
 * One connection to one room, through y-websocket's provider: it opens the socket, speaks the room protocol and watches for
 * silence. Its message handlers are replaced, all of them, and the document it was given is an empty one that nobody reads,
 * so that bytes from a socket cannot reach a document of a log but through `ingest`.
 */
import { SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX } from "@herdmind/protocol";
import { type Channel, FRAME_MESSAGE_TYPE, FRAMES_SUBPROTOCOL } from "@herdmind/sync";
import { Awareness } from "y-protocols/awareness";
import { WebsocketProvider } from "y-websocket";
import { Doc } from "yjs";
import type { Socket, SocketConstructor } from "./socket.js";

export interface RoomConnection {
  readonly channel: Channel;
  /** Drops the connection without a goodbye. */
  destroy(): void;
}

const OPEN = 1;

/** Opens a socket to a room. `onOpen` is called once, when messages can be sent; a failure closes the channel. */
export const connectRoom = (options: {
  readonly url: string;
  /** `<swarm>/<writer>/<generation>` or `<swarm>/control`. */
  readonly room: string;
  readonly token: string;
  readonly WebSocket: SocketConstructor;
  readonly onOpen: () => void;
}): RoomConnection => {
  let onMessage: (message: Uint8Array) => void = () => {};
  let onClose: (code: number, reason: string) => void = () => {};
  let error = "";
  let ended = false;
  const doc = new Doc();
  const awareness = new Awareness(doc);
  // Presence is not ours to tell here.
  awareness.setLocalState(null);
  const provider = new WebsocketProvider(options.url, options.room, doc, {
    connect: false,
    disableBc: true,
    awareness,
    protocols: [FRAMES_SUBPROTOCOL, SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX + options.token],
    WebSocketPolyfill: options.WebSocket as unknown as typeof WebSocket,
    // The next attempt needs a new token, which the provider cannot make.
    shouldReconnect: () => false,
  });
  const end = (code: number, reason: string): void => {
    if (ended) return;
    ended = true;
    provider.shouldConnect = false;
    onClose(code, reason);
    // Not inside the provider's own event.
    queueMicrotask(destroy);
  };
  const destroy = (): void => {
    ended = true;
    provider.destroy();
    awareness.destroy();
    doc.destroy();
  };
  type Handler = (typeof provider.messageHandlers)[number];
  const take: Handler = (_encoder, decoder) => onMessage(decoder.arr);
  provider.messageHandlers = Array.from({ length: FRAME_MESSAGE_TYPE + 1 }, () => take);
  provider.on("status", ({ status }) => {
    if (status === "connected") options.onOpen();
  });
  provider.on("connection-error", (event) => {
    const { message } = event as { readonly message?: unknown };
    if (typeof message === "string") error = message;
  });
  provider.on("connection-close", (event) => {
    if (event === null) end(1006, "no message for 30 s");
    else end(event.code, event.reason || error);
  });
  provider.connect();
  const socket = (): Socket | null => provider.ws as unknown as Socket | null;
  return {
    destroy,
    channel: {
      send: (bytes) => {
        const current = socket();
        if (current?.readyState === OPEN) current.send(bytes as Uint8Array<ArrayBuffer>);
      },
      onMessage: (listener) => {
        onMessage = listener;
      },
      onClose: (listener) => {
        onClose = listener;
      },
      close: (code, reason) => {
        socket()?.close(code >= 3000 ? code : 1000, reason);
        end(code, reason);
      },
      bufferedBytes: () => socket()?.bufferedAmount ?? 0,
    },
  };
};
