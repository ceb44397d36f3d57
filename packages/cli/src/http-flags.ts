/** What the flags of `up` and `join` say of HTTP. */
import type { WebOptions } from "@herdmind/local";
import type { Output } from "./output.js";

export interface HttpFlags {
  /** `--http`, `--http PORT`, `--no-http`; nothing: as it was last. */
  readonly http?: number | boolean;
  readonly httpHost?: string;
  readonly httpName?: readonly string[];
}

const LOOPBACK: readonly string[] = ["localhost", "::1"];
const isLoopback = (host: string): boolean => LOOPBACK.includes(host) || /^127\.\d+\.\d+\.\d+$/.test(host);

export const httpOf = ({ http, httpHost: host, httpName: names }: HttpFlags): Omit<WebOptions, "dir"> => ({
  place: {
    ...(typeof http === "number" ? { port: http } : {}),
    ...(host === undefined ? {} : { host }),
    ...(names === undefined ? {} : { names }),
  },
  ...(http === undefined && host === undefined ? {} : { isKept: http !== false }),
});

/** What another host than the loopback means. */
export const warnOfHost = ({ warn }: Output, url: string, host: string): void => {
  if (isLoopback(host)) return;
  warn(
    `${url} is open to the network and not encrypted: whoever sees its traffic can take the token and the sessions. Put a proxy with TLS before it (--http-name is its name), or leave --http-host out.`,
  );
};
