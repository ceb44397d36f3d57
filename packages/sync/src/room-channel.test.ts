import { type GenerationId, toBase64url, type WriterId } from "@herdmind/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createChannelPair } from "./channel.js";
import { sampleFrames } from "./frames.fixture.js";
import { encodeFrame } from "./frames.js";
import { createRoomChannel, decodeUpdateMessage, encodeUpdateMessage } from "./room-channel.js";

const log = {
  writer: toBase64url(Uint8Array.from({ length: 32 }, (_, i) => 1 + i)) as WriterId,
  generation: toBase64url(Uint8Array.from({ length: 16 }, (_, i) => 33 + i)) as GenerationId,
};

describe("room channel", () => {
  it("carries every frame there and back; blocks as a Yjs update", async () => {
    const [left, right] = createChannelPair();
    const [a, b] = [createRoomChannel(left, log), createRoomChannel(right, log)];
    const got: Uint8Array[] = [];
    b.onMessage((bytes) => got.push(bytes.slice()));
    const frames = sampleFrames.map(({ frame }) => encodeFrame(frame));
    for (const frame of frames) a.send(frame);
    await new Promise((resolve) => setTimeout(resolve));
    expect(got).toEqual(frames);
  });

  it("passes over whatever is no update and no frame", async () => {
    const [left, right] = createChannelPair();
    const b = createRoomChannel(right, log);
    let got = 0;
    b.onMessage(() => got++);
    for (const message of [
      [0, 0, 1, 0],
      [0, 2, 2, 0, 0],
      [1, 1, 0],
      [3],
      [2, 0],
      [0, 2, 200, 1, 1],
      [0, 2, 255, 255, 255, 255, 255, 255],
      [99],
      [],
    ]) {
      left.send(Uint8Array.from(message));
    }
    await new Promise((resolve) => setTimeout(resolve));
    expect(got).toBe(0);
  });

  it("reads back any update it wrote, and never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40_000 }), fc.boolean(), (update, step2) => {
        expect(decodeUpdateMessage(encodeUpdateMessage(update, step2))).toEqual(update);
        decodeUpdateMessage(update);
      }),
    );
  });
});
