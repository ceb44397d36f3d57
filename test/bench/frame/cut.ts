/** A TCP proxy that can be cut: a partition between peers whose processes go on. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Cut {
  readonly port: number;
  /** Drops every connection and refuses new ones, until `mend`. */
  cut(): void;
  mend(): void;
  close(): void;
}

export const createCut = async (target: number): Promise<Cut> => {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((client) => {
    if (isCut) return void client.destroy();
    const remote = connect(target, "127.0.0.1");
    for (const [from, to] of [
      [client, remote],
      [remote, client],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      // Either end may be killed at any moment; that is what this is for.
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      isCut = true;
      drop();
    },
    mend: () => {
      isCut = false;
    },
    close: () => {
      server.close();
      drop();
    },
  };
};
