/** `http.json` of a data directory: where the node serves HTTP, and the token of programs; readable by its user only. */
import { randomBytes } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isPort } from "./address.js";

const TOKEN_BYTES = 32;

/** Where HTTP is served. */
export interface HttpPlace {
  readonly host: string;
  readonly port: number;
  /** Further names that it goes by. */
  readonly names: readonly string[];
}

export interface HttpSaved {
  /** As it was served last, or is served now. */
  readonly place: HttpPlace | undefined;
  /** It is to be served whenever the node is up, not only when somebody asks for it. */
  readonly isKept: boolean;
  readonly token: string | undefined;
}

/** Where a node writes `{ format, url, token }` for clients that come over TCP; readable by its user only. */
export const httpFile = (dir: string): string => join(dir, "http.json");

export const readHttp = async (dir: string): Promise<HttpSaved> => {
  try {
    const { token, place, isKept } = JSON.parse(await readFile(httpFile(dir), "utf8")) as {
      readonly [name: string]: unknown;
    };
    const { host, port, names } = (place ?? {}) as { readonly [name: string]: unknown };
    return {
      place:
        typeof host === "string" && isPort(port) && Array.isArray(names)
          ? { host, port, names: names.filter((name): name is string => typeof name === "string") }
          : undefined,
      isKept: isKept === true,
      token: typeof token === "string" && token.length >= TOKEN_BYTES ? token : undefined,
    };
  } catch {
    return { place: undefined, isKept: false, token: undefined };
  }
};

/** The token stays the same over restarts, so that clients need not be set up again. */
export const tokenIn = async (dir: string): Promise<string> =>
  (await readHttp(dir)).token ?? randomBytes(TOKEN_BYTES).toString("base64url");

export const saveHttp = async (
  dir: string,
  saved: {
    /** `undefined`: it is not served now. */
    readonly url: string | undefined;
    readonly token: string;
    readonly place: HttpPlace | undefined;
    readonly isKept: boolean;
  },
): Promise<void> => {
  const temporary = `${httpFile(dir)}.${randomBytes(6).toString("hex")}`;
  await writeFile(temporary, `${JSON.stringify({ format: 1, ...saved }, null, 2)}\n`, { mode: 0o600 });
  await rename(temporary, httpFile(dir));
};
