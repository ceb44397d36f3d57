import { followCanon } from "@herdmind/canon";
import type { Recall } from "@herdmind/experience";
import { createLogs, type Logs } from "@herdmind/log";
import { createGenesis, generateKey, issueCredential, type Result, record } from "@herdmind/protocol";
import { createMemoryStorage } from "@herdmind/storage-memory";
import { expect, it } from "vitest";
import { createProposals } from "./proposals.js";

type Asked = Recall<{ readonly heardMs: number | undefined }>;

const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
};

it("E3 counts what storage did not give, and reads it when it is asked again", async () => {
  const [root, key] = [await generateKey(), await generateKey()];
  const genesis = createGenesis("test", root.publicKey, new Uint8Array(16));
  const held = must(await createLogs({ genesis, storage: createMemoryStorage() }));
  const credential = { sub: key.id, aud: genesis.swarm, role: "agent", use: "member", iat: 1 } as const;
  const writer = must(await held.openWriter({ key, chain: [await issueCredential(root, credential)] }));
  const problem = { error: { message: "carried" } };
  await writer.append([record("signal", { type: "ERROR_RESOLVED", problem, mitigation: { text: "x" }, at: 1 })]);
  const canon = await followCanon({ logs: held });
  let broken = true;
  const logs: Logs = new Proxy(held, {
    get: (target, name) => {
      if (name !== "read" || !broken) return Reflect.get(target, name);
      return async function* () {
        yield* [];
        throw new Error("the disk is away");
      };
    },
  });
  const proposals = createProposals(logs, canon);
  const known = { entries: [], fingerprints: [], hidden: {}, freshness: { heardMs: undefined } } as unknown as Asked;
  const length = held.ofWriter(key.id)[0]?.length;
  expect((await proposals.addTo(known, {})).provisional).toMatchObject({ held: 0, unread: length });
  broken = false;
  expect((await proposals.addTo(known, {})).provisional).toMatchObject({ held: 1, unread: 0 });
  proposals.close();
  await canon.close();
  await writer.close();
  await held.close();
});
