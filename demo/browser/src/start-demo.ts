/** A swarm with its relay in this process, and the page that visitors open. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";
import { createSwarm, type Peer } from "herdmind";
import { build } from "vite";

export interface DemoOptions {
  /** Default 0: any free one. */
  readonly port?: number;
}

export interface Demo extends AsyncDisposable {
  readonly url: string;
  /** The swarm's own peer: the orchestrator. */
  readonly swarm: Peer;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
};

/** The page's sources stand beside this file's sources; Vite reads them as they are. */
const pageRoot = resolve(import.meta.dirname, "../src/page");

const buildPage = (outDir: string): Promise<unknown> =>
  build({
    configFile: false,
    root: pageRoot,
    logLevel: "warn",
    cacheDir: join(outDir, ".vite"),
    build: { outDir: join(outDir, "page"), emptyOutDir: true, target: "es2024" },
  });

/** Everything that `folder` holds, by its path: a few files, kept in memory, so that no path leads anywhere else. */
const readPage = async (folder: string, files: readonly string[]): Promise<ReadonlyMap<string, Buffer>> => {
  const page = new Map<string, Buffer>();
  for (const file of files) page.set(`/${file}`, await readFile(join(folder, file)));
  // What the service worker keeps for a reload without a network.
  const kept = ["/", ...[...page.keys()].filter((path) => path !== "/index.html" && path !== "/offline.js")];
  page.set("/files.json", Buffer.from(JSON.stringify(kept)));
  return page;
};

export const startDemo = async ({ port = 0 }: DemoOptions = {}): Promise<Demo> => {
  const outDir = await mkdtemp(join(tmpdir(), "herdmind-demo-"));
  let page: ReadonlyMap<string, Buffer>;
  try {
    const built = (await buildPage(outDir)) as { readonly output: readonly { readonly fileName: string }[] };
    page = await readPage(join(outDir, "page"), [...built.output.map(({ fileName }) => fileName), "offline.js"]);
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
  const swarm = await createSwarm({ name: "demo" });
  const server = createServer((request, response) => {
    answer(swarm, page, request, response).catch(() => response.writeHead(500).end());
  });
  try {
    await new Promise<void>((done, failed) => {
      server.once("error", failed);
      server.listen(port, "127.0.0.1", done);
    });
  } catch (error) {
    await swarm.close();
    throw error;
  }
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const close = async (): Promise<void> => {
    const closed = new Promise((done) => server.close(done));
    server.closeAllConnections();
    await closed;
    await swarm.close();
  };
  return { url, swarm, close, [Symbol.asyncDispose]: close };
};

/** A page of another site must not get a ticket: neither by a name that it points at this machine, nor by a request from there. */
const isOwnPage = ({ headers }: IncomingMessage): boolean =>
  /^(127\.0\.0\.1|localhost):\d+$/.test(headers.host ?? "") && headers["sec-fetch-site"] === "same-origin";

const answer = async (
  swarm: Peer,
  page: ReadonlyMap<string, Buffer>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const { pathname } = new URL(request.url ?? "/", "http://page");
  if (pathname === "/ticket") {
    if (request.method !== "POST" || !isOwnPage(request)) {
      response.writeHead(403).end();
      return;
    }
    response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" });
    response.end(JSON.stringify({ ticket: await swarm.invite({ uses: 1 }) }));
    return;
  }
  if (pathname === "/swarm") {
    response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" });
    response.end(JSON.stringify({ swarm: swarm.swarm }));
    return;
  }
  const path = pathname === "/" ? "/index.html" : pathname;
  const file = page.get(path);
  if (file === undefined) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, {
    "content-type": TYPES[extname(path)] ?? "application/octet-stream",
    "cache-control": "no-cache",
    "content-security-policy":
      "default-src 'self'; connect-src 'self' ws://127.0.0.1:*; img-src 'self' data:; frame-ancestors 'none'",
  });
  response.end(file);
};
