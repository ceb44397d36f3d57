/** A swarm whose every byte follows from small seeds: what the tests of this package and its frozen fixtures are made of. */
import { issueCredential } from "../credentials.js";
import { createGenesis, type Genesis } from "../genesis.js";
import { type GenerationId, toBase64url } from "../ids.js";
import { importSeed, type KeyPair } from "../keys.js";
import { acceptTicket, createTicket, readTicket } from "../ticket.js";

/** 2026-01-01T00:00:00Z. */
export const NOW_MS = 1_767_225_600_000;

export const seededKey = (seed: number): Promise<KeyPair> => importSeed(new Uint8Array(32).fill(seed));
export const seededGeneration = (seed: number): GenerationId =>
  toBase64url(new Uint8Array(16).fill(seed)) as GenerationId;

export interface SeededSwarm {
  readonly root: KeyPair;
  readonly genesis: Genesis;
  readonly orchestrator: KeyPair;
  readonly orchestratorChain: readonly string[];
  /** An agent that joined with a ticket of root. */
  readonly agent: KeyPair;
  readonly agentChain: readonly string[];
  readonly ticket: string;
}

export const seededSwarm = async (seed = 1): Promise<SeededSwarm> => {
  const root = await seededKey(seed);
  const genesis = createGenesis(`swarm ${seed}`, root.publicKey, new Uint8Array(16).fill(seed));
  const orchestrator = await seededKey(seed + 50);
  const iat = NOW_MS / 1000;
  const orchestratorChain = [
    await issueCredential(root, { sub: orchestrator.id, aud: genesis.swarm, role: "orchestrator", iat, use: "member" }),
  ];
  const ticket = await createTicket(genesis, root, [], {
    role: "agent",
    addresses: ["ws://127.0.0.1:4870"],
    nowMs: NOW_MS,
    expiresAtMs: NOW_MS + 86_400_000,
    uses: 10,
    invitation: await seededKey(seed + 100),
  });
  const read = await readTicket(ticket);
  if (!read.ok) throw new Error(read.refusal.message);
  const agent = await seededKey(seed + 150);
  const agentChain = await acceptTicket(read.value, agent.id, { name: "agent one", nowMs: NOW_MS });
  return { root, genesis, orchestrator, orchestratorChain, agent, agentChain, ticket };
};

/** The value of an accepted result; throws the refusal's message otherwise. */
export const accepted = <T>(
  result:
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly refusal: { readonly message: string } },
): T => {
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
};
