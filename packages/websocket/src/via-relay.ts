/** The relay as one of a node's transports: the multiplexed client, for the addresses that are WebSockets. */
import { issueAccessToken } from "@herdmind/protocol";
import type { TransportFactory } from "@herdmind/sync";
import { createMuxClient, type MuxClientOptions } from "./mux-client.js";

export type ViaRelayOptions = Pick<
  MuxClientOptions,
  "WebSocket" | "backoff" | "connectTimeoutMs" | "keepAliveMs" | "limits" | "random"
>;

/** Reaches the swarm through the relays among a node's addresses (`ws://`, `wss://`); without one there is no transport. */
export const viaRelay =
  (options: ViaRelayOptions = {}): TransportFactory =>
  ({ logs, key, chain, ephemerals, carrying, interest, addresses, now }) => {
    const urls = addresses.filter((address) => /^wss?:\/\//i.test(address));
    if (urls.length === 0) return undefined;
    return createMuxClient({
      ...options,
      logs,
      urls,
      token: () => issueAccessToken(key, logs.genesis, chain, now()),
      interest,
      ephemerals,
      carrying,
    });
  };
