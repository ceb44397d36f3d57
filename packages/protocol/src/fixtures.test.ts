import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import * as protocol from "./index.js";
import { type Fixtures, makeFixtures } from "./testing/make-fixtures.js";
import { laterBodies, sampleBodies } from "./testing/sample-records.js";
import { accepted } from "./testing/seeded-swarm.js";

const folder = new URL("../fixtures/v1/", import.meta.url);
const load = (name: string) => JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8"));
const bytes = (text: string): Uint8Array => protocol.fromBase64url(text) as Uint8Array;

let made: Fixtures;
let genesis: protocol.Genesis;
beforeAll(async () => {
  made = await makeFixtures(protocol, sampleBodies, laterBodies);
  genesis = accepted(protocol.readGenesis(bytes(load("genesis").bytes)));
});

describe("frozen bytes of version 1", () => {
  test("E5 every file is made again, byte for byte; of compressed blocks only reading is frozen", () => {
    expect(readdirSync(folder).sort()).toEqual(
      Object.keys(made)
        .map((name) => `${name}.json`)
        .sort(),
    );
    for (const [name, content] of Object.entries(made)) {
      const frozen = load(name);
      if (name === "blocks") {
        frozen.compressed = content.compressed;
      }
      expect(frozen).toEqual(JSON.parse(JSON.stringify(content)));
    }
  });

  test("A1 genesis, credentials, ticket and access token", async () => {
    expect(genesis).toMatchObject({
      swarm: load("genesis").swarm,
      name: load("genesis").name,
      root: load("genesis").root,
    });
    const { orchestrator, agent } = load("credentials");
    expect(accepted(await protocol.verifyChain(orchestrator, genesis)).role).toBe("orchestrator");
    const membership = accepted(await protocol.verifyChain(agent, genesis));
    expect(membership).toMatchObject({ role: "agent", name: "agent one" });
    const ticket = accepted(await protocol.readTicket(load("ticket").ticket));
    expect(ticket).toMatchObject({ role: "agent", addresses: ["ws://127.0.0.1:4870", "wss://relay.example/herd"] });
    const { token, nowMs } = load("access-token");
    expect(accepted(await protocol.verifyAccessToken(token, genesis, nowMs))).toEqual(membership);
  });

  const readOne = (encoded: string) =>
    accepted(protocol.readPayload(protocol.CODEC_CBOR, protocol.concat(Uint8Array.of(0x81), bytes(encoded)), "agent"));

  test.each(Object.keys(load("records")).filter((type) => type !== "unknown"))("R1 record %s", (type) => {
    const body = sampleBodies[type as protocol.RecordType];
    expect(readOne(load("records")[type])).toEqual([{ type, version: 1, body }]);
    expect(body).toBeDefined();
  });

  test("R1 records that came later", () => {
    const later = load("records-later");
    expect(readOne(later["relevance/1"])).toEqual([{ type: "relevance", version: 1, body: sampleBodies.relevance }]);
    expect(readOne(later["time/1"])).toEqual([{ type: "time", version: 1, body: sampleBodies.time }]);
    for (const [name, body] of Object.entries(laterBodies)) {
      const [type, version] = name.split("/");
      expect(readOne(later[name])).toEqual([{ type, version: Number(version), body }]);
    }
  });

  test("R1 E11 records of the memory", () => {
    for (const [name, encoded] of Object.entries(load("records-memory"))) {
      const type = name.replace("/1", "") as protocol.RecordType;
      expect(readOne(encoded as string)).toEqual([{ type, version: 1, body: sampleBodies[type] }]);
    }
  });

  test("E5 a record of a later version", () => {
    const encoded = bytes(load("records").unknown);
    expect(accepted(protocol.readPayload(0, protocol.concat(Uint8Array.of(0x81), encoded), "agent"))).toEqual([
      { type: "unknown", of: "later", version: 9, body: { a: [1, -1, 1.5, null] } },
    ]);
  });

  test.each(["first", "plain", "compressed", "unknownCodec"])("L4 L5 block %s", async (name) => {
    const frozen = load("blocks")[name];
    const block = accepted(protocol.readBlock(bytes(frozen.bytes)));
    expect(block.hash).toBe(frozen.hash);
    expect(block.header).toMatchObject({ sequence: frozen.sequence, codec: frozen.codec, version: 1 });
    expect(protocol.toBase64url(protocol.headOf(block.bytes))).toBe(frozen.head);
    expect(await protocol.judgeHead(block, genesis.swarm, block.header)).toBeUndefined();
    const types = accepted(protocol.readPayload(block.header.codec, block.payload, "agent")).map((one) => one.type);
    expect(types).toEqual(
      { first: ["open"], plain: ["outcome"], compressed: ["signal", "signal", "signal"], unknownCodec: ["unknown"] }[
        name
      ],
    );
  });

  test("L6 fork proof", async () => {
    const proof = accepted(await protocol.readForkProof(bytes(load("fork-proof").bytes), genesis.swarm));
    expect(proof).toMatchObject({ sequence: 1, log: { writer: load("fork-proof").writer } });
  });

  test("E6 heartbeat", async () => {
    const message = accepted(await protocol.openEphemeral(bytes(load("heartbeat").bytes), genesis.swarm));
    expect(message).toMatchObject({ kind: "heartbeat", counter: 42 });
    expect(protocol.readHeartbeat(message)).toMatchObject({ ok: true, value: { term: 1, length: 7 } });
  });

  test("E7 presence", async () => {
    const frozen = bytes(load("presence").bytes);
    const message = accepted(await protocol.openEphemeral(frozen, genesis.swarm));
    expect(message).toMatchObject({ kind: "presence", counter: 43 });
    expect(accepted(protocol.readPresence(message, frozen.length))).toEqual({
      name: "agent one",
      agents: 3,
      carry: "swarm",
      lifetimeMs: 45_000,
    });
  });

  test("E7 presence that says how far canon reaches", async () => {
    const frozen = bytes(load("presence-canon").bytes);
    const message = accepted(await protocol.openEphemeral(frozen, genesis.swarm));
    expect(message).toMatchObject({ kind: "presence", counter: 46 });
    const generation = protocol.toBase64url(new Uint8Array(16).fill(7));
    const body = { name: "agent one", agents: 3, carry: "swarm", lifetimeMs: 45_000 };
    expect(accepted(protocol.readPresence(message, frozen.length))).toEqual({
      ...body,
      canon: { generation, length: 12 },
    });
    for (const canon of [{ generation: "x", length: 1 }, { generation, length: -1 }, { generation }, null])
      expect(protocol.readPresence({ ...message, body: { ...body, canon } as never }, 300)).toMatchObject({
        ok: false,
      });
  });

  test("E8 claim, and its rank", async () => {
    const { bytes: text, begun, fingerprint, rank } = load("claim");
    const message = accepted(await protocol.openEphemeral(bytes(text), genesis.swarm));
    expect(message).toMatchObject({ kind: "claim", counter: 44 });
    expect(accepted(protocol.readClaim(message, bytes(text).length))).toEqual({ fingerprint, lifetimeMs: 10_000 });
    const later = accepted(await protocol.openEphemeral(bytes(begun), genesis.swarm));
    expect(accepted(protocol.readClaim(later, bytes(begun).length))).toMatchObject({ fingerprint, begun: true });
    expect(protocol.claimRank(fingerprint, message.writer)).toBe(rank);
  });

  test("E10 message", async () => {
    const { bytes: text } = load("message");
    const message = accepted(await protocol.openEphemeral(bytes(text), genesis.swarm));
    expect(message).toMatchObject({ kind: "message", counter: 46 });
    expect(accepted(protocol.readMessage(message, bytes(text).length))).toEqual({
      topic: "build.web.done",
      body: { ms: 1200, ok: true },
    });
  });

  test("A2 term grant", async () => {
    const { grant, term, holder } = load("term-grant");
    const chain = load("credentials").orchestrator;
    const membership = accepted(await protocol.verifyChain(chain, genesis));
    const opening = [protocol.record("open", { chain }), protocol.record("term", { term, holder, grant })];
    expect(await protocol.judgeTerm(opening, membership, genesis)).toMatchObject({ ok: true });
  });
});
