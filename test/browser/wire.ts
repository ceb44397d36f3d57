/** A wire between a page and a relay that a test can cut: a TCP proxy. Cut, connections end in the middle and none is taken. */

import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";

export interface Wire extends AsyncDisposable {
  /** `ws://127.0.0.1:<port>` of this end. */
  readonly url: string;
  /** The port at the other end. */
  readonly to: number;
  cut(): Promise<void>;
  mend(): Promise<void>;
}

/** `to`: the relay's address. */
export const createWire = async (to: string): Promise<Wire> => {
  const { hostname, port } = new URL(to);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [socket, other] of [[near, far] as const, [far, near] as const]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  let own = 0;
  const mend = (): Promise<void> =>
    new Promise((done, failed) => {
      server.once("error", failed);
      server.listen(own, "127.0.0.1", () => {
        own = (server.address() as AddressInfo).port;
        done();
      });
    });
  const cut = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = new Promise((done) => server.close(done));
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  };
  await mend();
  return { url: `ws://127.0.0.1:${own}`, to: Number(port), cut, mend, [Symbol.asyncDispose]: cut };
};
