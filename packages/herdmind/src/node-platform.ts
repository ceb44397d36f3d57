/** Herdmind in Node: a data directory on disk, relays over the sockets of `ws`, which are faster than the global ones. */
import { viaRelay } from "@herdmind/websocket";
import { WebSocket } from "ws";
import { type JoinOptions, joinOn } from "./join.js";
import { openDirectory } from "./open-directory.js";
import type { Peer } from "./peer.js";
import type { Platform } from "./platform.js";

export const nodePlatform: Platform = {
  open: openDirectory,
  transports: [viaRelay({ WebSocket })],
  carry: "swarm",
};

/** Joins the swarm of a ticket. Works offline: the key is made here and countersigned here. Throws a `HerdmindError`. */
export const join = (ticket: string, options: JoinOptions): Promise<Peer> => joinOn(nodePlatform, ticket, options);
