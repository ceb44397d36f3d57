/**
 * The frozen bytes of version 1, made from fixed seeds. `fixtures/write.mjs` once wrote them to `fixtures/v1`; a test makes
 * them again from the sources and compares.
 */
import type * as Protocol from "../index.js";
import type { JsonValue } from "../records.js";

const NOW_MS = 1_767_225_600_000; // 2026-01-01T00:00:00Z

export interface Fixtures {
  readonly [file: string]: { readonly [name: string]: JsonValue };
}

export const makeFixtures = async (
  p: typeof Protocol,
  allBodies: { readonly [type: string]: unknown },
  laterBodies: { readonly [typeAndVersion: string]: unknown },
): Promise<Fixtures> => {
  const must = <T>(result: Protocol.Result<T>): T => {
    if (!result.ok) throw new Error(result.refusal.message);
    return result.value;
  };
  const key = (seed: number) => p.importSeed(new Uint8Array(32).fill(seed));
  const generation = (seed: number) => p.toBase64url(new Uint8Array(16).fill(seed)) as Protocol.GenerationId;
  const text = p.toBase64url;

  const [root, orchestrator, agent, invitation] = await Promise.all([key(1), key(51), key(151), key(101)]);
  const genesis = p.createGenesis("fixture swarm", root.publicKey, new Uint8Array(16).fill(1));
  const { swarm } = genesis;
  const iat = NOW_MS / 1000;
  const orchestratorChain = [
    await p.issueCredential(root, { sub: orchestrator.id, aud: swarm, role: "orchestrator", iat, use: "member" }),
  ];
  const ticket = await p.createTicket(genesis, orchestrator, orchestratorChain, {
    role: "agent",
    addresses: ["ws://127.0.0.1:4870", "wss://relay.example/herd"],
    nowMs: NOW_MS,
    expiresAtMs: NOW_MS + 86_400_000,
    uses: 10,
    invitation,
  });
  const agentChain = await p.acceptTicket(must(await p.readTicket(ticket)), agent.id, {
    name: "agent one",
    nowMs: NOW_MS,
  });

  // `records` was frozen before these types came.
  const { relevance, time, memory, "memory-step": step, "memory-item": item, ...bodies } = allBodies;
  const records: Record<string, string> = {};
  for (const [type, body] of Object.entries(bodies)) {
    records[type] = text(must(p.encodeRecord({ type, version: 1, body } as unknown as Protocol.AnyRecord)));
  }
  records.unknown = text(
    must(p.encodeRecord({ type: "unknown", of: "later", version: 9, body: { a: [1, -1, 1.5, null] } })),
  );

  const laterRecords: Record<string, string> = {};
  const encodeNamed = (name: string, body: unknown): string => {
    const [type, version] = name.split("/") as [string, string];
    return text(must(p.encodeRecord({ type, version: Number(version), body } as unknown as Protocol.AnyRecord)));
  };
  const later = [["relevance/1", relevance], ...Object.entries(laterBodies), ["time/1", time]] as const;
  for (const [name, body] of later) laterRecords[name] = encodeNamed(name, body);
  const memoryRecords = {
    "memory/1": encodeNamed("memory/1", memory),
    "memory-step/1": encodeNamed("memory-step/1", step),
    "memory-item/1": encodeNamed("memory-item/1", item),
  };

  const log = { writer: agent.id, generation: generation(4) };
  const encode = (...all: readonly Protocol.AnyRecord[]) =>
    p.encodePayload(all.map((one) => must(p.encodeRecord(one))));
  // Signed as plain CBOR, whatever a compressor would make of it: these bytes are reproducible.
  const openingRecord = must(p.encodeRecord(p.record("open", { chain: [...agentChain] })));
  const first = await p.sealBlock(
    agent,
    { swarm, ...log, sequence: 0, previous: undefined, codec: p.CODEC_CBOR },
    p.concat(Uint8Array.of(0x81), openingRecord),
  );
  const signal = p.record("signal", bodies.signal as Protocol.Signal);
  const plain = encode(p.record("outcome", bodies.outcome as Protocol.Outcome));
  const second = await p.sealBlock(
    agent,
    { swarm, ...log, sequence: 1, previous: first.hash, codec: plain.codec },
    plain.payload,
  );
  const packed = encode(signal, signal, signal);
  const third = await p.sealBlock(
    agent,
    { swarm, ...log, sequence: 2, previous: second.hash, codec: packed.codec },
    packed.payload,
  );
  // Signed and hashed, but no payload of records: a fork is one whatever it holds.
  const forked = await p.sealBlock(
    agent,
    { swarm, ...log, sequence: 1, previous: first.hash, codec: p.CODEC_CBOR },
    Uint8Array.of(0x80),
  );
  const newer = await p.sealBlock(
    agent,
    { swarm, ...log, sequence: 1, previous: first.hash, codec: 7 },
    Uint8Array.of(1, 2, 3),
  );
  const block = (sealed: Protocol.Block) => ({
    bytes: text(sealed.bytes),
    head: text(p.headOf(sealed.bytes)),
    hash: sealed.hash,
    sequence: sealed.header.sequence,
    codec: sealed.header.codec,
  });

  const claimed = `f1_${text(new Uint8Array(24).fill(9))}` as Protocol.Fingerprint;
  return {
    genesis: { bytes: text(genesis.bytes), swarm, name: genesis.name, root: root.id },
    credentials: { orchestrator: orchestratorChain, agent: agentChain },
    ticket: { ticket, invitation: text(invitation.publicKey) },
    "access-token": { token: await p.issueAccessToken(agent, genesis, agentChain, NOW_MS), nowMs: NOW_MS },
    records,
    "records-later": laterRecords,
    "records-memory": memoryRecords,
    blocks: { first: block(first), plain: block(second), compressed: block(third), unknownCodec: block(newer) },
    "fork-proof": {
      bytes: text(p.encodeForkProof(p.headOf(second.bytes), p.headOf(forked.bytes))),
      sequence: 1,
      writer: agent.id,
    },
    heartbeat: {
      bytes: text(
        await p.sealEphemeral(orchestrator, swarm, {
          kind: "heartbeat",
          counter: 42,
          body: { term: 1, generation: generation(3), length: 7, hash: first.hash, at: NOW_MS },
        }),
      ),
      counter: 42,
    },
    presence: {
      bytes: text(
        await p.sealEphemeral(agent, swarm, {
          kind: "presence",
          counter: 43,
          body: { name: "agent one", agents: 3, carry: "swarm", lifetimeMs: 45_000 },
        }),
      ),
      counter: 43,
    },
    "presence-canon": {
      bytes: text(
        await p.sealEphemeral(agent, swarm, {
          kind: "presence",
          counter: 46,
          body: {
            name: "agent one",
            agents: 3,
            carry: "swarm",
            lifetimeMs: 45_000,
            canon: { generation: p.toBase64url(new Uint8Array(16).fill(7)), length: 12 },
          },
        }),
      ),
      counter: 46,
    },
    claim: {
      bytes: text(
        await p.sealEphemeral(agent, swarm, {
          kind: "claim",
          counter: 44,
          body: { fingerprint: claimed, lifetimeMs: 10_000 },
        }),
      ),
      counter: 44,
      begun: text(
        await p.sealEphemeral(agent, swarm, {
          kind: "claim",
          counter: 45,
          body: { fingerprint: claimed, lifetimeMs: 10_000, begun: true },
        }),
      ),
      fingerprint: claimed,
      rank: p.claimRank(claimed, agent.id),
    },
    message: {
      bytes: text(
        await p.sealEphemeral(agent, swarm, {
          kind: "message",
          counter: 46,
          body: { topic: "build.web.done", body: { ms: 1200, ok: true } },
        }),
      ),
      counter: 46,
    },
    "term-grant": { grant: await p.grantTerm(root, genesis, 2, orchestrator.id), term: 2, holder: orchestrator.id },
    derived: {
      clientId: p.clientIdOf(swarm, log),
      room: p.roomOf(swarm, log),
      entryId: p.entryIdOf(swarm, { ...log, sequence: 2, index: 1 }),
    },
  };
};
