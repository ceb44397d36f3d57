/** Reading what was piped in, and files with the output of tools. Bounded, because both may be of any size. */

import { createReadStream } from "node:fs";
import { MAX_REQUEST_BYTES } from "@herdmind/local/client";
import type { JsonObject } from "@herdmind/protocol";
import { createExcerpt } from "@herdmind/shell";
import { type Failure, refusedBy, wrongUsage } from "./exit-codes.js";
import type { Io } from "./io.js";

/** The beginning and the end of a file, or of standard input for `-`. */
export const readOutput = async ({ stdin }: Io, path: string): Promise<string | Failure> => {
  const excerpt = createExcerpt();
  try {
    for await (const part of (path === "-" ? stdin : createReadStream(path)) as AsyncIterable<Buffer>)
      excerpt.add(part);
  } catch (error) {
    return wrongUsage(
      `The output in ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
  return new TextDecoder().decode(excerpt.bytes());
};

const readAll = async ({ stdin }: Io): Promise<string | Failure> => {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of stdin as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MAX_REQUEST_BYTES) {
      return refusedBy(
        "L7",
        `Standard input has more than ${MAX_REQUEST_BYTES} bytes, and no record may have as many. Shorten its texts.`,
      );
    }
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
};

export const readJsonInput = async (io: Io): Promise<JsonObject | Failure> => {
  const text = await readAll(io);
  return typeof text === "string" ? parseObject("Standard input", text) : text;
};

export const readTextInput = async (io: Io): Promise<string | Failure> => {
  const text = await readAll(io);
  return typeof text === "string" ? text.trim() : text;
};

/** A text that must be a JSON object; `what` names it in the failure. */
export const parseObject = (what: string, text: string): JsonObject | Failure => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return wrongUsage(`${what} is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  return wrongUsage(`${what} is JSON, but not an object: {...}.`);
};

export const isFailure = (value: unknown): value is Failure =>
  typeof value === "object" &&
  value !== null &&
  "ok" in value &&
  value.ok === false &&
  "code" in value &&
  "rule" in value;
