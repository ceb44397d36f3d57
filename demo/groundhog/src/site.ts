/** The place where one run happens: a fresh directory and the servers it needs, both gone when the run is over. */
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import type { SelfSigned } from "./self-signed.js";

export interface Site {
  /** Absolute. */
  readonly dir: string;
  /** Writes a file below `dir`, its folders too; returns its absolute path. `mode` is a file mode such as `0o755`. */
  write(path: string, content: string | Uint8Array, mode?: number): Promise<string>;
  /** Makes a folder below `dir`; returns its absolute path. */
  folder(path: string): Promise<string>;
  /** A symbolic link at `path` that says `target`. */
  link(path: string, target: string): Promise<void>;
  /** An HTTP (with `tls`: HTTPS) server on 127.0.0.1 at a port chosen by the system; returns the port. */
  serve(listener: RequestListener, tls?: SelfSigned): Promise<number>;
}

/** Whatever stands at `dir` is removed first. */
export const createSite = async (dir: string): Promise<Site & AsyncDisposable> => {
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  const servers: Server[] = [];
  const write = async (path: string, content: string | Uint8Array, mode = 0o644): Promise<string> => {
    const file = join(dir, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content, { mode });
    return file;
  };
  return {
    dir,
    write,
    folder: async (path) => {
      await mkdir(join(dir, path), { recursive: true });
      return join(dir, path);
    },
    link: async (path, target) => {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await symlink(target, join(dir, path));
    },
    serve: async (listener, tls) => {
      const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
      // A client that gives up in the middle of a handshake is the task's business, not an error of this process.
      server.on("clientError", (_error, socket) => socket.destroy());
      servers.push(server);
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(0, "127.0.0.1", resolve);
      });
      return (server.address() as AddressInfo).port;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(
        servers.map(
          (server) =>
            new Promise<void>((resolve) => {
              server.close(() => resolve());
              server.closeAllConnections();
            }),
        ),
      );
      await rm(dir, { recursive: true, force: true });
    },
  };
};
