/** `http.json` of a data directory: where the node serves HTTP, and the token of programs; readable by its user only. */
import { randomBytes } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

const TOKEN_BYTES = 32;

/** Where a node writes `{ format, url, token }` for clients that come over TCP; readable by its user only. */
export const httpFile = (dir: string): string => join(dir, "http.json");

/** The token stays the same over restarts, so that clients need not be set up again. */
export const tokenIn = async (dir: string): Promise<string> => {
  try {
    const { token } = JSON.parse(await readFile(httpFile(dir), "utf8")) as { readonly token?: unknown };
    if (typeof token === "string" && token.length >= TOKEN_BYTES) return token;
  } catch {
    // None yet, or not readable: a new one.
  }
  return randomBytes(TOKEN_BYTES).toString("base64url");
};

export const saveHttp = async (dir: string, url: string, token: string): Promise<void> => {
  const temporary = `${httpFile(dir)}.${randomBytes(6).toString("hex")}`;
  await writeFile(temporary, `${JSON.stringify({ format: 1, url, token }, null, 2)}\n`, { mode: 0o600 });
  await rename(temporary, httpFile(dir));
};
