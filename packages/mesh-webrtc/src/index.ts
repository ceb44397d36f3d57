/**
 * @herdmind/mesh-webrtc: WebRTC for the mesh, for those who ask for it. Two pages find each other through a peer that both can
 * reach, and then talk without it. `@herdmind/mesh-webrtc/relay` is for that peer.
 */
import type { MeshOptions } from "@herdmind/mesh";
import { circuitRelayTransport } from "@libp2p/circuit-relay-v2";
import { webRTC } from "@libp2p/webrtc";

/** A STUN or TURN server, as `RTCPeerConnection` takes it. */
export interface IceServer {
  readonly urls: string;
  readonly username?: string;
  readonly credential?: string;
}

/**
 * Options for `viaMesh` of a page: it can be reached through every neighbour that relays handshakes, and dials others the same
 * way. `iceServers`, default none: enough on one network; peers behind different routers need a STUN server, some a TURN server.
 */
export const withWebRtc = ({
  iceServers = [],
}: {
  readonly iceServers?: readonly IceServer[];
} = {}): Required<Pick<MeshOptions, "listen" | "moreTransports">> => ({
  // No relay is named, so that a page starts offline: each neighbour that offers it is asked.
  listen: ["/p2p-circuit", "/webrtc"],
  moreTransports: [circuitRelayTransport(), webRTC({ rtcConfiguration: { iceServers: [...iceServers] } })],
});
