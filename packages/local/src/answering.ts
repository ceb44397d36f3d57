/**
 * What a node answers to HTTP requests, whichever server they came through: `POST /v1/<verb>` with a JSON object, `GET /v1/watch` for
 * one JSON object a line until it is closed, `GET /v1/openapi.json` for what can be asked.
 */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { JsonObject } from "@herdmind/protocol";
import type { Peer } from "herdmind";
import { streamNames } from "./answers.js";
import type { ClientClaims } from "./client-claims.js";
import { feed } from "./feed.js";
import { MAX_REQUEST_BYTES } from "./local-limits.js";
import type { NameLeases } from "./name-leases.js";
import type { ObservedNode } from "./observe-node.js";
import { openApi } from "./openapi.js";
import { isStream, runStream } from "./streams.js";
import { isVerb, runVerb, verbNames } from "./verbs.js";
import type { Web } from "./web.js";

/** Bytes of events that wait for a slow watcher before it misses some: it must not fill the node's memory. */
const MAX_WAITING_BYTES = 1024 * 1024;

export interface Served {
  readonly peer: Peer;
  readonly addresses?: readonly string[];
  /** What clients hold, where several servers serve one node; default: each server has its own. */
  readonly claims?: ClientClaims;
  /** The names that they have; default, the same. */
  readonly leases?: NameLeases;
  /** What is served at /metrics, and whose traces requests belong to; default: nothing, and nobody's. */
  readonly observed?: ObservedNode;
}

/** `web`: only where whoever asks is this user. */
type Answering = Served & { readonly web?: Web } & { readonly claims: ClientClaims; readonly leases: NameLeases };

/** Whether a request is there to hold something, and asks for nothing: it is no use of the node. */
export const isHolding = ({ url }: IncomingMessage): boolean => url === "/v1/lease";

const sendJson = (response: ServerResponse, status: number, body: unknown): Promise<void> =>
  new Promise((resolve) => {
    // Whoever has gone says so once: asked later, it would be waited for for ever.
    if (response.destroyed) return resolve();
    response.once("close", resolve);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  });

export const send = (response: ServerResponse, status: number, rule: string, message: string): Promise<void> =>
  sendJson(response, status, { ok: false, rule, message });

export const answer = async (
  { peer, addresses, claims, leases, web }: Answering,
  ending: AbortSignal,
  request: IncomingMessage,
  response: ServerResponse,
  /** What may be asked; default: everything. */
  allowed?: ReadonlySet<string>,
): Promise<void> => {
  const [, version, name = ""] = (request.url ?? "").split("/");
  if (allowed !== undefined && !allowed.has(name)) {
    request.resume();
    return send(response, 403, "T2", `A page may not ask "${name.slice(0, 100)}": use the command or the API.`);
  }
  if (version !== "v1") return send(response, 404, "T4", "This node speaks /v1/. Update the older one of the two.");
  if (request.method === "GET" && name === "watch") return watch(peer, ending, response);
  if (request.method === "GET" && name === "openapi.json") return sendJson(response, 200, openApi());
  if (request.method !== "POST" || !(isVerb(name) || isStream(name))) {
    const known = [...verbNames, ...streamNames].join(", ");
    return send(response, 404, "T4", `There is no verb "${name}": POST one of ${known}, or GET watch.`);
  }
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const body = await readBody(request);
  if (typeof body === "number") {
    return send(
      response,
      413,
      "L7",
      `The request has more than ${MAX_REQUEST_BYTES} bytes, and no record may have as many. Shorten its texts.`,
    );
  }
  const input = readObject(body);
  if (input === undefined) return send(response, 400, "R1", "The request is not a JSON object.");
  const signal = AbortSignal.any([ending, gone.signal]);
  const context = {
    peer,
    claims,
    leases,
    signal,
    ...(addresses === undefined ? {} : { addresses }),
    ...(web === undefined ? {} : { web }),
  };
  if (isStream(name)) {
    const stream = runStream(context, name, input);
    return stream.ok ? sendLines(response, stream.lines, signal) : sendJson(response, 422, stream);
  }
  const result = await runVerb(context, name, input);
  return sendJson(response, result.ok ? 200 : 422, result);
};

/** No faster than they are read: what is streamed may be larger than memory. */
const sendLines = async (
  response: ServerResponse,
  lines: AsyncIterable<JsonObject>,
  signal: AbortSignal,
): Promise<void> => {
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  try {
    for await (const line of lines) {
      if (!response.write(`${JSON.stringify(line)}\n`)) await once(response, "drain", { signal });
    }
    response.end();
  } catch (error) {
    // A stream that is cut has no last line; who reads it sees that.
    response.destroy();
    if (!signal.aborted) throw error;
  }
};

const watch = (peer: Peer, ending: AbortSignal, response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    let missed = 0;
    const write = (event: JsonObject): void => {
      if (response.writableLength > MAX_WAITING_BYTES) {
        missed += 1;
        return;
      }
      if (missed > 0) response.write(`${JSON.stringify({ event: "missed", at: event.at, count: missed })}\n`);
      missed = 0;
      response.write(`${JSON.stringify(event)}\n`);
    };
    const stop = feed(peer, write);
    const end = (): void => {
      stop();
      ending.removeEventListener("abort", end);
      response.end();
      resolve();
    };
    response.once("close", end);
    ending.addEventListener("abort", end);
  });

/** The body, or the number of bytes at which it was too long. */
export const readBody = async (request: IncomingMessage, most = MAX_REQUEST_BYTES): Promise<Buffer | number> => {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    // The rest is read and dropped: a client that is still sending would not hear the answer.
    if (length <= most) parts.push(part);
    else parts.length = 0;
  }
  return length <= most ? Buffer.concat(parts) : length;
};

/** `undefined` for what is no JSON. */
export const readJson = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
};

const readObject = (body: Buffer): JsonObject | undefined => {
  const value = body.length === 0 ? {} : readJson(body);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
};
