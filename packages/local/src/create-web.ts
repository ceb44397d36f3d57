/** A node's HTTP that can be started and stopped while the node is up. */
import { randomBytes } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { accept, type Result, refuse } from "@herdmind/protocol";
import type { Served } from "./answering.js";
import { type HttpPlace, readHttp, saveHttp, tokenIn } from "./http-file.js";
import { type HttpServer, serveHttp } from "./http-server.js";
import { createPageSessions } from "./page-sessions.js";
import type { Web } from "./web.js";

export interface WebOptions {
  readonly dir: string;
  /** Where it is served; what is not said: as it was last, or any free port of the loopback. */
  readonly place?: Partial<HttpPlace>;
  /** Remembers that it is to be served whenever the node is up; `false`: that it is not. Default: as it was. */
  readonly isKept?: boolean;
}

export const createWeb = async (served: Served, { dir, place, isKept }: WebOptions): Promise<Web> => {
  const saved = await readHttp(dir);
  const sessions = createPageSessions();
  const kept = isKept ?? saved.isKept;
  // An open host is what somebody chose to serve all the time, never what a page that is opened now and then brings about.
  const before = kept && saved.isKept ? saved.place : saved.place && { port: saved.place.port };
  const wanted: Partial<HttpPlace> = { ...before, ...place };
  // Whoever serves writes it down by itself.
  if (!kept && saved.isKept)
    await saveHttp(dir, { ...saved, url: undefined, token: await tokenIn(dir), isKept: false });
  let starting: Promise<Result<HttpServer>> | undefined;
  let server: HttpServer | undefined;
  let newest: string | undefined;

  const serve = async (port: number | undefined): Promise<Result<HttpServer>> => {
    const options = { dir, sessions, isKept: kept, ...wanted, ...(port === undefined ? {} : { port }) };
    const first = await serveHttp(served, options);
    // The port of the last time is a wish, not a demand.
    const isFree = first.ok || place?.port !== undefined || port !== undefined || !wanted.port;
    return isFree ? first : serveHttp(served, { ...options, port: 0 });
  };
  const start = async (port?: number): Promise<Result<HttpServer>> => {
    starting ??= serve(port);
    const started = await starting;
    if (started.ok) server = started.value;
    else starting = undefined;
    return started;
  };
  const stop = async (): Promise<boolean> => {
    const running = await starting;
    starting = undefined;
    server = undefined;
    sessions.endAll();
    if (running?.ok !== true) return false;
    await running.value[Symbol.asyncDispose]();
    return true;
  };

  return {
    isKept: kept,
    host: wanted.host ?? "127.0.0.1",
    get url() {
      return server?.url;
    },
    async start(port) {
      const started = await start(port);
      return started.ok ? accept(started.value.url) : started;
    },
    async invitePage() {
      const started = await start();
      if (!started.ok) return started;
      const made = sessions.makeCode();
      if ("lockedMs" in made) {
        const seconds = Math.ceil(made.lockedMs / 1000);
        return refuse("T3", "none", `Too many wrong codes were tried. Try again in ${seconds} s.`);
      }
      const { url } = started.value;
      const { code, forMs, used } = made;
      const file = join(dir, "dashboard.html");
      // In one step, so that a browser that was told of the one before finds a whole page; and never through a link.
      const temporary = `${file}.${randomBytes(6).toString("hex")}`;
      await writeFile(temporary, signInPage(url, code), { flag: "wx", mode: 0o600 });
      await rename(temporary, file);
      newest = code;
      // Another code may have a file by now.
      used.addEventListener("abort", () => {
        if (newest === code) void rm(file, { force: true }).catch(() => undefined);
      });
      return accept({ url, code, expiresAt: new Date(Date.now() + forMs).toISOString(), file });
    },
    signOut: sessions.endAll,
    stop,
    idleMs: () => server?.idleMs() ?? Number.POSITIVE_INFINITY,
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(join(dir, "dashboard.html"), { force: true });
    },
  };
};

/** Posts the code as a form, so that it stands in no URL, no history and no log. Address and code are this node's own. */
const signInPage = (url: string, code: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<title>Herdmind</title>
<form method="post" action="${url}/session">
<input type="hidden" name="code" value="${code}">
<button>Open the dashboard</button>
</form>
<script>document.forms[0].submit()</script>
</html>
`;
