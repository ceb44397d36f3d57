/**
 * Source of the HTTP client that the network tasks carry in their directory (`client.mjs`). Its behaviour is set by
 * environment variables that mean the same in every task, so that a remedy can set one without knowing who reads it:
 * HTTP_TIMEOUT_MS, HTTP_MAX_REDIRECTS, HTTP_DECODE, HTTP_KEEP_ALIVE, HTTP_HEADERS (JSON). Host names come from
 * `hosts.json` beside it, as they would from a service registry; the order of addresses is Node's own setting.
 */
export const webClientSource = `import { getDefaultResultOrder } from "node:dns";
import { readFileSync } from "node:fs";

const settings = process.env;
const hosts = JSON.parse(readFileSync(new URL("./hosts.json", import.meta.url), "utf8"));
const lookup = (name, options, done) => {
  const addresses = (hosts[name] ?? []).map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  if (getDefaultResultOrder() === "ipv4first") addresses.sort((a, b) => a.family - b.family);
  if (addresses.length === 0) done(Object.assign(new Error("unknown host " + name), { code: "ENOTFOUND" }));
  else if (options.all) done(null, addresses);
  else done(null, addresses[0].address, addresses[0].family);
};
const agents = new Map();

const exchange = async (method, url, headers, body) => {
  const { Agent, request } = await import(url.protocol === "https:" ? "node:https" : "node:http");
  if (!agents.has(Agent)) agents.set(Agent, new Agent({ keepAlive: settings.HTTP_KEEP_ALIVE !== "0", maxSockets: 1 }));
  const timeout = Number(settings.HTTP_TIMEOUT_MS ?? 20000);
  return await new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, lookup, agent: agents.get(Agent), autoSelectFamily: false }, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        clearTimeout(timer);
        resolve({ status: answer.statusCode, reason: answer.statusMessage, headers: answer.headers, bytes: Buffer.concat(chunks) });
      });
    });
    const timer = setTimeout(() => {
      asked.destroy(Object.assign(new Error(\`\${method} \${url} timed out after \${timeout} ms\`), { code: "ETIMEDOUT" }));
    }, timeout);
    asked.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    asked.end(body);
  });
};

export const close = () => {
  for (const agent of agents.values()) agent.destroy();
};

export const call = async (method, address, { headers = {}, body } = {}) => {
  let url = new URL(address);
  let answer;
  for (let hops = Number(settings.HTTP_MAX_REDIRECTS ?? 0); ; hops--) {
    answer = await exchange(method, url, { ...headers, ...JSON.parse(settings.HTTP_HEADERS ?? "{}") }, body);
    if (hops <= 0 || answer.status < 300 || answer.status > 399) break;
    url = new URL(answer.headers.location, url);
  }
  let bytes = answer.bytes;
  if (settings.HTTP_DECODE === "1" && answer.headers["content-encoding"] === "gzip") {
    bytes = (await import("node:zlib")).gunzipSync(bytes);
  }
  const text = bytes.toString("utf8");
  if (answer.status >= 200 && answer.status < 300) return text;
  const { "retry-after": wait, "retry-after-ms": waitMs } = answer.headers;
  throw Object.assign(new Error(\`\${method} \${url} answered HTTP \${answer.status} \${answer.reason}\`), {
    status: answer.status,
    ...(wait === undefined ? {} : { headers: { "retry-after": wait, "retry-after-ms": waitMs } }),
    body: text,
  });
};
`;
