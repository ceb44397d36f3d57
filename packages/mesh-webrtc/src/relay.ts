/**
 * @herdmind/mesh-webrtc/relay: lets a peer that pages can reach relay their handshakes. It loads no WebRTC, and what two pages
 * say to each other afterwards does not pass it.
 */
import type { MeshOptions } from "@herdmind/mesh";
import { circuitRelayServer } from "@libp2p/circuit-relay-v2";

/** Pages that one peer relays for at a time: each reservation keeps a connection and is kept in memory for two hours. */
const RESERVATIONS = 64;
/** Milliseconds that one relayed handshake may take: a measured one takes 0.4 s, and the mesh ends it after 5 s. */
const HANDSHAKE_MS = 10_000;
/** Bytes of one relayed handshake: two descriptions of a session and some tens of candidates are below 10 kB. */
const HANDSHAKE_BYTES = 64n * 1024n;

/** Options for `viaMesh` of a peer that others can dial, or for `mesh` of `createSwarm`. */
export const relayingHandshakes = (): Required<Pick<MeshOptions, "moreServices">> => ({
  moreServices: {
    handshakes: circuitRelayServer({
      reservations: {
        maxReservations: RESERVATIONS,
        defaultDurationLimit: HANDSHAKE_MS,
        defaultDataLimit: HANDSHAKE_BYTES,
      },
    }),
  },
});
