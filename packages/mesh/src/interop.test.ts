/**
 * A libp2p 2 node with the published @chainsafe/libp2p-gossipsub 14.1.2, and no code of the mesh but its frames, exchanges gossip
 * with a mesh of today: the name under which gossipsub is imported here stands for the same protocol.
 */
import { noise } from "@chainsafe/libp2p-noise";
import { yamux } from "@chainsafe/libp2p-yamux";
import type { LogId } from "@herdmind/protocol";
import { decodeFrame, encodeFrame } from "@herdmind/sync";
import { messagesIn, sampleSignal } from "@herdmind/testing";
import { tcp } from "@libp2p/tcp";
import { gossipsub as publishedGossipsub } from "gossipsub-v14";
import { identify as identify3 } from "identify-v3";
import { createLibp2p } from "libp2p";
import { createLibp2p as createLibp2p2 } from "libp2p-v2";
import { noise as noise16 } from "noise-v16";
import { tcp as tcp10 } from "tcp-v10";
import { expect, it } from "vitest";
import { yamux as yamux7 } from "yamux-v7";
import { SYNC_PROTOCOL } from "./exchanges.js";
import { libp2pIdentity } from "./identity.js";
import { createMeshSwarm, same, until } from "./mesh.fixture.js";
import { encodeIntroduction } from "./mesh-frames.js";
import { deriveSecrets } from "./secrets.js";

it("exchanges gossip with libp2p 2 and the published gossipsub 14, both ways", { timeout: 30_000 }, async () => {
  await using net = await createMeshSwarm();
  const member = await net.swarm.peer("agent");
  const old = await createLibp2p2({
    // The same shape; libp2p 2 has types of its own.
    privateKey: libp2pIdentity(member.key) as never,
    addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
    transports: [tcp10()],
    connectionEncrypters: [noise16()],
    streamMuxers: [yamux7()],
    services: {
      identify: identify3(),
      pubsub: publishedGossipsub({ globalSignaturePolicy: "StrictNoSign", fallbackToFloodsub: false }) as never,
    },
  });
  const pubsub = old.services.pubsub as unknown as {
    subscribe(topic: string): void;
    publish(topic: string, data: Uint8Array): Promise<unknown>;
    getSubscribers(topic: string): readonly unknown[];
    addEventListener(name: "message", listener: (event: { detail: { topic: string; data: Uint8Array } }) => void): void;
  };
  const { topics } = await deriveSecrets(net.swarm.genesis);
  const heard: { readonly topic: string; readonly data: Uint8Array }[] = [];
  pubsub.addEventListener("message", ({ detail }) => heard.push(detail));
  pubsub.subscribe(topics.canon);

  // It introduces itself as PROTOCOL.md, section 14, says: a length, a frame.
  const prefixed = (frame: Uint8Array): Uint8Array =>
    Uint8Array.from([
      ...(frame.length < 128 ? [frame.length] : [(frame.length & 127) | 128, frame.length >> 7]),
      ...frame,
    ]);
  let leave = (): void => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  await old.handle(SYNC_PROTOCOL, ({ stream }) => {
    void stream.sink(
      (async function* () {
        yield prefixed(encodeIntroduction({ chain: member.chain, only: undefined }));
        yield prefixed(encodeFrame({ kind: "hello", version: 1, interest: { logs: "none", writers: [] } }));
        await left;
      })(),
    );
  });

  const orchestrator = await net.swarm.peer("orchestrator");
  const hubLibp2p = await createLibp2p({
    privateKey: libp2pIdentity(orchestrator.key),
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
  });
  const hub = await net.mesh(orchestrator, {
    carry: "all",
    libp2p: hubLibp2p,
    addresses: [`${old.getMultiaddrs()[0]}`],
  });

  await until(() => pubsub.getSubscribers(topics.proposals).length === 1, "a subscription at the old node");

  // From ours to the published one: blocks of canon.
  await until(() => hub.mesh.neighbours.length === 1);
  await hub.writer.append([sampleSignal("from the mesh")]);
  await until(() => heard.length > 0, "a message at the old node");
  const frame = decodeFrame(new Uint8Array(heard[0]?.data ?? []));
  expect(frame).toMatchObject({ ok: true, value: { kind: "blocks", log: { writer: hub.key.id } } });
  expect(heard[0]?.topic).toBe(topics.canon);

  // From the published one to ours: blocks of a member.
  await member.writer.append([sampleSignal("from the old node")]);
  const log = member.writer.log as LogId;
  const piece = await member.logs.update(log, 0, 100_000);
  if (piece === undefined) throw new Error("nothing to publish");
  await pubsub.publish(topics.proposals, encodeFrame({ kind: "blocks", log, update: piece.update }));
  await until(() => same(hub.logs, member.logs, log), "the member's blocks at the hub");
  expect(await messagesIn(hub.logs, log)).toEqual(["from the old node"]);
  expect(hub.mesh.counts).toMatchObject({ accepted: 1, rejected: 0 });

  leave();
  await old.stop();
  await hub.mesh.close();
  await hubLibp2p.stop();
});
