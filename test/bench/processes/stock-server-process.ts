/**
 * The natural limit of everything that crosses a socket: a plain server for stock y-websocket clients. One Y.Doc per room in
 * memory, updates applied and broadcast; nothing is signed, verified or stored.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { type WebSocket, WebSocketServer } from "ws";
import * as Y from "yjs";
import { serve } from "../frame/serve.ts";

// The wire form of y-protocols: message 0 is sync, with step 1 (state vector), step 2 (what is missing) and updates.
const SYNC = 0;
const STEP_1 = 0;
const STEP_2 = 1;
const UPDATE = 2;

const syncMessage = (step: number, bytes: Uint8Array): Uint8Array => {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, SYNC);
  encoding.writeVarUint(encoder, step);
  encoding.writeVarUint8Array(encoder, bytes);
  return encoding.toUint8Array(encoder);
};

interface Room {
  readonly doc: Y.Doc;
  readonly sockets: Set<WebSocket>;
}

const rooms = new Map<string, Room>();

const roomOf = (name: string): Room => {
  const known = rooms.get(name);
  if (known !== undefined) return known;
  const room: Room = { doc: new Y.Doc(), sockets: new Set() };
  room.doc.on("update", (update: Uint8Array, origin: unknown) => {
    const message = syncMessage(UPDATE, update);
    for (const socket of room.sockets) if (socket !== origin) socket.send(message);
  });
  rooms.set(name, room);
  return room;
};

serve({
  listen: async () => {
    const server = createServer();
    const sockets = new WebSocketServer({ server, perMessageDeflate: false });
    sockets.on("connection", (socket, request) => {
      const room = roomOf(request.url ?? "/");
      room.sockets.add(socket);
      socket.on("close", () => room.sockets.delete(socket));
      socket.on("message", (data: Buffer) => {
        const decoder = decoding.createDecoder(new Uint8Array(data));
        if (decoding.readVarUint(decoder) !== SYNC) return;
        const step = decoding.readVarUint(decoder);
        const bytes = decoding.readVarUint8Array(decoder);
        if (step === STEP_1) socket.send(syncMessage(STEP_2, Y.encodeStateAsUpdate(room.doc, bytes)));
        else Y.applyUpdate(room.doc, bytes, socket);
      });
      socket.send(syncMessage(STEP_1, Y.encodeStateVector(room.doc)));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  },
});
