import { createIndex, type Entry, emptyView, fold, type View } from "@herdmind/experience";
import {
  type AnyRecord,
  type EntryId,
  encodeRecord,
  generateKey,
  type RecordRef,
  record,
  type WriterId,
} from "@herdmind/protocol";
import { afterEach, describe, expect, it } from "vitest";
import { type AdmissionRules, admitUnit } from "./admit-unit.js";
import { createDesk, outcome } from "./desk.fixture.js";
import { createDraft, standingOf } from "./draft.js";
import { createIdentities } from "./identities.js";
import { CANON_BLOCK_BYTES } from "./size.js";
import { signal } from "./swarm.fixture.js";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describe("E1 problems that are merged are judged as one, and apart when they are parted", () => {
  it("E1 counts the reporters of both, and gives back what only the other one's remedy superseded", async () => {
    const desk = await createDesk((close) => closing.push(close));
    const { orchestrator, canon } = desk.office;
    const ada = await desk.agent();
    const right = await desk.propose(ada, signal("the belt of the press slips", "tighten the belt"));
    const bad = await desk.propose(ada, signal("no paper moves in the press", "shake the paper"));
    const others = await desk.agents(8);
    for (const one of others.slice(0, 6)) await desk.say(one, outcome(right, true));
    for (const one of others.slice(6)) await desk.say(one, outcome(bad, false));
    const entry = (id: EntryId): Entry => canon.view.entries.get(id) as Entry;
    expect([entry(right).status, entry(bad).status]).toEqual(["active", "contested"]);
    const [first, second] = [right, bad].map((id) => entry(id).immunization.fingerprint) as [never, never];
    expect(await orchestrator.alias(second, first, "one press")).toMatchObject({ ok: true });
    expect(entry(bad)).toMatchObject({ status: "superseded", by: right });
    expect(entry(bad).reason).toMatch(/^Of 8 independent groups/);
    expect(await orchestrator.unalias(second, first, "two presses")).toMatchObject({ ok: true });
    expect(entry(bad)).toMatchObject({ status: "contested", by: undefined });
  });

  it("E1 one remedy in two entries has the votes of both, and its authors have none", async () => {
    const desk = await createDesk((close) => closing.push(close));
    const { orchestrator, canon } = desk.office;
    const [ada, bob, ...others] = await desk.agents(6);
    const one = await desk.propose(ada as never, signal("the belt of the press slips", "tighten the belt"));
    const two = await desk.propose(bob as never, signal("no paper moves in the press", "tighten the belt"));
    const recall = () => createIndex(canon.view).recall({ error: { message: "the belt of the press slips" } }).entries;
    // Two and two of four others, and each author on what the other proposed.
    for (const [i, who] of others.entries()) await desk.say(who, outcome(i % 2 === 0 ? one : two, true));
    await desk.say(ada as never, outcome(two, true));
    await desk.say(bob as never, outcome(one, true));
    expect(recall().map(({ unconfirmed }) => unconfirmed)).toEqual([true]);
    const [first, second] = [one, two].map((id) => canon.view.entries.get(id)?.immunization.fingerprint) as [
      never,
      never,
    ];
    expect(await orchestrator.alias(second, first, "one press")).toMatchObject({ ok: true });
    // Four of six reporters.
    expect(recall().map(({ id, unconfirmed }) => [id, unconfirmed])).toEqual([
      [one, undefined],
      [two, undefined],
    ]);
    for (const who of others) for (const id of [one, two]) await desk.say(who, outcome(id, false));
    expect([one, two].map((id) => canon.view.entries.get(id)?.status)).toEqual(["revoked", "revoked"]);
  });
});

describe("L7 what is judged fits into one block of canon", () => {
  it("L7 thousands of remedies that one outcome turns are written down over several blocks", async () => {
    const REMEDIES = 6000;
    const at: RecordRef = {
      writer: `${"w".repeat(42)}A` as never,
      generation: `${"g".repeat(21)}A` as never,
      sequence: 1,
      index: 0,
    };
    const writers: WriterId[] = [];
    for (let i = 0; i < 5; i++) writers.push((await generateKey()).id);
    const view = emptyView();
    const say = (one: AnyRecord): void => void fold(view, one, at);
    for (const writer of writers)
      say(record("member", { writer, role: "agent", group: writer, status: "admitted", at: 1 }));
    const identify = createIdentities();
    const ids: EntryId[] = [];
    for (let n = 0; n < REMEDIES; n++) {
      const text = `turn it ${[...String(n)].map((digit) => "qwrtzpsdfg"[Number(digit)]).join(" ")}`;
      const body = {
        type: "ERROR_RESOLVED" as const,
        problem: { error: { message: "the mill stands still" } },
        mitigation: { text },
        at: 1,
      };
      const named = identify(body, new Map());
      if (!named.ok) throw new Error(named.refusal.message);
      const id = `${n.toString(36).padStart(42, "a")}A` as EntryId;
      ids.push(id);
      const { fingerprint, remedyId } = named.value;
      say(
        record("immunization", {
          id,
          type: body.type,
          fingerprint,
          remedyId,
          title: "t",
          search: "s",
          mitigation: { text },
          author: at.writer,
          of: at,
          at: 1,
        }),
      );
      // Two of four: contested. With a fifth reporter anywhere they are two of five, which is more than a third: refuted.
      say(record("evidence", { entry: id, worked: [], failed: writers.slice(0, 2) }));
      if (n === 0) say(record("evidence", { entry: id, worked: [], failed: writers.slice(2, 4) }));
      say(record("status", { entry: id, status: n === 0 ? "revoked" : "contested", reason: "votes" }));
    }
    const rules = {
      swarm: `${"s".repeat(42)}A`,
      view: (): View => view,
      members: () => ({ trusted: new Set(), now: 1, roleOf: () => undefined }),
      identify: (one: never) => identify(one, new Map()),
      inspect: () => undefined,
    } as unknown as AdmissionRules;
    const writer = writers[4] as WriterId;
    const log = { writer, generation: at.generation };
    const tell = (sequence: number, worked: boolean): readonly AnyRecord[] => {
      const draft = createDraft(standingOf(view, new Map(), new Set(ids)));
      const records = [outcome(ids[0] as EntryId, worked)];
      const block = { log, sequence, hash: `${"h".repeat(42)}A` as never, bytes: new Uint8Array(), records };
      admitUnit(
        draft,
        { log, membership: { writer, role: "agent", name: undefined, group: writer, invitations: [] }, block },
        rules,
      );
      const written = draft.toRecords();
      let bytes = 0;
      for (const one of written) {
        const encoded = encodeRecord(one);
        if (!encoded.ok) throw new Error(encoded.refusal.message);
        bytes += encoded.value.length;
        say(one);
      }
      expect(bytes).toBeLessThanOrEqual(CANON_BLOCK_BYTES);
      return written;
    };
    const left = (): number => ids.filter((id) => view.entries.get(id)?.status !== "revoked").length;
    tell(0, false);
    expect(left()).toBeGreaterThan(0);
    expect(left()).toBeLessThan(REMEDIES / 2);
    // The next ones that touch the problem write down the rest.
    for (let sequence = 1; left() > 0 && sequence < 9; sequence++) tell(sequence, sequence % 2 === 0);
    expect(left()).toBe(0);
  });
});
