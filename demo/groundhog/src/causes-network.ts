/** Causes that lie between a client and a server. Servers listen on 127.0.0.1 at ports that the system chooses. */
import type { IncomingMessage, RequestListener } from "node:http";
import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { type Cause, NODE, type Setup, source } from "./cause.js";
import type { Names } from "./names.js";
import { createSelfSigned } from "./self-signed.js";
import type { Site } from "./site.js";
import { webClientSource } from "./web-client.js";

interface WebTask {
  readonly tool: string;
  readonly item: string;
  readonly folder: string;
  readonly host: string;
  readonly path: string;
  readonly proof: string;
}

const webTask = (names: Names): WebTask => ({
  tool: names.tool(),
  item: names.thing(),
  folder: names.folder(),
  host: names.host(),
  path: `/${names.random.pick(["api", "v1", "v2", "rest"])}/${names.thing()}/${names.int(1, 99_999)}`,
  proof: names.hex(12),
});

/** Writes client, hosts and a program of these lines, which see `call`, `close`, `base` and `path`. */
const webProgram = async (
  site: Site,
  task: WebTask,
  port: number,
  lines: readonly string[],
  options: { readonly scheme?: string; readonly host?: string; readonly addresses?: readonly string[] } = {},
): Promise<Pick<Setup, "command" | "proof">> => {
  const { scheme = "http", host = task.host, addresses = ["127.0.0.1"] } = options;
  await site.write(`${task.folder}/client.mjs`, webClientSource);
  await site.write(`${task.folder}/hosts.json`, JSON.stringify({ [host]: addresses }));
  const main = await site.write(
    `${task.folder}/${task.tool}.mjs`,
    source(
      `import { readFileSync } from "node:fs";`,
      `import { call, close } from "./client.mjs";`,
      `const [base, path] = process.argv.slice(2);`,
      `console.log("${task.tool}: fetching", path, "from", base);`,
      ...lines,
      `close();`,
    ),
  );
  return { command: [NODE, main, `${scheme}://${host}:${port}`, task.path], proof: task.proof };
};

const getJson = (task: WebTask): readonly string[] => [
  `const ${task.item} = JSON.parse(await call("GET", base + path));`,
  `console.log(${task.item}.${task.item});`,
];
const jsonBody = (task: WebTask): string => JSON.stringify({ [task.item]: task.proof });
const answerJson =
  (task: WebTask): RequestListener =>
  (_request, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(jsonBody(task));
  };

const portInUse: Cause = {
  name: "port-in-use",
  symptom: /EADDRINUSE: address already in use/,
  invent: (names) => {
    const task = webTask(names);
    const program = source(
      `import { createServer } from "node:http";`,
      `const ${task.item} = createServer();`,
      `${task.item}.listen(Number(process.env.PORT), "127.0.0.1", () => {`,
      `  console.log("${task.proof}");`,
      `  ${task.item}.close();`,
      `});`,
    );
    return async (site) => {
      const port = await site.serve(answerJson(task));
      const main = await site.write(`${task.folder}/${task.tool}.mjs`, program);
      return { command: [NODE, main], env: { PORT: String(port) }, proof: task.proof };
    };
  },
};

const selfSignedCertificate: Cause = {
  name: "self-signed-certificate",
  symptom: /DEPTH_ZERO_SELF_SIGNED_CERT/,
  invent: (names) => {
    const task = webTask(names);
    return async (site) => {
      const tls = createSelfSigned(task.host);
      const port = await site.serve(answerJson(task), tls);
      await site.write(`certs/${task.host}.pem`, tls.cert);
      return await webProgram(site, task, port, getJson(task), { scheme: "https" });
    };
  },
};

const gzipBody: Cause = {
  name: "gzip-body",
  symptom: /SyntaxError: Unexpected token '\\x1f'/,
  invent: (names) => {
    const task = webTask(names);
    return async (site) => {
      const port = await site.serve((_request, response) => {
        response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(jsonBody(task)));
      });
      return await webProgram(site, task, port, getJson(task));
    };
  },
};

const rateLimit: Cause = {
  name: "rate-limit",
  symptom: /HTTP 429 Too Many Requests/,
  invent: (names) => {
    const task = webTask(names);
    const waitMs = names.int(60, 120);
    return async (site) => {
      // The quota is spent when the client first asks; asking again too early starts the wait anew.
      let freeAt = Number.POSITIVE_INFINITY;
      const port = await site.serve((_request, response) => {
        if (performance.now() >= freeAt) {
          response.end(jsonBody(task));
          return;
        }
        freeAt = performance.now() + waitMs;
        response.writeHead(429, { "retry-after": "1", "retry-after-ms": String(waitMs) }).end("slow down");
      });
      return await webProgram(site, task, port, getJson(task));
    };
  },
};

