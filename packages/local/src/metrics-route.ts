/** `GET /metrics`: what Prometheus scrapes. It sends the token as `authorization` (see the README). */
import type { IncomingMessage } from "node:http";
import type { Served } from "./answering.js";
import type { Route } from "./http-routes.js";

const METRICS_PATH = "/metrics";

/** A scrape is no use of the node: one every 15 s must not keep a node alive that nobody needs. */
export const isScrape = ({ url = "" }: IncomingMessage): boolean => url.split("?", 1)[0] === METRICS_PATH;

export const metricsRoutes = ({ observed }: Pick<Served, "observed">): readonly Route[] =>
  observed === undefined
    ? []
    : [
        {
          path: METRICS_PATH,
          needs: "token",
          methods: ["GET"],
          handle: async ({ response }) => {
            const text = await observed.metrics.text();
            response.writeHead(200, { "content-type": observed.metrics.contentType });
            response.end(text);
          },
        },
      ];
