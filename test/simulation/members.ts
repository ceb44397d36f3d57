/** Who takes part: the same keys and credentials in every schedule, so that they are made once and checked from warm caches. */
import {
  createGenesis,
  type Genesis,
  importSeed,
  issueCredential,
  type KeyPair,
  publicCryptoKey,
} from "@herdmind/protocol";

export interface Member {
  readonly key: KeyPair;
  readonly chain: readonly string[];
}

export interface Members {
  readonly genesis: Genesis;
  readonly orchestrator: Member;
  readonly agents: readonly Member[];
}

const AGENTS = 8;
/** Bytes that differ for each use and never change. */
const sample = (n: number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (n * 37 + i * 11 + 5) & 255);

/** Call it under the crypto that the schedule runs with. */
export const createMembers = async (): Promise<Members> => {
  const root = await importSeed(sample(1, 32));
  const genesis = createGenesis("simulation", root.publicKey, sample(2, 16));
  const member = async (n: number, role: "agent" | "orchestrator", name: string): Promise<Member> => {
    const key = await importSeed(sample(n, 32));
    const claims = { sub: key.id, aud: genesis.swarm, role, iat: 0, use: "member", name } as const;
    return { key, chain: [await issueCredential(root, claims)] };
  };
  const members: Members = {
    genesis,
    orchestrator: await member(3, "orchestrator", "orchestrator"),
    agents: await Promise.all(Array.from({ length: AGENTS }, (_, i) => member(4 + i, "agent", `agent ${i}`))),
  };
  // Imported public keys are cached below: whether a schedule was run before must not change the order of its microtasks.
  for (const { id } of [root, members.orchestrator.key, ...members.agents.map(({ key }) => key)])
    await publicCryptoKey(id);
  return members;
};
