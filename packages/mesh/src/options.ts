/** What can be set on a mesh. Everything has a default. */
import type { Libp2p, PeerDiscovery } from "@libp2p/interface";
import type { Libp2pOptions } from "libp2p";
import type { MeshBackoff } from "./dialling.js";
import type { MeshLimits } from "./limits.js";

export interface MeshOptions {
  /** Multiaddrs to listen on, for example `/ip4/0.0.0.0/tcp/4871`. Default: none, and in Node a free port of this machine. */
  readonly listen?: readonly string[];
  /**
   * Multiaddrs under which others are told to reach this peer, behind a router or a proxy for example. Default: those it listens
   * on; an empty list tells nobody.
   */
  readonly announce?: readonly string[];
  /** libp2p transports; default: WebSockets, and TCP in Node. */
  readonly transports?: NonNullable<Libp2pOptions["transports"]>;
  /** More transports beside the default ones, for example WebRTC. */
  readonly moreTransports?: NonNullable<Libp2pOptions["transports"]>;
  /** More libp2p services beside identify, for example a circuit relay. */
  readonly moreServices?: NonNullable<Libp2pOptions["services"]>;
  /** Ways to find peers on a network, made with the tag of this swarm. Default: none. */
  readonly discovery?: readonly ((serviceTag: string) => (components: never) => PeerDiscovery)[];
  /**
   * An application's own libp2p, which must have this peer's key (`libp2pIdentity`) and no gossipsub. It is not stopped. There
   * is no private network then: whoever connects to it and shows no valid chain in time is hung up.
   */
  readonly libp2p?: Libp2p;
  /** Milliseconds between exchanges with a neighbour, at random between the two. Default 10,000 to 20,000. */
  readonly exchangeEveryMs?: { readonly min: number; readonly max: number };
  /** Milliseconds between signs of life in an exchange; without an answer for as long again the connection ends. Default 10,000. */
  readonly keepAliveMs?: number;
  readonly backoff?: MeshBackoff;
  readonly limits?: Partial<MeshLimits>;
  /** 0 to 1, for jitter; default `Math.random`. */
  readonly random?: () => number;
}
