/** A browser's room client against a relay that passes everybody's logs off as canon. */
import type { LogState, Logs } from "@herdmind/log";
import { createMemoryStorage } from "@herdmind/storage-memory";
import { createTestSwarm, sampleSignal } from "@herdmind/testing";
import { createRoomClient, type SocketConstructor } from "@herdmind/websocket";
import { expect, it } from "vitest";
import { WebSocket } from "ws";
import { createRelay } from "./relay.js";

const LIMIT = 3;
const OTHERS = 12;

it("T3 a relay cannot fill a room client with logs that it did not ask for", async () => {
  const swarm = await createTestSwarm(() => createMemoryStorage());
  const hub = await swarm.peer("relay");
  const reader = await swarm.peer("agent");
  const strange = new Set<string>();
  for (let n = 0; n < OTHERS; n++) {
    const other = await swarm.peer("agent", { logs: hub.logs });
    await other.writer.append([sampleSignal(`unwanted ${n}`)]);
    strange.add(other.key.id);
  }
  const asCanon = (state: LogState): LogState => ({
    ...state,
    membership: { ...state.membership, role: "orchestrator" },
  });
  const lying: Logs = { ...hub.logs, list: () => hub.logs.list().map(asCanon) };
  const started = await createRelay({ logs: lying });
  if (!started.ok) throw new Error(started.fault.message);
  await using relay = started.value;
  const client = createRoomClient({
    logs: reader.logs,
    urls: [`ws://127.0.0.1:${relay.port}`],
    token: () => reader.token(),
    WebSocket: WebSocket as unknown as SocketConstructor,
    limits: { strangeLogs: LIMIT },
  });
  const refused: string[] = [];
  client.on((event) => {
    if (event.type === "refusal" && event.by === "us") refused.push(`${event.refusal.rule}: ${event.refusal.message}`);
  });
  // The relay tells of all of them in one frame, so each was taken or refused by then.
  const held = (): number => reader.logs.list().filter(({ writer }) => strange.has(writer)).length;
  await expect.poll(held).toBeGreaterThanOrEqual(LIMIT);
  await client.ping?.();
  await expect.poll(() => [held(), refused]).toEqual([LIMIT, [expect.stringContaining(`T3: More than ${LIMIT} logs`)]]);
  await client.close();
  await swarm.close();
});
