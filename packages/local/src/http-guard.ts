/**
 * Who may ask a node over TCP. Every user of a machine can reach its loopback, and every page that a browser shows can send requests
 * there, so each request is asked for:
 *
 * - a `Host` that this server goes by: a name that a page's owner lets point here (DNS rebinding) is refused;
 * - no `Origin`, or this server's own: pages of others are refused even with the token;
 * - what its route needs.
 */
import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { httpFile } from "./http-file.js";
import type { Needs } from "./http-routes.js";

export interface GuardOptions {
  readonly dir: string;
  readonly token: string;
  readonly host: string;
  readonly names: readonly string[];
}

export interface Denied {
  readonly status: 401 | 403;
  readonly message: string;
}

export interface Guard {
  /** Whether `Host` and `Origin` may ask anything at all. */
  readonly checkPlace: (request: IncomingMessage) => Denied | undefined;
  readonly checkNeeds: (request: IncomingMessage, needs: Needs) => Denied | undefined;
}

/** Host of a `Host` header without its port; brackets of IPv6 stay. */
const hostOf = (header: string): string => header.replace(/:\d{1,5}$/, "").toLowerCase();

/** As it stands in a URL. */
export const urlHost = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host).toLowerCase();

const isSame = (given: string, token: string): boolean => {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
};

export const createGuard = ({ dir, token, host, names }: GuardOptions): Guard => {
  const known = new Set(["localhost", "127.0.0.1", "[::1]", urlHost(host), ...names.map((name) => name.toLowerCase())]);
  return {
    checkPlace({ headers: { host: asked, origin } }) {
      if (asked === undefined || !known.has(hostOf(asked))) {
        const message = `This node does not go by the name ${asked ?? "none"}. Ask 127.0.0.1, or start it with that name.`;
        return { status: 403, message };
      }
      if (origin !== undefined && origin !== `http://${asked}` && origin !== `https://${asked}`)
        return { status: 403, message: `Pages of ${origin} may not ask this node.` };
      return undefined;
    },
    checkNeeds({ headers: { authorization = "" } }, needs) {
      if (needs === "nothing") return undefined;
      if (authorization.startsWith("Bearer ") && isSame(authorization.slice(7), token)) return undefined;
      const message = `The token is missing or wrong: send "Authorization: Bearer TOKEN"; it stands in ${httpFile(dir)}.`;
      return { status: 401, message };
    },
  };
};
