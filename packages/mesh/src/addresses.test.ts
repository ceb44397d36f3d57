import { generateKey } from "@herdmind/protocol";
import { createMemoryStorage } from "@herdmind/storage-memory";
import { createTestSwarm } from "@herdmind/testing";
import { expect, it } from "vitest";
import { createAddressBook } from "./addresses.js";
import { libp2pIdentity } from "./identity.js";

const HONEST = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";
const LIAR = "12D3KooWRBhwfeP2Y4TCx1SM6s9rUoHhR5STiGwxBhgFRcw3UERE";

it("keeps a few addresses of one peer, so that one that says ever new ones of itself pushes out nobody", async () => {
  const swarm = await createTestSwarm(() => createMemoryStorage());
  const { logs } = await swarm.peer("agent");
  const options = { logs, configured: [], self: "nobody", limit: 64 };
  const book = await createAddressBook(options);
  const honest = `/ip4/192.0.2.1/tcp/4871/p2p/${HONEST}`;
  for (const text of [honest, ...Array.from({ length: 100 }, (_, n) => `/ip4/192.0.2.2/tcp/${n + 1}/p2p/${LIAR}`)]) {
    expect(book.learn(text)).toBe(true);
    book.worked(text);
  }
  expect(book.told(64)).toContain(honest);
  // The newest of them count: whoever moved is found.
  expect(book.told(64)).toContain(`/ip4/192.0.2.2/tcp/100/p2p/${LIAR}`);
  expect(book.told(64)).toHaveLength(9);
  // Also after a restart.
  expect((await createAddressBook(options)).told(64)).toContain(honest);
  await swarm.close();
});

it("T3 keeps a fair share of what each member tells, so that one member fills the table for nobody", async () => {
  const swarm = await createTestSwarm(() => createMemoryStorage());
  const { logs } = await swarm.peer("agent");
  const book = await createAddressBook({ logs, configured: [], self: "nobody", limit: 6 });
  const address = async (n: number): Promise<string> =>
    `/ip4/192.0.2.${n}/tcp/4871/p2p/${libp2pIdentity(await generateKey()).publicKey.toString()}`;
  for (let n = 0; n < 20; n++) book.learn(await address(n), "liar");
  const honest = await Promise.all([101, 102, 103].map(address));
  for (const text of honest) expect(book.learn(text, "honest")).toBe(true);
  const known = [...book.targets()].flatMap(({ addresses }) => [...addresses]);
  expect(known).toHaveLength(6);
  expect(known).toEqual(expect.arrayContaining(honest));
  // And what was reached is not pushed out by what was only told.
  for (const text of honest) book.worked(text);
  for (let n = 30; n < 60; n++) book.learn(await address(n), `liar ${n}`);
  expect([...book.targets()].flatMap(({ addresses }) => [...addresses])).toEqual(expect.arrayContaining(honest));
  await swarm.close();
});
