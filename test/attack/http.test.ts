// Other users' programs reach this machine's loopback, and so does every page that its user looks at. A real server, and raw bytes.
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createClientClaims,
  createWeb,
  runVerb,
  serveHttp,
  serveLocal,
  type Web,
  type WebOptions,
} from "@herdmind/local";
import { askNode, type DashboardCode, httpFile, socketPath } from "@herdmind/local/client";
import { createSwarm, type Swarm } from "herdmind";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const folder = mkdtempSync(join(tmpdir(), "herdmind-http-"));
let swarm: Swarm;
let web: Web;
let url = "";
let token = "";
const ends: (() => PromiseLike<unknown>)[] = [];

beforeAll(async () => {
  swarm = await createSwarm({ name: "web", relay: false, dir: join(folder, "home") });
  ends.push(() => swarm.close());
  const dir = join(folder, "home");
  web = await createWeb({ peer: swarm }, { dir });
  ends.push(() => web[Symbol.asyncDispose]());
  const served = await serveLocal({ peer: swarm, web }, socketPath(dir));
  if (!served.ok) throw new Error(served.refusal.message);
  ends.push(() => served.value[Symbol.asyncDispose]());
  const started = await web.start();
  if (!started.ok) throw new Error(started.refusal.message);
  url = started.value;
  token = (JSON.parse(readFileSync(httpFile(dir), "utf8")) as { token: string }).token;
});
afterAll(async () => {
  for (const end of ends.toReversed()) await end();
  rmSync(folder, { recursive: true });
});

const ask = (path: string, { method = "POST", headers = {}, body }: Asked = {}, base = url): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base);
    const call = request({ hostname, port, path, method, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    call.on("error", reject);
    call.end(body ?? (method === "POST" ? "{}" : undefined));
  });

const statusOf = async (...asked: Parameters<typeof ask>): Promise<number> => (await ask(...asked)).status;

/** What the server says to these bytes until it hangs up, or for so long. */
const say = (bytes: string, ms = 300): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    let heard = "";
    const timer = setTimeout(() => socket.destroy(), ms);
    socket.setEncoding("utf8").on("data", (part: string) => {
      heard += part;
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(heard);
    });
    socket.write(bytes);
  });

const json = { "content-type": "application/json" };
const newKey = (): string => randomBytes(32).toString("base64url");
const codeNow = async (): Promise<DashboardCode> => {
  const made = await web.invitePage();
  if (!made.ok) throw new Error(made.refusal.message);
  return made.value;
};
const signIn = async (): Promise<{ readonly cookie: string; readonly page: Readonly<Record<string, string>> }> => {
  const { code } = await codeNow();
  const key = newKey();
  const { status, headers } = await ask("/session", {
    headers: { ...json, origin: url, "herdmind-page": key },
    body: JSON.stringify({ code }),
  });
  expect(status).toBe(204);
  const cookie = String(headers["set-cookie"]).split(";")[0] as string;
  return { cookie, page: { ...json, origin: url, cookie, "herdmind-page": key } };
};

/** A node with a page of these files. */
const openPage = async () => {
  const page = join(folder, "page");
  mkdirSync(join(page, "deep"), { recursive: true });
  writeFileSync(join(page, "index.html"), "<!doctype html><title>page</title>");
  writeFileSync(join(page, "index-Ab3_x9-Q.js"), "export {};");
  writeFileSync(join(page, "deep", "icon.svg"), "<svg/>");
  writeFileSync(join(page, "notes.md"), "not for the web");
  writeFileSync(join(folder, "secret.txt"), "outside");
  const served = await serveHttp({ peer: swarm }, { dir: join(folder, "home", "keys"), page });
  if (!served.ok) throw new Error(served.refusal.message);
  return served.value;
};

