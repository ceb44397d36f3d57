/** Speaks to the node that holds a data directory, if one does. */
import { type IncomingMessage, request } from "node:http";
import { createInterface } from "node:readline";
import type { JsonObject } from "@herdmind/protocol";
import type { Refused, StreamName, VerbAnswer, VerbName } from "./answers.js";
import type { FeedEvent } from "./feed.js";
import { socketFolderProblem } from "./home.js";
import { traceHeaders } from "./trace-headers.js";

/** Nobody listens there: no file, or one that a killed node left. ECONNRESET: it was closing. */
const isAbsent = (error: unknown): boolean =>
  ["ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE", "ENOTSOCK"].includes((error as NodeJS.ErrnoException).code ?? "");

const readAnswer = (text: string, socketPath: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`what listens at ${socketPath} is no node of herdmind`);
  }
};

/** Asks the node; `undefined` when none listens there. Rejects when `signal` aborts, or the socket may not be opened. */
export const askNode = async <Name extends VerbName>(
  socketPath: string,
  verb: Name,
  input: JsonObject,
  signal?: AbortSignal,
): Promise<VerbAnswer<Name> | undefined> => {
  const problem = await socketFolderProblem(socketPath, false);
  if (problem !== undefined) return { ok: false, rule: "S4", message: problem };
  const trace = await traceHeaders();
  return new Promise((resolve, reject) => {
    const body = Buffer.from(JSON.stringify(input));
    let accepted = false;
    const call = request({
      socketPath,
      path: `/v1/${verb}`,
      method: "POST",
      headers: { ...trace, "content-type": "application/json", "content-length": body.length },
      ...(signal === undefined ? {} : { signal }),
    });
    // Once bytes were sent the node may have acted on them: asking elsewhere could do it twice.
    call.on("socket", (socket) => {
      // A connection that was used before is there already.
      if (!socket.connecting) accepted = true;
      else socket.once("connect", () => (accepted = true));
    });
    call.on("response", (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        try {
          resolve(readAnswer(Buffer.concat(parts).toString("utf8"), socketPath) as VerbAnswer<Name>);
        } catch (error) {
          reject(error);
        }
      });
    });
    call.on("error", (error) => {
      if (!accepted && isAbsent(error)) resolve(undefined);
      else reject(accepted && isAbsent(error) ? new Error("the node ended before it answered") : error);
    });
    call.end(body);
  });
};

/**
 * Asks for a stream: its lines as they come, no faster than they are taken; `undefined` when no node listens there. Throws where the
 * node ends before the stream does.
 */
export const streamNode = async (
  socketPath: string,
  name: StreamName,
  input: JsonObject,
  signal?: AbortSignal,
): Promise<{ readonly ok: true; readonly lines: AsyncIterable<JsonObject> } | Refused | undefined> => {
  const problem = await socketFolderProblem(socketPath, false);
  if (problem !== undefined) return { ok: false, rule: "S4", message: problem };
  const trace = await traceHeaders();
  return new Promise((resolve, reject) => {
    const body = Buffer.from(JSON.stringify(input));
    const call = request({
      socketPath,
      path: `/v1/${name}`,
      method: "POST",
      headers: { ...trace, "content-type": "application/json", "content-length": body.length },
      ...(signal === undefined ? {} : { signal }),
    });
    call.on("response", (response) => {
      if (response.statusCode === 200) resolve({ ok: true, lines: linesOf(response) });
      else
        readWhole(response)
          .then((text) => resolve(readAnswer(text, socketPath) as Refused))
          .catch(reject);
    });
    // Nothing was changed by asking, so it can be asked elsewhere.
    call.on("error", (error) => (isAbsent(error) ? resolve(undefined) : reject(error)));
    call.end(body);
  });
};

const readWhole = async (response: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of response as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
};

const linesOf = async function* (response: IncomingMessage): AsyncIterable<JsonObject> {
  let rest = "";
  response.setEncoding("utf8");
  for await (const part of response as unknown as AsyncIterable<string>) {
    const lines = (rest + part).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line) as JsonObject;
  }
};

/** Follows the node's feed until `signal` aborts or the node ends; `absent` when no node listens there. */
export const watchNode = async (
  socketPath: string,
  line: (event: FeedEvent) => void,
  signal: AbortSignal,
): Promise<"ended" | "absent"> => {
  const problem = await socketFolderProblem(socketPath, false);
  if (problem !== undefined) throw new Error(problem);
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path: "/v1/watch", signal }, (response) => {
      const texts = createInterface({ input: response });
      texts.on("line", (text) => {
        try {
          line(JSON.parse(text) as FeedEvent);
        } catch (error) {
          reject(error);
          call.destroy();
        }
      });
      // A node that is killed cuts the feed: both report it, and neither is a fault of this command.
      response.on("error", () => resolve("ended"));
      texts.on("error", () => resolve("ended"));
      texts.on("close", () => resolve("ended"));
    });
    call.on("error", (error) => {
      if (signal.aborted) resolve("ended");
      else if (isAbsent(error)) resolve("absent");
      else reject(error);
    });
    call.end();
  });
};
