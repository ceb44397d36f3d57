import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type CborValue, decodeCbor, encodeCbor } from "./cbor.js";
import { verifyChain } from "./credentials.js";
import { concat, domain, sha256 } from "./hash.js";
import { fromBase64url, toBase64url } from "./ids.js";
import { exportSeed } from "./keys.js";
import { accepted, NOW_MS, type SeededSwarm, seededKey, seededSwarm } from "./testing/seeded-swarm.js";
import { acceptTicket, createTicket, readTicket } from "./ticket.js";

let swarm: SeededSwarm;
let other: SeededSwarm;
beforeAll(async () => {
  swarm = await seededSwarm(1);
  other = await seededSwarm(2);
});

/** A ticket with other contents and a right checksum. */
const retie = (ticket: string, change: (fields: CborValue[]) => CborValue): string => {
  const bytes = fromBase64url(ticket.slice("herdmind1.".length)) as Uint8Array;
  const decoded = decodeCbor(bytes.subarray(0, -4), { allowBytes: true });
  if (!decoded.ok) throw new Error(decoded.why);
  const body = encodeCbor(change([...(decoded.value as CborValue[])]));
  return `herdmind1.${toBase64url(concat(body, sha256(concat(domain("ticket"), body)).subarray(0, 4)))}`;
};
const refused = async (ticket: string, rule = "T1") => {
  const read = await readTicket(ticket);
  expect(read).toMatchObject({ ok: false, refusal: { rule } });
  expect(read.ok || read.refusal.message.length).toBeGreaterThan(40);
};

describe("T1 tickets", () => {
  test("T1 a ticket tells a newcomer everything, and makes it a member offline", async () => {
    const ticket = accepted(await readTicket(`  ${swarm.ticket}\n`));
    expect(ticket).toMatchObject({
      genesis: swarm.genesis,
      addresses: ["ws://127.0.0.1:4870"],
      role: "agent",
      invitation: { expiresAtMs: NOW_MS + 86_400_000, uses: 10 },
    });
    const newcomer = await seededKey(60);
    const chain = await acceptTicket(ticket, newcomer.id, { nowMs: NOW_MS });
    expect(await verifyChain(chain, swarm.genesis)).toMatchObject({
      ok: true,
      value: { writer: newcomer.id, role: "agent", name: undefined },
    });
  });

  test("A1 a member invites with its own chain, within its role", async () => {
    const terms = { role: "observer", addresses: [], nowMs: NOW_MS } as const;
    const ticket = accepted(await readTicket(await createTicket(swarm.genesis, swarm.agent, swarm.agentChain, terms)));
    expect(ticket).toMatchObject({ role: "observer", invitation: { expiresAtMs: undefined, uses: undefined } });
    await refused(
      await createTicket(swarm.genesis, swarm.agent, swarm.agentChain, { ...terms, role: "orchestrator" }),
      "A1",
    );
    expect(await createTicket(swarm.genesis, swarm.root, [], terms)).not.toBe(
      await createTicket(swarm.genesis, swarm.root, [], terms),
    );
  });

  test("T1 a changed, missing or added character anywhere is noticed", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(swarm.ticket.length - 1),
        fc.constantFrom("change", "drop", "add", "cut", "swap"),
        fc.constantFrom(..."AZaz09-_.= é"),
        async (at, how, character) => {
          const { ticket } = swarm;
          const mangled = {
            change: `${ticket.slice(0, at)}${character}${ticket.slice(at + 1)}`,
            drop: `${ticket.slice(0, at)}${ticket.slice(at + 1)}`,
            add: `${ticket.slice(0, at)}${character}${ticket.slice(at)}`,
            cut: ticket.slice(0, at),
            swap: `${ticket.slice(0, at)}${ticket[at + 1] ?? ""}${ticket[at]}${ticket.slice(at + 2)}`,
          }[how];
          if (mangled.trim() === ticket) return;
          await refused(mangled);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("T1 every single character changed is noticed", async () => {
    for (let at = 0; at < swarm.ticket.length; at++) {
      const character = swarm.ticket[at] === "A" ? "B" : "A";
      await refused(`${swarm.ticket.slice(0, at)}${character}${swarm.ticket.slice(at + 1)}`);
    }
  });

  test("T1 refuses what is no ticket", async () => {
    for (const text of ["", "herdmind1.", "herdmind2.AAAA", "x".repeat(100), `herdmind1.${"A".repeat(40_000)}`]) {
      await refused(text);
    }
    await fc.assert(
      fc.asyncProperty(fc.string(), (text) => refused(`herdmind1.${text}`)),
      { numRuns: 200 },
    );
  });

  test("T1 a right checksum does not make a ticket", async () => {
    const seed = await exportSeed(await seededKey(99));
    const of = (index: number, value: CborValue) => refused(retie(swarm.ticket, (fields) => fields.with(index, value)));
    expect((await readTicket(retie(swarm.ticket, (fields) => fields))).ok).toBe(true);
    await of(0, 2);
    await of(1, new Uint8Array(10));
    await of(2, "ws://127.0.0.1");
    await of(2, [1]);
    await of(2, new Array<string>(17).fill("ws://127.0.0.1"));
    await of(3, seed);
    await of(3, seed.subarray(1));
    await of(4, [1]);
    await refused(retie(swarm.ticket, (fields) => [...fields, 1]));
    await refused(retie(swarm.ticket, () => ({ a: 1 })));
  });

  test("A1 a ticket cannot carry another swarm's invitation, none, or a member's key", async () => {
    const chainOf = async (ticket: string) => [...accepted(await readTicket(ticket)).chain];
    const theirs = await chainOf(other.ticket);
    await refused(
      retie(swarm.ticket, (fields) => fields.with(4, theirs)),
      "A1",
    );
    await refused(
      retie(swarm.ticket, (fields) => fields.with(1, other.genesis.bytes)),
      "A1",
    );
    await refused(
      retie(swarm.ticket, (fields) => fields.with(4, [])),
      "A1",
    );
    const own = [...swarm.agentChain];
    const seed = await exportSeed(swarm.agent);
    await refused(
      retie(swarm.ticket, (fields) => fields.with(3, seed).with(4, own)),
      "A1",
    );
  });
});
