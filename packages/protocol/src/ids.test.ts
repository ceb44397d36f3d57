import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  fromBase64url,
  idBytes,
  isBlockHash,
  isEntryId,
  isFingerprint,
  isGenerationId,
  isRemedyId,
  isSwarmId,
  isWriterId,
  logKey,
  parseRoom,
  roomOf,
  type SwarmId,
  toBase64url,
  type WriterId,
} from "./ids.js";
import { seededGeneration } from "./testing/seeded-swarm.js";

describe("base64url", () => {
  test("bytes go there and back, as Node writes them", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        const text = toBase64url(bytes);
        expect(text).toBe(Buffer.from(bytes).toString("base64url"));
        expect(fromBase64url(text)).toEqual(bytes);
      }),
    );
  });
  test("a text that is accepted is the one spelling of its bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."AQgwBRhx19-_=+/ é"), maxLength: 9 }), (text) => {
        const bytes = fromBase64url(text);
        if (bytes !== undefined) expect(toBase64url(bytes)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("ids", () => {
  test("an id is exactly what its bytes spell", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 14, maxLength: 34 }), (bytes) => {
        const text = toBase64url(bytes);
        for (const is of [isSwarmId, isWriterId, isBlockHash, isEntryId]) expect(is(text)).toBe(bytes.length === 32);
        expect(isGenerationId(text)).toBe(bytes.length === 16);
      }),
      { numRuns: 500 },
    );
    const id = toBase64url(new Uint8Array(32));
    for (const last of "BCDF1_-") expect(isWriterId(`${id.slice(0, -1)}${last}`)).toBe(false);
    for (const last of "BCDE1_-") expect(isGenerationId(`${"A".repeat(21)}${last}`)).toBe(false);
    for (const no of [undefined, null, 1, {}, [id], `${id}\n`, ` ${id}`, `${id}=`]) expect(isWriterId(no)).toBe(false);
    expect(isGenerationId(`${"A".repeat(22)}\n`)).toBe(false);
    expect(() => idBytes("*" as WriterId)).toThrow(/not an id/);
  });
  test("fingerprints and remedy ids carry their algorithm's version", () => {
    const hash = "x".repeat(32);
    expect(isFingerprint(`f1_${hash}`)).toBe(true);
    expect(isRemedyId(`m12_${hash}`)).toBe(true);
    for (const no of [
      `f_${hash}`,
      `f1234_${hash}`,
      `m1_${hash}`,
      `f1_${hash}x`,
      `f1_${hash.slice(1)}`,
      `f1_${hash}\n`,
      1,
    ]) {
      expect(isFingerprint(no)).toBe(false);
    }
  });
  test("L1 a room name is read back to the log it names, and to nothing else", () => {
    const swarm = toBase64url(new Uint8Array(32).fill(1)) as SwarmId;
    const log = { writer: toBase64url(new Uint8Array(32).fill(2)) as WriterId, generation: seededGeneration(3) };
    const room = roomOf(swarm, log);
    expect(parseRoom(room)).toEqual({ swarm, log });
    expect(room.endsWith(logKey(log))).toBe(true);
    for (const no of [
      "",
      "/",
      `${room}/`,
      `/${room}`,
      room.slice(1),
      `${room}A`,
      room.replace("/", "//"),
      `${room}?x`,
    ]) {
      expect(parseRoom(no)).toBeUndefined();
    }
  });
});
