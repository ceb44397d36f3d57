/** A channel over a server-side socket of the `ws` package. */
import type { Channel } from "@herdmind/sync";
import type { RawData, WebSocket } from "ws";

export const bytesOf = (data: RawData): Uint8Array => {
  if (Array.isArray(data)) return new Uint8Array(Buffer.concat(data));
  // A plain view: Buffer's methods differ (slice shares memory there).
  return data instanceof ArrayBuffer
    ? new Uint8Array(data)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
};

export const wsChannel = (socket: WebSocket): Channel => ({
  send: (bytes) => {
    if (socket.readyState === socket.OPEN) socket.send(bytes);
  },
  onMessage: (listener) => {
    socket.on("message", (data, isBinary) => {
      if (isBinary) listener(bytesOf(data));
    });
  },
  onClose: (listener) => {
    socket.on("close", (code, reason) => listener(code, reason.toString()));
  },
  close: (code, reason) => socket.close(code, reason),
  bufferedBytes: () => socket.bufferedAmount,
  pause: () => socket.pause(),
  resume: () => socket.resume(),
});