describe("T2 whoever has neither token nor session", () => {
  test("is told nothing, whatever is asked and however", async () => {
    for (const path of ["/v1/overview", "/v1/entries", "/v1/status", "/v1/invite", "/mcp", "/v1/watch", "/session/end"])
      expect([path, await statusOf(path)]).toEqual([path, 401]);
    for (const method of ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"])
      expect([method, await statusOf("/v1/watch", { method })]).toEqual([method, 401]);
    const bearer = (text: string) => ({ headers: { ...json, authorization: text } });
    for (const wrong of ["Bearer", "Bearer ", `Bearer ${token}x`, `bearer${token}`, `Basic ${token}`, token])
      expect(await statusOf("/v1/status", bearer(wrong))).toBe(401);
    expect(await statusOf(`/v1/status?token=${token}`)).toBe(401);
    expect(await statusOf("/v1/status", bearer(`Bearer ${token}`))).toBe(200);
  });

  test("comes by another name (DNS rebinding), or from another page: refused even with the token", async () => {
    const { port } = new URL(url);
    const good = { ...json, authorization: `Bearer ${token}` };
    for (const host of [
      "evil.example",
      `evil.example:${port}`,
      "127.0.0.1.evil.example",
      "localhost.evil.example",
      "127.0.0.2",
    ])
      expect([host, await statusOf("/v1/status", { headers: { ...good, host } })]).toEqual([host, 403]);
    expect(await statusOf("/", { method: "GET", headers: { host: "evil.example" } })).toBe(403);
    const foreign = [
      "https://evil.example",
      "null",
      `http://127.0.0.1:${Number(port) + 1}`,
      `http://localhost:${port}`,
      "file://",
    ];
    for (const origin of foreign)
      expect([origin, await statusOf("/v1/status", { headers: { ...good, origin } })]).toEqual([origin, 403]);
    expect(await statusOf("/v1/status", { headers: { ...good, origin: url } })).toBe(200);
    expect((await say("GET / HTTP/1.1\r\nHost: evil.example\r\nHost: 127.0.0.1\r\n\r\n")).split("\r\n")[0]).toMatch(
      / (400|403) /,
    );
    expect(await say("GET /v1/watch HTTP/1.1\r\nHost:\r\n\r\n")).toMatch(/^HTTP\/1.1 403 /);
    expect(await say("POST /v1/status HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1.1 403 /);
  });
});

// Other systems have one address on their loopback.
test.runIf(process.platform === "linux")(
  "T2 an open host goes by its addresses and names, and by no other",
  async () => {
    const served = await serveHttp(
      { peer: swarm },
      { dir: join(folder, "home", "keys"), host: "0.0.0.0", names: ["herd.example"] },
    );
    if (!served.ok) throw new Error(served.refusal.message);
    await using server = served.value;
    const { port } = new URL(server.url);
    expect(server.url).toBe(`http://127.0.0.1:${port}`);
    const at = (host: string) => statusOf("/v1/status", { headers: { host } }, `http://127.0.0.2:${port}`);
    for (const host of ["127.0.0.2", `127.0.0.2:${port}`, "herd.example", "localhost"])
      expect([host, await at(host)]).toEqual([host, 401]);
    for (const host of ["127.0.0.3", "0.0.0.0.evil.example", "evil.example"])
      expect([host, await at(host)]).toEqual([host, 403]);
  },
);

test("T2 an open host is served while that is chosen, and forgotten with the choice", async () => {
  const dir = join(folder, "open");
  mkdirSync(dir);
  const hosts: string[] = [];
  const open = async (options: Omit<WebOptions, "dir">) => {
    await using one = await createWeb({ peer: swarm }, { dir, ...options });
    hosts.push(one.host);
    if (one.isKept) expect((await one.start()).ok).toBe(true);
  };
  await open({ place: { host: "0.0.0.0" }, isKept: true });
  await open({});
  await open({ isKept: false });
  await open({});
  await open({ isKept: true });
  expect(hosts).toEqual(["0.0.0.0", "0.0.0.0", "127.0.0.1", "127.0.0.1", "127.0.0.1"]);
});

describe("T2 signing a page in", () => {
  test("the file that the browser opens is this user's, holds the code, no token, and is gone when the code is used", async () => {
    const { file, code } = await codeNow();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const html = readFileSync(file, "utf8");
    expect(html).toContain(`action="${url}/session"`);
    expect(html).toContain(code);
    expect(html).not.toContain(token);
    const body = JSON.stringify({ code });
    const answered = await ask("/session", { headers: { ...json, origin: url, "herdmind-page": newKey() }, body });
    expect(answered.status).toBe(204);
    const set = String(answered.headers["set-cookie"]);
    expect(set).toMatch(
      new RegExp(`^herdmind-${new URL(url).port}=[\\w-]{43}; HttpOnly; SameSite=Strict; Path=/; Max-Age=\\d+$`),
    );
    await expect.poll(() => statSync(file, { throwIfNoEntry: false })).toBeUndefined();
  });

  test("the form of that file makes no session and uses nothing: its answer is the page, with the code in it", async () => {
    await using server = await openPage();
    const { code } = await codeNow();
    const form = { "content-type": "application/x-www-form-urlencoded", origin: "null" };
    const post = (body: string, base = server.url) => ask("/session", { headers: form, body }, base);
    for (let i = 0; i < 2; i++) {
      const { status, headers, body } = await post(`code=${code}`);
      expect([status, headers["cache-control"], headers["set-cookie"]]).toEqual([200, "no-store", undefined]);
      expect(headers["content-security-policy"]).toContain("script-src 'self'");
      expect(body).toContain(`<meta name="herdmind-code" content="${code}" />`);
      expect(body.replace(/<meta name="herdmind-code".*>\s*/, "")).toBe(
        (await ask("/", { method: "GET" }, server.url)).body,
      );
    }
    const scripts = `"><script>alert(1)</script>`;
    for (const none of [
      "",
      "code=",
      "x=y",
      `code=${scripts}`,
      `code=${code}${encodeURIComponent(scripts)}`,
      `code=$%26`,
    ]) {
      const { status, body } = await post(none);
      expect([none, status, body.includes("herdmind-code"), body.includes("alert")]).toEqual([none, 200, false, false]);
    }
    // Of the node that made the code: it is good after any number of forms, also wrong ones.
    for (let i = 0; i < 12; i++) expect((await post(`code=0000-0000-000${i % 10}`, url)).status).toBe(200);
    expect((await post(`code=${code}`, url)).headers["set-cookie"]).toBeUndefined();
    const json200 = { ...json, origin: url, "herdmind-page": newKey() };
    expect(await statusOf("/session", { headers: json200, body: JSON.stringify({ code }) })).toBe(204);
  });

  test("a code is good once, from this node's page with its key, and never from elsewhere", async () => {
    const { code } = await codeNow();
    const body = JSON.stringify({ code });
    const keyed = { ...json, "herdmind-page": newKey() };
    expect(await statusOf("/session", { headers: { ...keyed, origin: "null" }, body })).toBe(403);
    for (const key of ["", "short", newKey().slice(1), `${newKey()}A`])
      expect(await statusOf("/session", { headers: { ...json, "herdmind-page": key }, body })).toBe(400);
    expect(await statusOf("/session", { headers: json, body })).toBe(400);
    expect(await statusOf("/session", { headers: { ...json, origin: "https://evil.example" }, body })).toBe(403);
    expect(await statusOf("/session", { headers: { ...json, host: "evil.example" }, body })).toBe(403);
    expect(await statusOf("/session", { headers: { "content-type": "text/plain" }, body })).toBe(400);
    expect(await statusOf("/session", { method: "GET" })).toBe(405);
    expect(await statusOf(`/session?code=${code}`)).toBe(400);
    expect(await statusOf("/session", { headers: keyed, body })).toBe(204);
    expect(await statusOf("/session", { headers: keyed, body })).toBe(401);
  });

  test("whoever asks over HTTP, with a token or a session, gets no code", async () => {
    const { page } = await signIn();
    expect(await statusOf("/v1/dashboard", { headers: page })).toBe(403);
    const answered = await ask("/v1/dashboard", { headers: { ...json, authorization: `Bearer ${token}` } });
    expect([answered.status, JSON.parse(answered.body)]).toEqual([422, expect.objectContaining({ rule: "T2" })]);
    expect(await runVerb({ peer: swarm, claims: createClientClaims() }, "serve", {})).toMatchObject({
      ok: false,
      rule: "T2",
    });
  });
});

describe("T2 the session of a page", () => {
  test("asks what the page shows, and nothing else", async () => {
    const { page } = await signIn();
    for (const verb of ["overview", "entries", "timeline", "alarms", "members", "graph"])
      expect([verb, await statusOf(`/v1/${verb}`, { headers: page })]).toEqual([verb, 200]);
    for (const verb of ["report", "import", "alias", "relevance", "claim", "export", "log", "serve", "dashboard"])
      expect([verb, await statusOf(`/v1/${verb}`, { headers: page })]).toEqual([verb, 403]);
    expect(await statusOf("/mcp", { headers: page })).toBe(401);
  });

  test("is worth nothing without the page's own key, for another node, or for another page's requests", async () => {
    const { page, cookie } = await signIn();
    expect(await statusOf("/v1/overview", { headers: page })).toBe(200);
    const { "herdmind-page": _, ...without } = page;
    const worse: readonly (readonly [number, Readonly<Record<string, string>>])[] = [
      // What the server of another port sees of it.
      [401, without],
      [401, { ...without, "herdmind-page": newKey() }],
      [401, { ...page, cookie: cookie.replace(/=.*/, `=${newKey()}`) }],
      [401, { ...page, cookie: cookie.replace(/^herdmind-\d+/, "herdmind-1") }],
      [401, { ...page, cookie: "" }],
      [403, { ...page, origin: "https://evil.example" }],
      [403, { ...page, origin: "null" }],
      [403, { ...page, "sec-fetch-site": "same-site" }],
      [403, { ...page, "sec-fetch-site": "cross-site" }],
      [415, { ...page, "content-type": "text/plain" }],
      [415, { ...page, "content-type": "application/x-www-form-urlencoded" }],
    ];
    for (const [status, headers] of worse)
      expect([headers, await statusOf("/v1/overview", { headers })]).toEqual([headers, status]);
    const { origin: __, ...noOrigin } = page;
    expect(await statusOf("/v1/overview", { headers: noOrigin })).toBe(403);
    const other = await serveHttp({ peer: swarm }, { dir: join(folder, "home", "keys") });
    if (!other.ok) throw new Error(other.refusal.message);
    await using _other = other.value;
    const name = cookie.replace(/^herdmind-\d+/, `herdmind-${new URL(other.value.url).port}`);
    expect(
      await statusOf("/v1/overview", { headers: { ...page, cookie: name, origin: other.value.url } }, other.value.url),
    ).toBe(401);
    expect(await statusOf("/v1/overview", { headers: { ...page, cookie: `a=b; ${cookie}; c=d` } })).toBe(200);
  });

  test("is not taken by whoever sees its cookie before the page has asked for anything", async () => {
    const own = newKey();
    const body = JSON.stringify({ code: (await codeNow()).code });
    const answered = await ask("/session", { headers: { ...json, "herdmind-page": own }, body });
    const cookie = String(answered.headers["set-cookie"]).split(";")[0] ?? "";
    const headers = { ...json, origin: url, cookie };
    expect(await statusOf("/v1/overview", { headers: { ...headers, "herdmind-page": newKey() } })).toBe(401);
    expect(await statusOf("/v1/overview", { headers: { ...headers, "herdmind-page": own } })).toBe(200);
  });

  test("carries the live feed, which ends with it", async () => {
    const { page } = await signIn();
    const { "content-type": _, origin: __, ...get } = page;
    const abort = new AbortController();
    const response = await fetch(`${url}/v1/watch`, { headers: get, signal: abort.signal });
    expect(response.status).toBe(200);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toContain('"watching"');
    const { "content-type": ___, ...bare } = page;
    expect(await statusOf("/session/end", { headers: bare, body: "" })).toBe(204);
    for (;;) if ((await reader.read()).done) break;
    expect(await statusOf("/v1/overview", { headers: page })).toBe(401);
  });

  test("ends when the command says so", async () => {
    const both = [await signIn(), await signIn()];
    const asked = await askNode(socketPath(join(folder, "home")), "dashboard", { end: "sessions" });
    expect(asked).toMatchObject({ ok: true, value: { stopped: false } });
    for (const { page } of both) expect(await statusOf("/v1/overview", { headers: page })).toBe(401);
  });
});

describe("the page's files", () => {
  test("are served to anybody, under a policy that lets in nothing else", async () => {
    await using server = await openPage();
    const get = (path: string, more: Asked = {}) => ask(path, { method: "GET", ...more }, server.url);
    const index = await get("/");
    expect([index.status, index.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    const policy = String(index.headers["content-security-policy"]);
    for (const part of ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"])
      expect(policy).toContain(part);
    expect(policy).not.toMatch(/unsafe|\*|http/);
    expect(index.headers).toMatchObject({ "referrer-policy": "no-referrer", "x-content-type-options": "nosniff" });
    expect(index.headers["cache-control"]).toBe("no-cache");
    const script = await get("/index-Ab3_x9-Q.js");
    expect(script.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect(script.headers["content-type"]).toBe("text/javascript; charset=utf-8");
    expect((await get("/", { headers: { "if-none-match": String(index.headers.etag) } })).status).toBe(304);
    const head = await get("/", { method: "HEAD" });
    expect([head.status, head.body, head.headers["content-length"]]).toEqual([200, "", String(index.body.length)]);
    expect((await get("/?x=1")).status).toBe(200);
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"])
      expect([method, (await get("/", { method })).status]).toEqual([method, 405]);
  });

  test("are all there is, whatever a path says", async () => {
    await using server = await openPage();
    const paths = [
      ...["/../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/%2e%2e%2fsecret.txt", "/..\\secret.txt"],
      ...["/..%5csecret.txt", "/%252e%252e%252fsecret.txt", "/deep/../../secret.txt", "//secret.txt", "/./secret.txt"],
      ...[
        "/index.html",
        "/index.html%00.js",
        "/%00",
        "/%",
        "/%ff",
        "/deep",
        "/deep/",
        "/notes.md",
        "/index",
        "/INDEX.HTML",
      ],
      ...["/constructor", "/__proto__", "/http.json", "/node.log", `/${"a/".repeat(3000)}`],
    ];
    for (const path of paths) {
      const { status, body } = await ask(path, { method: "GET" }, server.url);
      expect([path, status]).toEqual([path, 404]);
      expect(body).not.toContain("outside");
      expect(JSON.parse(body)).toMatchObject({ ok: false, rule: "T4" });
    }
  });
});

describe("T3 whoever wastes the server's time and memory", () => {
  test("a body over the limit is dropped, and answered", async () => {
    const headers = { ...json, authorization: `Bearer ${token}` };
    expect(await statusOf("/v1/status", { headers, body: "x".repeat(5_000_000) })).toBe(413);
    expect(await statusOf("/session", { headers: json, body: JSON.stringify({ code: "x".repeat(2000) }) })).toBe(413);
    expect(await statusOf("/v1/status", { body: "x".repeat(5_000_000) })).toBe(401);
  });

  test("headers that do not end, or are too many, are cut off", async () => {
    const served = await serveHttp({ peer: swarm }, { dir: join(folder, "home", "keys"), headersMs: 200 });
    if (!served.ok) throw new Error(served.refusal.message);
    await using server = served.value;
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    const closed = new Promise<string>((resolve) => {
      let heard = "";
      socket.setEncoding("utf8").on("data", (part: string) => {
        heard += part;
      });
      socket.on("close", () => resolve(heard));
    });
    socket.on("error", () => undefined);
    socket.write("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ");
    expect(await closed).toMatch(/^(HTTP\/1.1 408 |$)/);
    expect(await say(`GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 431 /,
    );
  });

  test("whoever is turned away keeps no node awake", async () => {
    const served = await serveHttp({ peer: swarm }, { dir: join(folder, "home", "keys") });
    if (!served.ok) throw new Error(served.refusal.message);
    await using server = served.value;
    await expect.poll(() => server.idleMs()).toBeGreaterThan(100);
    const before = server.idleMs();
    expect(await statusOf("/v1/status", {}, server.url)).toBe(401);
    expect(await statusOf("/", { method: "GET", headers: { origin: "https://evil.example" } }, server.url)).toBe(403);
    expect(server.idleMs()).toBeGreaterThan(before);
  });

  test("T4 two readings of one request are none: lengths that differ, folded and broken headers", async () => {
    const post = (...headers: readonly string[]): string =>
      ["POST /v1/status HTTP/1.1", "Host: 127.0.0.1", ...headers, "", "0", "", "GET /v1/watch HTTP/1.1", "", ""].join(
        "\r\n",
      );
    for (const bytes of [
      post("Content-Length: 4", "Transfer-Encoding: chunked"),
      post("Content-Length: 4", "Content-Length: 5"),
      post("Content-Length: 4,5"),
      post("Content-Length: -1"),
      post("Content-Length: +4"),
      post("Transfer-Encoding: identity, chunked, x"),
      post("Transfer-Encoding : chunked"),
      post("X: a", " Content-Length: 4"),
      "GET /v1/watch HTTP/1.1\nHost: 127.0.0.1\n\n",
      "GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
      "\0\0\0\0\r\n\r\n",
    ]) {
      const heard = await say(bytes);
      expect([bytes, heard.match(/HTTP\/1\.1 \d+/g)?.map((line) => line.slice(9)) ?? []]).toEqual([
        bytes,
        expect.toSatisfy((all: readonly string[]) => all.every((status) => ["400", "401", "403"].includes(status))),
      ]);
    }
  });

  // Last: it locks sign-in for half a minute.
  test("T2 codes are not to be guessed: after ten wrong ones sign-in is locked, and the right one is void", async () => {
    const { code } = await codeNow();
    const { page } = await signIn();
    const keyed = { ...json, "herdmind-page": newKey() };
    const guess = (i: number) => statusOf("/session", { headers: keyed, body: JSON.stringify({ code: `000${i}` }) });
    let wrong = 0;
    while ((await guess(wrong)) === 401) wrong += 1;
    expect(wrong).toBeLessThanOrEqual(10);
    const locked = await ask("/session", { headers: keyed, body: JSON.stringify({ code }) });
    expect([locked.status, Number(locked.headers["retry-after"])]).toEqual([429, expect.any(Number)]);
    expect(await web.invitePage()).toMatchObject({ ok: false, refusal: { rule: "T3" } });
    // Whoever is signed in goes on.
    expect(await statusOf("/v1/overview", { headers: page })).toBe(200);
  });
});
