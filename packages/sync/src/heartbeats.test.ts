import { type BlockHash, type GenerationId, sealEphemeral, toBase64url } from "@herdmind/protocol";
import { describe, expect, it } from "vitest";
import { createHeartbeats } from "./heartbeats.js";
import { createTestSwarm } from "./swarm.fixture.js";

const MINUTE = 60_000;
const generation = toBase64url(new Uint8Array(16)) as GenerationId;
const hash = toBase64url(new Uint8Array(32)) as BlockHash;

const begin = async () => {
  const swarm = await createTestSwarm();
  const office = await swarm.peer("orchestrator");
  const beat = (counter: number, at: number, key = office.key): Promise<Uint8Array> =>
    sealEphemeral(key, swarm.genesis.swarm, {
      kind: "heartbeat",
      counter,
      body: { term: 1, generation, length: 3, hash, at },
    });
  return { swarm: swarm.genesis.swarm, office, beat, stranger: (await swarm.peer("agent")).key };
};

describe("heartbeats", () => {
  it("E6 takes one that came before canon said who may send it, once canon says so", async () => {
    const { swarm, office, beat, stranger } = await begin();
    let holder: string | undefined;
    const heartbeats = createHeartbeats({ swarm, isHolder: (writer) => writer === holder });
    const heard: number[] = [];
    heartbeats.subscribe(({ counter }) => heard.push(counter));
    expect(await heartbeats.offer(await beat(2, 1))).toMatchObject({ ok: false, refusal: { fault: "none" } });
    expect(await heartbeats.offer(await beat(1, 1))).toMatchObject({ ok: false, refusal: { fault: "none" } });
    expect(await heartbeats.offer(await beat(9, 1, stranger))).toMatchObject({ ok: false });
    heartbeats.reconsider();
    expect(heartbeats.latest()).toBeUndefined();
    holder = office.key.id;
    heartbeats.reconsider();
    heartbeats.reconsider();
    expect(heard).toEqual([2]);
    expect(heartbeats.latest()?.counter).toBe(2);
  });

  it("E6 says how late one is that was kept and played again, and believes clocks that differ a little", async () => {
    const { swarm, beat } = await begin();
    let now = 100 * MINUTE;
    const heartbeats = createHeartbeats({ swarm, isHolder: () => true, now: () => now });
    await heartbeats.offer(await beat(1, now - 60 * MINUTE));
    expect(heartbeats.latest()?.lateMs).toBe(60 * MINUTE);
    await heartbeats.offer(await beat(2, now - 4 * MINUTE));
    expect(heartbeats.latest()?.lateMs).toBe(0);
    now -= 10 * MINUTE;
    await heartbeats.offer(await beat(3, now + 10 * MINUTE));
    expect(heartbeats.latest()?.lateMs).toBe(0);
  });
});
