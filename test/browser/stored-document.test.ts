// A log as a document that y-indexeddb keeps: a page that knows nothing of Herdmind reads it, and cannot harm it.
import { resolve } from "node:path";
import { encodeUpdate } from "@herdmind/log";
import { clientIdOf, encodeForkProof, headOf, roomOf, toBase64url } from "@herdmind/protocol";
import { type SampleChain, type SampleSwarm, sampleChain, sampleSwarm } from "@herdmind/testing";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Served, servePages } from "./pages.ts";
import { createProfile, type Profile } from "./profile.ts";

const LENGTH = 1100; // more than one segment of a document

let pages: Served;
let profile: Profile;
let swarm: SampleSwarm;
let chain: SampleChain;
let fork: SampleChain;
let room: string;
let texts: readonly string[];

beforeAll(async () => {
  pages = await servePages({
    document: resolve(import.meta.dirname, "pages/document.ts"),
    stock: resolve(import.meta.dirname, "pages/stock.ts"),
  });
  profile = await createProfile();
  swarm = await sampleSwarm(8);
  const member = await swarm.member(0);
  chain = await sampleChain(swarm, member, LENGTH);
  fork = await sampleChain(swarm, member, 6, { fork: { of: chain, keep: 5 } });
  room = roomOf(swarm.genesis.swarm, chain.log);
  texts = chain.bytes.map(toBase64url);
});
afterAll(async () => {
  await profile[Symbol.asyncDispose]();
  await pages[Symbol.asyncDispose]();
});

/** Calls a function that a page has put on its global object. */
const call = <T>(page: Page, name: string, ...args: readonly unknown[]): Promise<T> =>
  page.evaluate(`globalThis[${JSON.stringify(name)}](...${JSON.stringify(args)})`) as Promise<T>;

const pageOf = async (context: BrowserContext, name: "document" | "stock"): Promise<Page> => {
  const page = await context.newPage();
  await page.goto(`${pages.url}/${name}.html`);
  await page.waitForFunction((ready) => ready in globalThis, name === "stock" ? "readSegment" : "openDocument");
  return page;
};

const give = async (page: Page, from: number, to: number): Promise<void> => {
  const update = encodeUpdate(clientIdOf(swarm.genesis.swarm, chain.log), from, chain.bytes.slice(from, to));
  expect(await call(page, "ingest", chain.log, toBase64url(update))).toMatchObject({ ok: true });
};

const fill = async (context: BrowserContext, length: number): Promise<Page> => {
  const page = await pageOf(context, "document");
  await call(page, "open", "logs", toBase64url(swarm.genesis.bytes));
  await give(page, 0, length);
  return page;
};

/** A page of a visitor, with a log of this length. */
const onPage = async (length: number, test: (page: Page, context: BrowserContext) => Promise<void>): Promise<void> => {
  const context = await profile.visitor();
  await test(await fill(context, length), context);
  await context.close();
};

const rowCount = (page: Page): Promise<number> =>
  page.evaluate(`rowsOf(${JSON.stringify(room)}, "updates").then((rows) => rows.length)`);

/** As a stock page reads it, in pieces of a segment. */
const readStock = async (context: BrowserContext): Promise<readonly string[]> => {
  const page = await pageOf(context, "stock");
  const blocks: string[] = [];
  for (const segment of [0, 1]) blocks.push(...(await call<readonly string[]>(page, "readSegment", room, segment)));
  await page.close();
  return blocks;
};

