// A page with a peer in it that reaches its swarm over the mesh, and other pages over WebRTC.
import { type Mesh, viaMesh } from "@herdmind/mesh";
import { withWebRtc } from "@herdmind/mesh-webrtc";
import * as herdmind from "herdmind/browser";

const start = async (ticket: string): Promise<string> => {
  const via = viaMesh({ ...withWebRtc(), exchangeEveryMs: { min: 300, max: 600 } });
  const known = async (context: Parameters<typeof via>[0]): Promise<Mesh> => {
    const mesh = await via(context);
    Object.assign(globalThis, { mesh });
    return mesh;
  };
  const peer = await herdmind.join(ticket, { name: "page", dir: "page", transports: [known], carry: "all" });
  Object.assign(globalThis, { peer });
  return peer.id;
};

Object.assign(globalThis, { start });
