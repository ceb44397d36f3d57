/** A TCP proxy for tests: it cuts, holds and counts. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Proxy {
  readonly port: number;
  cut(): void;
  hold(): void;
  release(): void;
  bytesToServer(): number;
  close(): Promise<void>;
}

export const createProxy = async (target: number): Promise<Proxy> => {
  const pairs = new Set<{ readonly client: Socket; readonly server: Socket }>();
  let held = false;
  let bytes = 0;
  const listener = createServer((client) => {
    const server = connect(target, "127.0.0.1");
    const pair = { client, server };
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) socket.on("error", end).on("close", end).setNoDelay(true);
    client.on("data", (data) => {
      bytes += data.length;
      server.write(data);
    });
    server.on("data", (data) => client.write(data));
    if (held) server.pause();
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return {
    port: (listener.address() as AddressInfo).port,
    cut() {
      for (const { client, server } of [...pairs]) {
        client.resetAndDestroy();
        server.resetAndDestroy();
      }
    },
    hold() {
      held = true;
      for (const { server } of pairs) server.pause();
    },
    release() {
      held = false;
      for (const { server } of pairs) server.resume();
    },
    bytesToServer: () => bytes,
    async close() {
      for (const { client, server } of [...pairs]) {
        client.destroy();
        server.destroy();
      }
      await new Promise((resolve) => listener.close(resolve));
    },
  };
};