describe("a stored document", () => {
  it("is read by a stock y-indexeddb, before and after a restart, and grows with the log", async () => {
    const context = await profile.open();
    const page = await fill(context, 1030);
    expect(await call(page, "openDocument", chain.log)).toBe("as it was");
    expect(await call(page, "shown")).toEqual(texts.slice(0, 1030));
    expect(await readStock(context)).toEqual(texts.slice(0, 1030));
    for (let from = 1030; from < LENGTH; from += 7) await give(page, from, Math.min(LENGTH, from + 7));
    expect(await call(page, "shown")).toEqual(texts);
    expect(await readStock(context)).toEqual(texts);
    await profile.close();
    expect(await readStock(await profile.open())).toEqual(texts);
  });

  it("does not grow by being opened, and puts rows together: 550 blocks one by one, 20 openings", () =>
    onPage(10, async (page, context) => {
      await call(page, "openDocument", chain.log);
      for (let n = 10; n < 560; n++) await give(page, n, n + 1);
      await call(page, "shown");
      const once = await rowCount(page);
      expect(once).toBeLessThanOrEqual(501);
      const reader = await pageOf(context, "stock");
      for (let n = 0; n < 20; n++) await call(reader, "readSegment", room, 0);
      expect(await rowCount(page)).toBe(once + 20);
      await call(page, "close");
      await page.reload();
      await page.waitForFunction(() => "openDocument" in globalThis);
      await call(page, "open", "logs", toBase64url(swarm.genesis.bytes));
      expect(await call(page, "openDocument", chain.log)).toBe("as it was");
      expect(await rowCount(page)).toBeLessThanOrEqual(once + 1);
      expect(await call(page, "shown")).toEqual(texts.slice(0, 560));
    }));

  it.each([
    [
      "L2 a page wrote into the middle of it",
      (reader: Page) => call(reader, "writeInto", room),
      /L2|right origin|inserts before|clients|written by client|does not/,
    ],
    [
      "L1 a row is of another client",
      (_reader: Page, page: Page) => put(page, encodeUpdate(77, 0, chain.bytes.slice(0, 1))),
      /client/,
    ],
    [
      "L4 a block is another one",
      (_reader: Page, page: Page) =>
        put(
          page,
          encodeUpdate(clientIdOf(swarm.genesis.swarm, chain.log), 4, [
            ...chain.bytes.slice(4, 5),
            fork.bytes[5] as Uint8Array,
          ]),
        ),
      /block 5 is another one/,
    ],
    [
      "a block stands there that the log has not",
      (_reader: Page, page: Page) =>
        put(page, encodeUpdate(clientIdOf(swarm.genesis.swarm, chain.log), 20, chain.bytes.slice(20, 21))),
      /block 20 is not held/,
    ],
    [
      "L3 a row is missing",
      (_reader: Page, page: Page) =>
        page.evaluate(
          `rowsOf(${JSON.stringify(room)}, "updates").then((rows) => putRows(${JSON.stringify(room)}, "updates", [{ key: rows[0].key }]))`,
        ),
      /missing/,
    ],
    [
      "a row is no update",
      (_reader: Page, page: Page) =>
        page.evaluate(`putRows(${JSON.stringify(room)}, "updates", [{ key: 900, value: "text" }])`),
      /no update/,
    ],
  ] as const)("%s: it is written anew before anything is shown", (_title, harm, said) =>
    onPage(10, async (page, context) => {
      await call(page, "openDocument", chain.log);
      await give(page, 10, 20);
      await call(page, "shown");
      await call(page, "close");
      const reader = await pageOf(context, "stock");
      await harm(reader, page);
      await page.reload();
      await page.waitForFunction(() => "openDocument" in globalThis);
      await call(page, "open", "logs", toBase64url(swarm.genesis.bytes));
      expect(await call(page, "openDocument", chain.log)).toMatch(said);
      expect(await call(page, "shown")).toEqual(texts.slice(0, 20));
      expect(await readStock(context)).toEqual(texts.slice(0, 20));
    }),
  );

  it("is destroyed when somebody writes into it, and right again when it is opened again", () =>
    onPage(10, async (page, context) => {
      await call(page, "openDocument", chain.log);
      expect(await call(page, "spoil")).toBe(true);
      expect(await call(page, "openDocument", chain.log)).toMatch(/client/);
      expect(await call(page, "shown")).toEqual(texts.slice(0, 10));
      expect(await readStock(context)).toEqual(texts.slice(0, 10));
    }));

  it("L6 ends before a fork that is proved later", () =>
    onPage(10, async (page, context) => {
      await call(page, "openDocument", chain.log);
      const proof = encodeForkProof(headOf(chain.bytes[5] as Uint8Array), headOf(fork.bytes[5] as Uint8Array));
      expect(await call(page, "offerProof", toBase64url(proof))).toMatchObject({ ok: true });
      await call(page, "shown");
      expect(await readStock(context)).toEqual(texts.slice(0, 5));
      expect(await call(page, "openDocument", chain.log)).toBe("as it was");
      expect(await call(page, "shown")).toEqual(texts.slice(0, 5));
    }));

  it("L3 is refused for a log that is not held", () =>
    onPage(1, async (page) => {
      expect(await call(page, "openDocument", { ...chain.log, generation: "AAAAAAAAAAAAAAAAAAAAAA" })).toBe("L3");
    }));
});

/** Adds a row to the database of the document. */
const put = (page: Page, update: Uint8Array): Promise<unknown> =>
  page.evaluate(
    `putRows(${JSON.stringify(room)}, "updates", [{ key: 900, value: Uint8Array.fromBase64(${JSON.stringify(Buffer.from(update).toString("base64"))}) }])`,
  );
