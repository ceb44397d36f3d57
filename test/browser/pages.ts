/**
 * Pages for the tests: TypeScript entries, bundled by Vite the way an application would, served on loopback (which counts as
 * a secure context: WebCrypto, Web Locks). An entry `storage` is the page `/storage.html`.
 */
import { createReadStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { build } from "vite";

export interface Served extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;
  /** Ends the server and every connection to it: the site cannot be reached until the next `start`. */
  stop(): Promise<void>;
  /** Serves on the same port again: the same origin, hence the same IndexedDB. */
  start(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".svg": "image/svg+xml",
};

const pageOf = (name: string): string =>
  `<!doctype html><meta charset="utf-8"><title>${name}</title><link rel="icon" href="data:,"><script type="module" src="/${name}.js"></script>\n`;

/** Serves the files of a folder; for each of `names` without a file of that name, a page that loads `<name>.js`. */
const serveFolder = async (folder: string, names: readonly string[] = []): Promise<Served> => {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://page").pathname);
    const file = join(folder, normalize(path.endsWith("/") ? `${path}index.html` : path));
    const found = file.startsWith(folder) && (await stat(file).catch(() => undefined))?.isFile() === true;
    const name = names.find((entry) => path === `/${entry}.html`);
    if (!found && name === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": types[found ? extname(file) : ".html"] ?? "application/octet-stream" });
    if (found) createReadStream(file).pipe(response);
    else response.end(pageOf(name as string));
  });
  let port = 0;
  const start = async (): Promise<void> => {
    await new Promise<void>((done, failed) => {
      server.once("error", failed);
      server.listen(port, "127.0.0.1", () => {
        server.off("error", failed);
        done();
      });
    });
    ({ port } = server.address() as AddressInfo);
  };
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = new Promise((done) => server.close(done));
    server.closeAllConnections();
    await closed;
  };
  await start();
  return { url: `http://127.0.0.1:${port}`, start, stop, [Symbol.asyncDispose]: stop };
};

/** Bundles entries (name -> path of a TypeScript module) into a temporary folder and serves them. */
export const servePages = async (entries: Readonly<Record<string, string>>): Promise<Served> => {
  const folder = await mkdtemp(join(tmpdir(), "herdmind-pages-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await build({
      configFile: false,
      root: import.meta.dirname,
      logLevel: "warn",
      publicDir: false,
      cacheDir: join(folder, ".vite"),
      build: {
        outDir: folder,
        emptyOutDir: true, // Vite asks for this word when the folder is outside of `root`; it is new and empty
        target: "esnext",
        minify: false,
        sourcemap: "inline",
        modulePreload: false,
        rolldownOptions: {
          checks: { pluginTimings: false }, // a busy machine is no news
          input: { ...entries },
          output: { entryFileNames: "[name].js", chunkFileNames: "chunk-[hash].js" },
        },
      },
    });
    const served = await serveFolder(folder, Object.keys(entries));
    return {
      ...served,
      async [Symbol.asyncDispose]() {
        await served.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
};
