/** The part of the WebSocket interface that is used: that of browsers, Node and the `ws` package. */
import type { Channel } from "@herdmind/sync";

export interface Socket {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly readyState: number;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  // Handlers are typed differently by every implementation; they are only ever assigned here.
  onopen: unknown;
  onmessage: unknown;
  onclose: unknown;
  onerror: unknown;
}

export type SocketConstructor = new (url: string, protocols: string[]) => Socket;

/** RFC 6455 lets a client close with 1000 and 3000 to 4999 only. */
const clientCode = (code: number): number => (code >= 3000 && code <= 4999 ? code : 1000);

const OPEN = 1;

/** A channel over a socket that is open or opening. `onOpen` is called once; a failure to open closes with 1006. */
export const socketChannel = (socket: Socket, onOpen: () => void): Channel => {
  let onMessage: (bytes: Uint8Array) => void = () => {};
  let onClose: (code: number, reason: string) => void = () => {};
  let error = "";
  let closed = false;
  socket.binaryType = "arraybuffer";
  socket.onopen = onOpen;
  socket.onmessage = ({ data }: { readonly data: unknown }): void => {
    if (data instanceof ArrayBuffer) onMessage(new Uint8Array(data));
  };
  socket.onerror = ({ message }: { readonly message?: unknown }): void => {
    // Browsers say nothing here on purpose; Node says why.
    if (typeof message === "string") error = message;
  };
  socket.onclose = ({ code, reason }: { readonly code: number; readonly reason: string }): void => {
    if (closed) return;
    closed = true;
    onClose(code, reason || error);
  };
  return {
    send: (bytes) => {
      if (socket.readyState === OPEN) socket.send(bytes as Uint8Array<ArrayBuffer>);
    },
    onMessage: (listener) => {
      onMessage = listener;
    },
    onClose: (listener) => {
      onClose = listener;
    },
    close: (code, reason) => socket.close(clientCode(code), reason),
    bufferedBytes: () => socket.bufferedAmount,
  };
};