const slowServer: Cause = {
  name: "slow-server",
  symptom: /timed out after \d+ ms/,
  invent: (names) => {
    const task = webTask(names);
    const patienceMs = names.int(40, 70);
    const answerMs = names.int(140, 180);
    return async (site) => {
      const port = await site.serve((_request, response) => {
        setTimeout(() => response.end(jsonBody(task)), answerMs);
      });
      const program = await webProgram(site, task, port, getJson(task));
      return { ...program, env: { HTTP_TIMEOUT_MS: String(patienceMs) } };
    };
  },
};

const ipv6Localhost: Cause = {
  name: "ipv6-localhost",
  // A machine without IPv6 says the second.
  symptom: /ECONNREFUSED ::1|EADDRNOTAVAIL|EAFNOSUPPORT/,
  invent: (names) => {
    const task = webTask(names);
    return async (site) => {
      const port = await site.serve(answerJson(task));
      const addresses = ["::1", "127.0.0.1"];
      return await webProgram(site, task, port, getJson(task), { host: "localhost", addresses });
    };
  },
};

const redirect: Cause = {
  name: "redirect",
  symptom: /HTTP 302 Found/,
  invent: (names) => {
    const task = webTask(names);
    const moved = `/${names.thing()}/${names.hex(8)}`;
    return async (site) => {
      const port = await site.serve((request, response) => {
        if (request.url === moved) response.end(jsonBody(task));
        else response.writeHead(302, { location: moved }).end();
      });
      return await webProgram(site, task, port, getJson(task));
    };
  },
};

const missingContentType: Cause = {
  name: "missing-content-type",
  symptom: /HTTP 415 Unsupported Media Type/,
  invent: (names) => {
    const task = webTask(names);
    const lines = [
      `const ${task.item} = await call("POST", base + path, { body: JSON.stringify({ id: ${names.int(1, 9_999)} }) });`,
      `console.log(${task.item});`,
    ];
    return async (site) => {
      const port = await site.serve((request, response) => {
        const fits = request.headers["content-type"]?.startsWith("application/json") ?? false;
        response.statusCode = fits ? 200 : 415;
        request.resume().on("end", () => response.end(fits ? jsonBody(task) : ""));
      });
      return await webProgram(site, task, port, lines);
    };
  },
};

const headerOverflow: Cause = {
  name: "header-overflow",
  symptom: /HPE_HEADER_OVERFLOW/,
  invent: (names) => {
    const task = webTask(names);
    // Node's bound is 16 KB.
    const cookie = `${names.thing()}=${names.hex(names.int(18_000, 24_000))}`;
    return async (site) => {
      const port = await site.serve((_request, response) => {
        response.writeHead(200, { "set-cookie": cookie }).end(jsonBody(task));
      });
      return await webProgram(site, task, port, getJson(task));
    };
  },
};

const expiredToken: Cause = {
  name: "expired-token",
  symptom: /HTTP 401 Unauthorized/,
  invent: (names) => {
    const task = webTask(names);
    const [expired, fresh, renewal] = [names.hex(24), names.hex(24), names.hex(24)];
    const lines = [
      `const { accessToken } = JSON.parse(readFileSync(new URL("../credentials.json", import.meta.url), "utf8"));`,
      `const headers = { authorization: "Bearer " + accessToken };`,
      `const ${task.item} = await call("GET", base + path, { headers });`,
      `console.log(${task.item});`,
    ];
    return async (site) => {
      const port = await site.serve(async (request, response) => {
        if (request.url === "/token" && (await bodyOf(request)).includes(renewal)) {
          response.end(JSON.stringify({ accessToken: fresh }));
        } else if (request.headers.authorization === `Bearer ${fresh}`) response.end(jsonBody(task));
        else response.writeHead(401).end("token expired");
      });
      const credentials = { accessToken: expired, refreshUrl: `http://127.0.0.1:${port}/token`, refreshToken: renewal };
      await site.write("credentials.json", JSON.stringify(credentials));
      return await webProgram(site, task, port, lines);
    };
  },
};

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  return body;
};

const droppedConnection: Cause = {
  name: "dropped-connection",
  symptom: /ECONNRESET/,
  invent: (names) => {
    const task = webTask(names);
    const lines = [
      `await call("GET", base + "/${names.thing()}");`,
      `const ${task.item} = await call("GET", base + path);`,
      `console.log(${task.item});`,
    ];
    return async (site) => {
      // As a proxy does that has forgotten an idle connection: whatever comes second on it is answered by a reset.
      const used = new WeakSet<Socket>();
      const port = await site.serve((request, response) => {
        if (used.has(request.socket)) {
          request.socket.resetAndDestroy();
          return;
        }
        used.add(request.socket);
        response.end(jsonBody(task));
      });
      return await webProgram(site, task, port, lines);
    };
  },
};

export const networkCauses: readonly Cause[] = [
  portInUse,
  selfSignedCertificate,
  gzipBody,
  rateLimit,
  slowServer,
  ipv6Localhost,
  redirect,
  missingContentType,
  headerOverflow,
  expiredToken,
  droppedConnection,
];
