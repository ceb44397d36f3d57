import { clientIdOf } from "@herdmind/protocol";
import { createMemoryDisk } from "@herdmind/storage-memory";
import { sampleChain, signalAbout } from "@herdmind/testing";
import { describe, expect, it } from "vitest";
import { encodeUpdate } from "./grammar.js";

import { copyOver, genesis, member, must, onDisk, openLogs, openWriter, signalsOf, swarm } from "./writer.fixture.js";

describe("closing and concurrency", () => {
  it("L8 closing the logs stores what writers were asked for, then refuses", async () => {
    const disk = createMemoryDisk();
    const logs = await onDisk(disk);
    const writer = await openWriter(logs);
    const appends = Array.from({ length: 20 }, (_, n) => writer.append([signalAbout(n)]));
    const chain = await sampleChain(swarm, await swarm.member(7), 4);
    const update = encodeUpdate(clientIdOf(genesis.swarm, chain.log), 0, chain.bytes);
    const ingesting = logs.ingest(chain.log, update, "x");
    await logs.close();
    for (const receipt of await Promise.all(appends)) expect(receipt.ok).toBe(true);
    expect((await ingesting).ok).toBe((await onDisk(disk)).get(chain.log) !== undefined);
    expect(await writer.append([signalAbout(1)])).toMatchObject({ refusal: { rule: "L8" } });
    expect(await writer.rollOver()).toMatchObject({ refusal: { rule: "L8" } });
    expect(await logs.ingest(chain.log, update, "x")).toMatchObject({ refusal: { rule: "L8", fault: "none" } });
    expect(await logs.openWriter({ key: member.key, chain: member.chain })).toMatchObject({ refusal: { rule: "L8" } });
    expect(await signalsOf(await onDisk(disk))).toEqual(
      expect.arrayContaining(Array.from({ length: 20 }, (_, n) => n)),
    );
  });

  it("L8 an append asked for in any later turn is always answered", async () => {
    const logs = await openLogs();
    const writer = await openWriter(logs);
    for (let turns = 0; turns < 40; turns++) {
      const first = writer.append([signalAbout(turns)]);
      const second = first.then(async () => {
        for (let turn = 0; turn < turns % 8; turn++) await undefined;
        return writer.append([signalAbout(turns)]);
      });
      must(await first);
      must(await second);
    }
  });

  it("L3 takes many offers of one unknown log at once, in any mixture of good and bad", async () => {
    const chain = await sampleChain(swarm, await swarm.member(7), 30);
    const clientId = clientIdOf(genesis.swarm, chain.log);
    const logs = await openLogs();
    const heard: number[] = [];
    logs.subscribe(({ blocks }) => heard.push(...blocks.map(({ sequence }) => sequence)));
    const offers = Array.from({ length: 60 }, (_, n) => {
      const from = (n * 7) % 20;
      const blocks = n % 3 === 0 ? [new Uint8Array(9)] : chain.bytes.slice(0, from + 10);
      return logs.ingest(chain.log, encodeUpdate(clientId, 0, blocks), n);
    });
    await Promise.all(offers);
    expect(logs.get(chain.log)?.length).toBe(29);
    expect(heard).toEqual(Array.from({ length: 29 }, (_, n) => n));
  });

  it("L8 own blocks that come back while the writer appends are recognised, and new ones are continued", async () => {
    const logs = await openLogs();
    const peer = await openLogs();
    const writer = await openWriter(logs);
    for (let n = 0; n < 20; n++) {
      const appending = writer.append([signalAbout(n)]);
      await copyOver(peer, logs);
      must(await appending);
      await copyOver(logs, peer);
    }
    expect(peer.list()).toEqual(logs.list());
    expect(peer.proofs()).toEqual([]);
  });
});
