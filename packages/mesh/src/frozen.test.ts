/** Frozen bytes of version 1: what is on the wire, and what derives from a genesis record. */
import { readFileSync } from "node:fs";
import { createGenesis, fromBase64url, type GenerationId, toBase64url, type WriterId } from "@herdmind/protocol";
import { describe, expect, it } from "vitest";
import {
  decodeAddresses,
  decodeIntroduction,
  encodeAddresses,
  encodeIntroduction,
  isAddressesFrame,
  MAX_INTRODUCTION_BYTES,
} from "./mesh-frames.js";
import { deriveSecrets, networkKeyFile } from "./secrets.js";

const frozen = JSON.parse(readFileSync(new URL("../fixtures/v1/mesh.json", import.meta.url), "utf8")) as {
  readonly introduction: string;
  readonly introductionOfOneLog: string;
  readonly addresses: string;
  readonly genesis: string;
  readonly network: string;
  readonly canon: string;
  readonly proposals: string;
  readonly service: string;
};
const bytesOf = (text: string): Uint8Array => fromBase64url(text) as Uint8Array;
const only = {
  writer: toBase64url(new Uint8Array(32).fill(7)) as WriterId,
  generation: toBase64url(new Uint8Array(16).fill(9)) as GenerationId,
};
const chain = ["a.b.c", "d.e.f"];
const addresses = ["/ip4/127.0.0.1/tcp/4871", "/dns4/example.org/tcp/443/tls/ws"];

describe("frozen bytes of version 1", () => {
  it("T5 an introduction, and one about a single log", () => {
    expect(toBase64url(encodeIntroduction({ chain, only: undefined }))).toBe(frozen.introduction);
    expect(toBase64url(encodeIntroduction({ chain: [], only }))).toBe(frozen.introductionOfOneLog);
    expect(decodeIntroduction(bytesOf(frozen.introduction))).toEqual({ ok: true, value: { chain, only: undefined } });
    expect(decodeIntroduction(bytesOf(frozen.introductionOfOneLog))).toEqual({ ok: true, value: { chain: [], only } });
  });
  it("addresses", () => {
    expect(toBase64url(encodeAddresses(addresses))).toBe(frozen.addresses);
    expect(isAddressesFrame(bytesOf(frozen.addresses))).toBe(true);
    expect(decodeAddresses(bytesOf(frozen.addresses))).toEqual(addresses);
  });
  it("what derives from a genesis record", async () => {
    const genesis = createGenesis("sample", bytesOf(frozen.genesis), new Uint8Array(16).fill(3));
    const secrets = await deriveSecrets(genesis);
    expect(toBase64url(secrets.networkKey)).toBe(frozen.network);
    expect(secrets.topics).toEqual({ canon: frozen.canon, proposals: frozen.proposals });
    expect(secrets.serviceTag).toBe(frozen.service);
    const lines = new TextDecoder().decode(networkKeyFile(secrets.networkKey)).split("\n");
    expect(lines).toEqual(["/key/swarm/psk/1.0.0/", "/base16/", Buffer.from(secrets.networkKey).toString("hex"), ""]);
    // Another name, another swarm: nothing in common.
    const other = await deriveSecrets(createGenesis("other", bytesOf(frozen.genesis), new Uint8Array(16).fill(3)));
    expect(other.topics.canon).not.toBe(secrets.topics.canon);
  });
});

describe("hostile bytes", () => {
  it("T5 refuses an introduction of any other form", () => {
    const good = encodeIntroduction({ chain, only });
    for (let length = 0; length < good.length; length++) {
      expect(decodeIntroduction(good.subarray(0, length))).toMatchObject({ ok: false, refusal: { rule: "T5" } });
    }
    const many = encodeIntroduction({ chain: Array.from({ length: 9 }, () => "x"), only: undefined });
    expect(decodeIntroduction(many)).toMatchObject({ ok: false, refusal: { rule: "T5" } });
    expect(decodeIntroduction(new Uint8Array(MAX_INTRODUCTION_BYTES + 1))).toMatchObject({ ok: false });
    // One version on: [64, 2, [], null].
    expect(decodeIntroduction(Uint8Array.of(0x84, 0x18, 64, 2, 0x80, 0xf6))).toMatchObject({ ok: false });
    // More members at the end are a later minor form: [64, 1, [], null, 5].
    expect(decodeIntroduction(Uint8Array.of(0x85, 0x18, 64, 1, 0x80, 0xf6, 5))).toMatchObject({ ok: true });
  });
  it("reads no addresses out of what is none", () => {
    expect(decodeAddresses(encodeAddresses(Array.from({ length: 65 }, () => "/ip4/1.2.3.4")))).toBeUndefined();
    expect(decodeAddresses(encodeAddresses(["/ip4/1.2.3.4\u001b[2J"]))).toBeUndefined();
    expect(decodeAddresses(encodeAddresses(["x".repeat(257)]))).toBeUndefined();
    expect(decodeAddresses(Uint8Array.of(0x82, 0x18, 65, 0x81, 5))).toBeUndefined();
    expect(decodeAddresses(new Uint8Array(100_000))).toBeUndefined();
  });
});
