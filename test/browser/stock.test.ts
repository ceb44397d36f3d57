// Interop: a page with the stock y-websocket and y-indexeddb reads canon unmodified.
import { resolve } from "node:path";
import {
  acceptTicket,
  generateKey,
  issueAccessToken,
  type LogId,
  readTicket,
  roomOf,
  SUBPROTOCOL,
  TOKEN_SUBPROTOCOL_PREFIX,
} from "@herdmind/protocol";
import { createSwarm, type Peer } from "herdmind";
import { expect, it } from "vitest";
import { servePages } from "./pages.ts";
import { createProfile } from "./profile.ts";

const canonOf = (swarm: Peer): LogId => swarm.canon.head() as LogId;

const blocksOf = async (swarm: Peer): Promise<readonly string[]> => {
  const blocks: string[] = [];
  for await (const { bytes } of swarm.logs.read(canonOf(swarm))) blocks.push(Buffer.from(bytes).toString("base64"));
  return blocks;
};

/** What a reader of the room says it is: a member with a key, and a token of that key. */
const protocolsFor = async (swarm: Peer): Promise<readonly string[]> => {
  const ticket = await readTicket(await swarm.invite({ role: "observer" }));
  if (!ticket.ok) throw new Error(ticket.refusal.message);
  const key = await generateKey();
  const chain = await acceptTicket(ticket.value, key.id, { name: "reader", nowMs: Date.now() });
  const token = await issueAccessToken(key, ticket.value.genesis, chain, Date.now());
  return [SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX + token];
};

it("a stock y-websocket and y-indexeddb page reads canon byte for byte, live, and after a reload without a network", async () => {
  await using pages = await servePages({ reader: resolve(import.meta.dirname, "pages/stock-reader.ts") });
  await using profile = await createProfile();
  await using swarm = await createSwarm({ name: "stock" });
  const tell = async (host: string): Promise<void> => {
    const receipt = await swarm.report({ problem: new Error(`cannot reach host ${host}`), mitigation: "Start it" });
    expect(receipt.ok && (await receipt.verdict).status).toBe("admitted");
  };
  await tell("gh");
  const page = await (await profile.visitor()).newPage();
  const follow = async (protocols: readonly string[] | undefined): Promise<void> => {
    await page.goto(`${pages.url}/reader.html`);
    await page.waitForFunction("globalThis.follow !== undefined");
    const room = roomOf(swarm.swarm, canonOf(swarm));
    await page.evaluate(
      `follow(...${JSON.stringify([swarm.addresses[0], room, protocols ?? null])}.map((one) => one ?? undefined))`,
    );
  };
  const read = () => page.evaluate("blocks()");

  await follow(await protocolsFor(swarm));
  await expect.poll(read).toEqual(await blocksOf(swarm));
  await tell("kl");
  const all = await blocksOf(swarm);
  await expect.poll(read).toEqual(all);

  await follow(undefined);
  expect(await read()).toEqual(all);
  await tell("mn");
  expect(await read()).toEqual(all);
  await follow(await protocolsFor(swarm));
  await expect.poll(read).toEqual(await blocksOf(swarm));
  expect(swarm.stats().refusals).toBe(0);
});
