/** Three peers in a line, and whatever can happen to the connections between them: in the end all hold the same. */
import { type LogId, logKey } from "@herdmind/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createChannelPair, type MemoryChannel } from "./channel.js";
import { createSession, type Session } from "./session.js";
import { createTestSwarm, signal, type TestPeer } from "./swarm.fixture.js";

type Step =
  | { readonly kind: "append"; readonly peer: number; readonly blocks: number }
  | { readonly kind: "cut" | "connect" | "hold" | "release" | "end"; readonly link: number };

const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("append" as const), peer: fc.nat(2), blocks: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ kind: fc.constantFrom("cut" as const, "connect", "hold", "release", "end"), link: fc.nat(1) }),
);

interface Link {
  readonly ends: readonly [MemoryChannel, MemoryChannel];
  readonly sessions: readonly [Session, Session];
}

const until = async (condition: () => boolean): Promise<void> => {
  // Not the test's own time limit: only an exception makes fast-check print the seed.
  const end = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error("the peers still differ after 10 s");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
};

describe("sessions", () => {
  it("converge after cuts, pauses and closes in any order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(stepArbitrary, { maxLength: 25 }), async (steps) => {
        const swarm = await createTestSwarm();
        const peers: TestPeer[] = [
          await swarm.peer("agent"),
          await swarm.peer("orchestrator"),
          await swarm.peer("agent"),
        ];
        const links: (Link | undefined)[] = [undefined, undefined];
        const connect = (index: number): void => {
          if (links[index] !== undefined) return;
          const ends = createChannelPair();
          // Small bounds, so that windows and pages matter in a short run.
          const limits = { updateBytes: 1500, logWindowBytes: 3000, windowBytes: 6000, bufferedBytes: 4000 };
          const at = (end: 0 | 1): Session =>
            createSession({
              logs: (peers[index + end] as TestPeer).logs,
              channel: ends[end],
              interest: { logs: "all", writers: [] },
              limits,
            });
          links[index] = { ends, sessions: [at(0), at(1)] };
        };
        const appends: Promise<unknown>[] = [];
        for (const step of steps) {
          if (step.kind === "append") {
            const { writer } = peers[step.peer] as TestPeer;
            for (let i = 0; i < step.blocks; i++) appends.push(writer.append([signal(`${appends.length}`)]));
            await appends.at(-1);
            continue;
          }
          const link = links[step.link];
          switch (step.kind) {
            case "connect":
              connect(step.link);
              break;
            case "cut":
              link?.ends[0].cut();
              links[step.link] = undefined;
              break;
            case "end":
              void link?.sessions[0].close();
              links[step.link] = undefined;
              break;
            case "hold":
              link?.ends[1].hold();
              break;
            case "release":
              link?.ends[1].release();
          }
        }
        await Promise.all(appends);
        for (const link of links) link?.ends[1].release();
        for (const index of [0, 1]) connect(index);
        const logs = peers.flatMap(({ writer }) => (writer.log === undefined ? [] : [writer.log as LogId]));
        const heads = (peer: TestPeer): string =>
          logs.map((log) => `${logKey(log)} ${peer.logs.get(log)?.hash}`).join();
        const whole = logs.map((log) => peers.find(({ writer }) => writer.id === log.writer)?.logs.get(log)?.hash);
        const expected = logs.map((log, i) => `${logKey(log)} ${whole[i]}`).join();
        await until(() => peers.every((peer) => heads(peer) === expected));
        for (const { logs: held } of peers) expect(held.proofs()).toEqual([]);
        await Promise.all(links.flatMap((link) => link?.sessions.map((session) => session.close()) ?? []));
      }),
      { numRuns: 40, endOnFailure: true },
    );
  }, 60_000);
});
