/**
 * What is answered at which path of a node's HTTP server, and who may ask. `Host` and `Origin` are checked for all of them
 * (http-guard.ts), so that a route cannot forget to.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { send } from "./answering.js";
import type { PageSession } from "./page-sessions.js";

/** `token`: a program that may read the user's files. `session`: that, or a page that was signed in. `nothing`: holds no data. */
export type Needs = "token" | "session" | "nothing";

export interface HttpCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Of the URL, as it was sent: neither decoded nor normalised. Without the query. */
  readonly path: string;
  /** Of the page that asks; `undefined`: it is a program, or nobody was asked for. */
  readonly session: PageSession | undefined;
  /** Aborts when the server ends, or the page is signed out. */
  readonly ending: AbortSignal;
}

/** `path`: this one. `prefix`: all that begin so. The first route of the list that fits answers. */
export type Route = ({ readonly path: string } | { readonly prefix: string }) & {
  readonly needs: Needs;
  /** What it may be asked with; default: the handler decides. */
  readonly methods?: readonly string[];
  /** Also pages that were opened as a file may ask, whose Origin is `null`. */
  readonly fromFile?: true;
  readonly handle: (call: HttpCall) => Promise<void>;
};

export const routeOf = (routes: readonly Route[], path: string): Route | undefined =>
  routes.find((route) => ("path" in route ? route.path === path : path.startsWith(route.prefix)));

export const pathOf = ({ url = "" }: IncomingMessage): string => url.split("?", 1)[0] ?? "";

export const sendUnknown = ({ response, path }: Pick<HttpCall, "response" | "path">): Promise<void> =>
  send(
    response,
    404,
    "T4",
    `Nothing is served at ${path.slice(0, 200)}. The verbs are at /v1/, described in /v1/openapi.json.`,
  );
