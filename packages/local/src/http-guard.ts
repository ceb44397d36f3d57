/**
 * Who may ask a node over TCP. Every user of a machine can reach its loopback, and every page that a browser shows can send requests
 * there, so each request is asked for:
 *
 * - a `Host` that this server goes by: a name that a page's owner lets point here (DNS rebinding) is refused;
 * - no `Origin`, or this server's own: pages of others are refused even with the token;
 * - what its route needs: the token of programs, or the session of a page.
 */
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { PAGE_HEADER } from "@herdmind/dashboard";
import { httpFile } from "./http-file.js";
import type { Needs } from "./http-routes.js";
import type { PageSession, PageSessions } from "./page-sessions.js";
import { isSame } from "./same-secret.js";

export interface GuardOptions {
  readonly dir: string;
  readonly token: string;
  readonly host: string;
  readonly names: readonly string[];
  readonly sessions: PageSessions;
}

export interface Denied {
  readonly ok: false;
  readonly status: 401 | 403 | 415;
  readonly message: string;
}

/** `session`: it is a page that asks. */
export interface Welcome {
  readonly ok: true;
  readonly session: PageSession | undefined;
}

export interface Guard {
  /** Whether `Host` and `Origin` may ask anything at all. `fromFile`: a page that was opened as a file may, too. */
  readonly checkPlace: (request: IncomingMessage, fromFile: boolean) => Denied | undefined;
  readonly checkNeeds: (request: IncomingMessage, needs: Needs) => Denied | Welcome;
}

/** Host of a `Host` header without its port; brackets of IPv6 stay. */
const hostOf = (header: string): string => header.replace(/:\d{1,5}$/, "").toLowerCase();

/** As it stands in a URL. */
export const urlHost = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host).toLowerCase();

/** Browsers send a cookie to every port of a host: each node has one of its own. */
export const cookieName = (port: number | undefined): string => `herdmind-${port}`;

const cookieOf = ({ headers: { cookie = "" }, socket: { localPort } }: IncomingMessage): string | undefined => {
  const name = `${cookieName(localPort)}=`;
  for (const part of cookie.split(";")) {
    const one = part.trim();
    if (one.startsWith(name)) return one.slice(name.length);
  }
  return undefined;
};

/** The address that a request came to, as a name: no page's owner can let another name point to it. */
const ownAddress = ({ socket: { localAddress } }: IncomingMessage): string | undefined =>
  localAddress === undefined ? undefined : urlHost(localAddress.replace(/^::ffff:/, ""));

const denied = (status: Denied["status"], message: string): Denied => ({ ok: false, status, message });

export const createGuard = ({ dir, token, host, names, sessions }: GuardOptions): Guard => {
  const known = new Set(["localhost", "127.0.0.1", "[::1]", urlHost(host), ...names.map((name) => name.toLowerCase())]);

  const pageOf = (request: IncomingMessage): Denied | Welcome | undefined => {
    const cookie = cookieOf(request);
    if (cookie === undefined) return undefined;
    const { method, headers } = request;
    const key = headers[PAGE_HEADER];
    const session = typeof key === "string" ? sessions.find(cookie, key) : undefined;
    if (session === undefined) return undefined;
    // The host's other ports are the same site, but not the same origin; a browser says so.
    const site = headers["sec-fetch-site"];
    if (site !== undefined && site !== "same-origin") return denied(403, "Pages of others may not ask this node.");
    if (method === "POST" && headers.origin === undefined) return denied(403, "A page says its Origin.");
    const hasBody = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
    if (hasBody && !/^application\/json\s*(?:;|$)/i.test(headers["content-type"] ?? ""))
      return denied(415, "A page asks with application/json.");
    return { ok: true, session };
  };

  return {
    checkPlace(request, fromFile) {
      const { host: asked, origin } = request.headers;
      if (asked === undefined || !(known.has(hostOf(asked)) || hostOf(asked) === ownAddress(request))) {
        const name = (asked ?? "none").slice(0, 200);
        return denied(403, `This node does not go by the name ${name}. Ask 127.0.0.1, or start it with that name.`);
      }
      const isOwn = origin === undefined || origin === `http://${asked}` || origin === `https://${asked}`;
      return isOwn || (fromFile && origin === "null")
        ? undefined
        : denied(403, `Pages of ${origin.slice(0, 200)} may not ask this node.`);
    },
    checkNeeds(request, needs) {
      const { authorization = "" } = request.headers;
      if (needs === "nothing") return { ok: true, session: undefined };
      if (authorization.startsWith("Bearer ") && isSame(authorization.slice(7), token))
        return { ok: true, session: undefined };
      const page = needs === "session" && authorization === "" ? pageOf(request) : undefined;
      return (
        page ??
        denied(
          401,
          needs === "session"
            ? `Sign in with "herdmind dashboard", or send "Authorization: Bearer TOKEN"; the token stands in ${httpFile(dir)}.`
            : `The token is missing or wrong: send "Authorization: Bearer TOKEN"; it stands in ${httpFile(dir)}.`,
        )
      );
    },
  };
};
