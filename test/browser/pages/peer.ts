// A page with a peer in it: tests drive it through `herdmind`, and read what it heard from `heard`.
import * as herdmind from "herdmind/browser";

const heard: { readonly name: string; readonly event: unknown }[] = [];
const peers: herdmind.BrowserPeer[] = [];

/** Joins with a ticket, or opens what the browser holds when there is none. */
const start = async (
  ticket: string | undefined,
  dir: string,
  more: { readonly profile?: herdmind.Profile } = {},
): Promise<string> => {
  const logger: herdmind.Logger = (line) => heard.push({ name: "log", event: line });
  const transports = [herdmind.viaRelay({ backoff: { minMs: 50, maxMs: 200 } })];
  const peer =
    ticket === undefined
      ? await herdmind.openNode({ dir, logger, transports, ...more })
      : await herdmind.join(ticket, { name: dir, dir, logger, transports, ...more });
  for (const name of ["immunized", "verdict", "refused", "connection", "alarm", "withdrawn", "tab"] as const)
    peer.on(name, (event) => heard.push({ name, event }));
  peers.push(peer);
  Object.assign(globalThis, { peer });
  return peer.id;
};

Object.assign(globalThis, { herdmind, heard, start, peers });
document.body.textContent = "ready";
