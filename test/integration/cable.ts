/** A cable between two peers: a TCP proxy that can be cut, and stays cut until it is mended. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Cable {
  /** Who dials through it, and who is dialled. */
  readonly from: string;
  readonly to: string;
  readonly port: number;
  /** Resets what is connected, and lets nothing connect. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

export const createCable = async (from: string, to: string, target: number): Promise<Cable> => {
  const sockets = new Set<Socket>();
  let isCut = false;
  const listener = createServer((client) => {
    if (isCut) return void client.resetAndDestroy();
    const server = connect(target, "127.0.0.1");
    const pair = [client, server] as const;
    for (const socket of pair) {
      sockets.add(socket);
      const end = (): void => {
        for (const one of pair) {
          sockets.delete(one);
          one.destroy();
        }
      };
      socket.on("error", end).on("close", end).setNoDelay(true);
    }
    client.pipe(server);
    server.pipe(client);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const drop = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    from,
    to,
    port: (listener.address() as AddressInfo).port,
    cut() {
      isCut = true;
      drop();
    },
    mend() {
      isCut = false;
    },
    async close() {
      drop();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
};
