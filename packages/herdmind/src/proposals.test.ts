import { followCanon } from "@herdmind/canon";
import type { Recall } from "@herdmind/experience";
import type { Logs } from "@herdmind/log";
import { createMemoryStorage } from "@herdmind/storage-memory";
import { createTestSwarm, sampleSignal } from "@herdmind/testing";
import { expect, it } from "vitest";
import { createProposals } from "./proposals.js";

type Asked = Recall<{ readonly heardMs: number | undefined }>;

it("E3 counts what storage did not give, and reads it when it is asked again", async () => {
  const swarm = await createTestSwarm(() => createMemoryStorage());
  const agent = await swarm.peer("agent");
  await agent.writer.append([sampleSignal("carried")]);
  const canon = await followCanon({ logs: agent.logs });
  let broken = true;
  const logs: Logs = new Proxy(agent.logs, {
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
  const length = agent.logs.ofWriter(agent.key.id)[0]?.length;
  expect((await proposals.addTo(known, {})).provisional).toMatchObject({ held: 0, unread: length });
  broken = false;
  expect((await proposals.addTo(known, {})).provisional).toMatchObject({ held: 1, unread: 0 });
  proposals.close();
  await canon.close();
  await swarm.close();
});
