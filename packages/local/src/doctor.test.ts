import type { Member } from "@herdmind/experience";
import type { EntryId, LogHead, RecordRef, WriterId } from "@herdmind/protocol";
import type { Peer, Receipt, Verdict } from "herdmind";
import { describe, expect, test } from "vitest";
import { diagnose, type Examined } from "./doctor.js";

const BOB = "bob" as WriterId;
const LINKS = ["disk", "connection", "canon", "membership", "orchestrator", "clock", "canary"];
const NOW = 1_790_000_000_000;

type Alarm = ReturnType<Peer["canon"]["alarms"]>[number];
type Freshness = ReturnType<Peer["canon"]["freshness"]>;

/** What a peer says of itself; what is not named is well. */
interface Said {
  readonly role?: Peer["role"];
  readonly damage?: string;
  readonly connection?: ReturnType<Peer["stats"]>["connection"];
  readonly connections?: ReturnType<Peer["stats"]>["connections"];
  readonly alarm?: string;
  readonly hasCanon?: boolean;
  readonly freshness?: Partial<Freshness>;
  readonly member?: Partial<Member> | null;
  readonly verdict?: Verdict["status"] | "never" | "refused";
}

const ref = { writer: BOB, generation: "g", sequence: 1, index: 0 } as RecordRef;

const receiptOf = (verdict: Said["verdict"] = "admitted"): Receipt => {
  if (verdict === "refused")
    return { ok: false, refusal: { rule: "L8", fault: "none", message: "the disk is full: free some space" } };
  return {
    ok: true,
    ref,
    id: "e" as EntryId,
    redactions: [],
    verdict: verdict === "never" ? new Promise(() => undefined) : Promise.resolve({ status: verdict, ref }),
  };
};

const peerThat = (said: Said): Examined => {
  const { role = "agent", connection = "connected", connections = { relay: connection as "connected" } } = said;
  const { damage, alarm, hasCanon = true, member = {} } = said;
  return {
    id: BOB,
    role,
    addresses: ["ws://127.0.0.1:4870"],
    logs: {
      damage: damage === undefined ? [] : [{ message: damage } as Peer["logs"]["damage"][number]],
      list: () => [],
    },
    stats: () => ({ connection, connections }),
    canon: {
      alarms: () => (alarm === undefined ? [] : [{ message: alarm } as Alarm]),
      head: () =>
        hasCanon ? ({ ...ref, length: 9, hash: "h", term: 1 } as unknown as LogHead & { term: number }) : undefined,
      freshness: () => ({
        asOf: NOW - 500,
        held: 9,
        known: 9,
        ageMs: 500,
        heardMs: 500,
        rolledBack: false,
        historyUnverified: false,
        ...said.freshness,
      }),
      view: {
        members: new Map(
          member === null ? [] : [[BOB, { writer: BOB, role: "agent", status: "admitted", ...member } as Member]],
        ),
      },
    },
    report: async () => receiptOf(said.verdict),
  };
};

const examine = (said: Said) => diagnose(peerThat(said), { patienceMs: 0, now: () => NOW });

describe("what doctor says of a peer", () => {
  test.each<[title: string, said: Said]>([
    ["a member that hears its orchestrator", {}],
    ["the orchestrator, which waits for nobody", { role: "orchestrator", connection: "none", connections: {} }],
    ["an observer, which canon does not list", { role: "observer", member: null }],
    ["a clock that is a minute off", { freshness: { asOf: NOW - 60_500 } }],
    ["a verdict that is not the one wished for", { verdict: "ignored" }],
  ])("everything works: %s", async (_title, said) => {
    const { isWell, firstFailure, checks } = await examine(said);
    expect({ isWell, firstFailure }).toEqual({ isWell: true, firstFailure: undefined });
    expect(checks.map(({ name }) => name)).toEqual(LINKS);
    expect(checks.filter(({ remedy }) => remedy !== undefined)).toEqual([]);
  });

  test.each<[first: string, title: string, said: Said, detail: string, remedy: RegExp]>([
    [
      "disk",
      "damage",
      { damage: "block 3 does not fit the chain" },
      "block 3 does not fit the chain",
      /Look at the disk/,
    ],
    ["connection", "no relay", { connection: "connecting" }, "relay connecting; known addresses: ws:", /herdmind up/],
    [
      "connection",
      "nobody on the mesh",
      { connection: "connecting", connections: { mesh: "connecting" } },
      "mesh connecting; known addresses: ws:",
      /another peer of the mesh/,
    ],
    ["canon", "an alarm", { alarm: "canon was signed twice" }, "canon was signed twice", /SECURITY\.md/],
    ["canon", "nothing of it", { hasCanon: false }, "nothing of canon is held", /first copy/],
    ["canon", "less than there is", { freshness: { known: 12 } }, "9 of 12 blocks held", /another relay or peer/],
    ["membership", "not listed", { member: null }, "does not list this peer", /orchestrator has not seen it/],
    [
      "membership",
      "not admitted",
      { member: { status: "refused", reason: "the ticket is used up" } },
      "the ticket is used up",
      /new ticket/,
    ],
    ["orchestrator", "never heard", { freshness: { heardMs: undefined } }, "no heartbeat", /herdmind up in its dir/],
    ["orchestrator", "not heard any more", { freshness: { heardMs: 10_000 } }, "no heartbeat", /Start it/],
    ["clock", "ahead", { freshness: { asOf: NOW - 60_501 } }, "60 s from", /Set this machine's clock/],
    ["clock", "behind", { freshness: { asOf: NOW + 3_599_500 } }, "-3600 s from", /Set this machine's clock/],
    ["canary", "refused", { verdict: "refused" }, "L8: the disk is full", /Do what the message says/],
    ["canary", "no verdict", { verdict: "never" }, "no verdict came", /herdmind inspect refusals/],
    ["canary", "closed before it came", { verdict: "pending" }, "no verdict came", /look at its log/],
  ])("the first link that fails: %s (%s)", async (first, _title, said, detail, remedy) => {
    const { isWell, firstFailure, checks, canaryMs } = await examine(said);
    expect({ isWell, firstFailure, canaryMs }).toEqual({ isWell: false, firstFailure: first, canaryMs: undefined });
    const at = LINKS.indexOf(first);
    expect(checks.map(({ name, state }) => `${name} ${state}`)).toEqual(
      LINKS.map((name, i) => `${name} ${i < at ? "ok" : i === at ? "failed" : "skipped"}`),
    );
    expect(checks[at]?.detail).toContain(detail);
    expect(checks[at]?.remedy).toMatch(remedy);
    expect(checks.filter((check) => check.remedy !== undefined)).toHaveLength(1);
  });

  test("of several that fail the first one is named", async () => {
    const everything: Said = {
      connection: "connecting",
      hasCanon: false,
      member: null,
      freshness: { heardMs: undefined },
      verdict: "never",
    };
    expect((await examine(everything)).firstFailure).toBe("connection");
    expect((await examine({ ...everything, damage: "lost" })).firstFailure).toBe("disk");
  });
});
