/** A way to a server that can be cut and mended, as a network can: the server goes on meanwhile. */

import type { AddressInfo } from "node:net";
import { createServer, connect as dial, type Socket } from "node:net";

export interface Cuttable extends AsyncDisposable {
  /** The address of the server, by this way. */
  readonly url: string;
  /** Ends every connection, and takes no new ones. */
  cut(): Promise<void>;
  mend(): Promise<void>;
}

export const createCuttable = async (target: string): Promise<Cuttable> => {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = dial(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  let at = 0;
  const mend = async (): Promise<void> => {
    await new Promise<void>((done) => server.listen(at, "127.0.0.1", done));
    at = (server.address() as AddressInfo).port;
  };
  const cut = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = new Promise((done) => server.close(done));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await mend();
  return { url: `http://127.0.0.1:${at}`, cut, mend, [Symbol.asyncDispose]: cut };
};
