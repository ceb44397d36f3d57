import { type AnyRecord, type Problem, record, type WriterId } from "@herdmind/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { entryId, refOf, writer } from "./canon.fixture.js";
import { identify } from "./identity.js";
import { judgeRemedies, type Remedy } from "./life-cycle.js";
import type { RecalledEntry } from "./rank.js";
import { createIndex } from "./recall.js";
import { ballotsOf, type Entry, emptyView, fold, reportersOf, type View } from "./view.js";
import { castVote, countReporters, countVotes, QUORUM } from "./votes.js";

const PROBLEM: Problem = { error: { message: "the spool of the printer is full" } };
const ALIAS: Problem = { error: { message: "no room is left on the printer" } };
const at = refOf(0, 0);

const remedyRecord = (
  n: number,
  author: number,
  problem = PROBLEM,
  says = n,
): Extract<AnyRecord, { type: "immunization" }> => {
  const identity = identify({ type: "ERROR_RESOLVED", problem, mitigation: { text: `remedy ${"abcdefgh"[says]}` } });
  if (!identity.ok) throw new Error(identity.refusal.message);
  const { fingerprint, remedyId, title, search } = identity.value;
  return record("immunization", {
    id: entryId(n),
    type: "ERROR_RESOLVED",
    fingerprint,
    remedyId,
    title,
    search,
    mitigation: { text: `remedy ${n}` },
    author: writer(author),
    of: refOf(author, n),
    at: n,
  }) as Extract<AnyRecord, { type: "immunization" }>;
};
const FINGERPRINT = remedyRecord(0, 0).body.fingerprint;

describe("a merged problem with many remedies", () => {
  it("L7 costs a recall in proportion to them: neither remedies nor reporters are gathered for each anew", () => {
    const view = emptyView();
    const say = (one: AnyRecord): void => void fold(view, one, at);
    for (let g = 0; g < 6; g++)
      say(record("member", { writer: writer(g), role: "agent", group: writer(g), status: "admitted", at: 0 }));
    const names = [PROBLEM, ALIAS].map((problem) => remedyRecord(0, 0, problem).body.fingerprint);
    say(record("alias", { from: names[1] as never, to: names[0] as never, reason: "the same" }));
    for (let n = 0; n < 200; n++) {
      const { body } = remedyRecord(n, 0, n % 2 === 0 ? PROBLEM : ALIAS, 0);
      say(record("immunization", { ...body, remedyId: `${body.remedyId.slice(0, -3)}${100 + n}` as never }));
      say(record("evidence", { entry: entryId(n), worked: [1, 2, 3, 4, 5].map(writer), failed: [] }));
    }
    let reads = 0;
    const { get } = Map.prototype;
    Object.defineProperty(view.entries, "get", {
      value: (id: never) => {
        reads++;
        return get.call(view.entries, id);
      },
    });
    const recalled = createIndex(view).recall({ problem: PROBLEM, limit: 300 });
    expect(recalled.entries.map(({ unconfirmed }) => unconfirmed)).toEqual(Array(200).fill(undefined));
    expect(reads).toBeLessThanOrEqual(5 * 200);
  });
});

/** A swarm whose canon holds one problem under two names: what an orchestrator does with outcomes, and nothing else. */
const createOffice = (groups: number) => {
  const view = emptyView();
  const say = (one: AnyRecord): void => void fold(view, one, at);
  // Writer g is a group of its own; writer 100 + g was invited by it and says the same as it can.
  for (let g = 0; g < groups; g++)
    for (const member of [g, 100 + g])
      say(record("member", { writer: writer(member), role: "agent", group: writer(g), status: "admitted", at: 0 }));
  const names = [PROBLEM, ALIAS].map((problem) => remedyRecord(0, 0, problem).body.fingerprint);
  say(record("alias", { from: names[1] as never, to: names[0] as never, reason: "the same" }));
  const entries = (): Entry[] => [...view.entries.values()];
  const judge = (): void => {
    const remedies: Remedy[] = entries().map((entry) => ({
      id: entry.immunization.id,
      remedyId: entry.immunization.remedyId,
      authors: entry.immunization.author,
      ballots: ballotsOf(view, entry),
      status: entry.status,
      by: entry.by,
    }));
    for (const [i, { status, by }] of judgeRemedies(remedies).entries.entries()) {
      const { id, status: held, by: heldBy } = remedies[i] as Remedy;
      if (status !== held || by !== heldBy)
        say(record("status", { entry: id, status, reason: "votes", ...(by === undefined ? {} : { by }) }));
    }
  };
  return {
    view,
    propose: (n: number, author: number, problem: Problem, says = n) => say(remedyRecord(n, author, problem, says)),
    tell: (who: number, n: number, worked: boolean) => {
      const [yes, no] = worked ? [[writer(who)], []] : [[], [writer(who)]];
      say(record("evidence", { entry: entryId(n), worked: yes, failed: no }));
      judge();
    },
    recall: (): readonly RecalledEntry[] => createIndex(view).recall({ problem: PROBLEM, limit: 1000 }).entries,
    entries,
  };
};

interface Told {
  readonly group: number;
  readonly helper: boolean;
  readonly remedy: number;
  /** What a liar says. */
  readonly lie: boolean;
}

interface Story {
  readonly groups: number;
  readonly liars: readonly number[];
  /** Which remedies are right, who proposed each, and under which name. */
  readonly remedies: readonly {
    readonly isRight: boolean;
    readonly author: number;
    readonly isAlias: boolean;
    /** What the remedy before it says, under the other name. */
    readonly isRepeated: boolean;
  }[];
  readonly told: readonly Told[];
}

const stories: fc.Arbitrary<Story> = fc.integer({ min: 3, max: 16 }).chain((groups) =>
  fc.record({
    groups: fc.constant(groups),
    liars: fc.uniqueArray(fc.nat(groups - 1), { maxLength: Math.ceil(groups / 3) }),
    remedies: fc.array(
      fc.record({ isRight: fc.boolean(), author: fc.nat(groups - 1), isAlias: fc.boolean(), isRepeated: fc.boolean() }),
      {
        minLength: 1,
        maxLength: 5,
      },
    ),
    told: fc.array(
      fc.record({ group: fc.nat(groups - 1), helper: fc.boolean(), remedy: fc.nat(4), lie: fc.boolean() }),
      { minLength: 10, maxLength: 70 },
    ),
  }),
);

/** What repeats another remedy is as right as that. */
const isRight = (remedies: Story["remedies"], n: number): boolean => {
  const [one, before] = [remedies[n], remedies[n - 1]];
  return (one?.isRepeated === true && before !== undefined && !before.isRepeated ? before : one)?.isRight === true;
};

/** Plays a story; calls back after each outcome with who has reported so far. */
const play = (
  { groups, liars, remedies, told }: Story,
  seen: (office: ReturnType<typeof createOffice>, reporters: number, lying: number) => void,
): void => {
  const office = createOffice(groups);
  for (const [n, { author, isAlias, isRepeated }] of remedies.entries()) {
    const before = remedies[n - 1];
    // A repetition is under the other name: under its own it would be an outcome.
    if (isRepeated && before !== undefined && !before.isRepeated)
      office.propose(n, author, before.isAlias ? PROBLEM : ALIAS, n - 1);
    else office.propose(n, author, isAlias ? ALIAS : PROBLEM);
  }
  const reporters = new Set<number>();
  for (const { group, helper, remedy, lie } of told) {
    const number = remedy % remedies.length;
    const about = remedies[number] as Story["remedies"][number];
    const isLiar = liars.includes(group);
    office.tell(helper ? 100 + group : group, remedy % remedies.length, isLiar ? lie : isRight(remedies, number));
    if (about.author !== group) reporters.add(group);
    seen(office, reporters.size, liars.filter((liar) => reporters.has(liar)).length);
  }
};

describe("E1 liars that are fewer than a third of at least five reporters", () => {
  it("E1 property: the first answer is right or says that it is unconfirmed, and a right one stays listed", () => {
    const met = { promised: 0, confirmed: 0, lied: 0 };
    fc.assert(
      fc.property(stories, (story) => {
        const right = new Set(story.remedies.flatMap((_, n) => (isRight(story.remedies, n) ? [entryId(n)] : [])));
        play(story, (office, reporters, lying) => {
          expect(reportersOf(office.view, FINGERPRINT)).toBe(reporters);
          const listed = office.recall();
          const [first] = listed;
          if (reporters < QUORUM) {
            expect(listed.every(({ unconfirmed }) => unconfirmed === true)).toBe(true);
            return;
          }
          if (3 * lying >= reporters) return;
          met.promised++;
          if (lying > 0) met.lied++;
          if (right.size > 0) expect(listed.some(({ id }) => right.has(id))).toBe(true);
          for (const entry of listed) {
            if (entry.unconfirmed === undefined) expect(right.has(entry.id)).toBe(true);
          }
          if (first !== undefined && first.unconfirmed === undefined) met.confirmed++;
          // What is confirmed comes first.
          if (listed.some(({ unconfirmed }) => unconfirmed === undefined)) expect(first?.unconfirmed).toBe(undefined);
        });
      }),
      { numRuns: 300 },
    );
    expect(met.promised).toBeGreaterThan(300);
    expect(met.confirmed).toBeGreaterThan(100);
    expect(met.lied).toBeGreaterThan(100);
  });

  it("E1 property: where every honest reporter has tried the one right remedy it comes first, confirmed, whatever liars do", () => {
    fc.assert(
      fc.property(
        stories.filter(({ groups, liars }) => 3 * liars.length < groups && groups >= QUORUM + 1),
        fc.infiniteStream(fc.nat()),
        (story, random) => {
          const honest = Array.from({ length: story.groups }, (_, g) => g).filter((g) => !story.liars.includes(g));
          const remedies = story.remedies.map((one, n) => ({ ...one, isRight: n === 0, isRepeated: false }));
          const tries: Told[] = honest.map((group) => ({ group, helper: false, remedy: 0, lie: false }));
          const told = [...story.told, ...tries];
          // Any order of all that is said.
          for (let i = told.length - 1; i > 0; i--) {
            const j = (random.next().value as number) % (i + 1);
            [told[i], told[j]] = [told[j] as Told, told[i] as Told];
          }
          const seen: (readonly [office: ReturnType<typeof createOffice>, n: number, lying: number])[] = [];
          play({ ...story, remedies, told }, (...now) => seen.push(now));
          const [office, n, lying] = seen.at(-1) as (typeof seen)[number];
          fc.pre(3 * lying < n && n >= QUORUM);
          const [first] = office.recall();
          expect(first).toMatchObject({ id: entryId(0), status: "active" });
          expect(first?.unconfirmed).toBe(undefined);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("E1 a third is the border: with one liar more than that a wrong remedy can be confirmed", () => {
    const confirmedWrong = (groups: number, liars: number): boolean => {
      const office = createOffice(groups + 1);
      // The author has no vote.
      office.propose(0, groups, PROBLEM);
      office.propose(1, groups, PROBLEM);
      for (let g = 0; g < groups; g++) {
        if (g < liars) office.tell(g, 0, true);
        // Honest writers that came too late to try it.
        else office.tell(g, 1, false);
      }
      return office.recall()[0]?.unconfirmed === undefined;
    };
    for (let groups = QUORUM; groups < 20; groups++) {
      const most = Math.ceil(groups / 3) - 1;
      expect([groups, confirmedWrong(groups, most)]).toEqual([groups, false]);
      expect([groups, confirmedWrong(groups, most + 1)]).toEqual([groups, true]);
    }
  });

  it("E1 honest votes that are split over many right remedies confirm none of them, and the answer says so", () => {
    const office = createOffice(12);
    for (let n = 0; n < 5; n++) office.propose(n, 11, PROBLEM);
    for (let g = 0; g < 10; g++) office.tell(g, g % 5, true);
    expect(office.recall().map(({ unconfirmed }) => unconfirmed)).toEqual([true, true, true, true, true]);
  });

  it("E1 Sybils that one member invited are one voice, also among the reporters", () => {
    const office = createOffice(6);
    office.propose(0, 5, PROBLEM);
    for (const who of [0, 100]) office.tell(who, 0, true);
    for (const g of [1, 2, 3]) office.tell(g, 0, true);
    expect(reportersOf(office.view, FINGERPRINT)).toBe(4);
    expect(office.recall()[0]?.unconfirmed).toBe(true);
    office.tell(4, 0, true);
    expect(office.recall()[0]?.unconfirmed).toBe(undefined);
  });
});

describe("the life of a remedy", () => {
  const statusOf = ({ view }: { readonly view: View }, n: number) => {
    const { status, by } = view.entries.get(entryId(n)) as Entry;
    return by === undefined ? status : `${status} by ${by === entryId(0) ? 0 : by === entryId(1) ? 1 : "?"}`;
  };

  it("is contested, revoked, and lifted back by later successes", () => {
    const office = createOffice(12);
    office.propose(0, 11, PROBLEM);
    const seen: string[] = [];
    for (const [g, worked] of [false, false, false, true, true, true, true].entries()) {
      office.tell(g, 0, worked);
      seen.push(statusOf(office, 0));
    }
    expect(seen).toEqual(["active", "contested", "revoked", "revoked", "contested", "contested", "active"]);
  });

  it("is superseded by a confirmed one that is clearly better, and comes back when that fails", () => {
    const office = createOffice(20);
    office.propose(0, 19, PROBLEM);
    office.propose(1, 19, PROBLEM);
    for (const g of [0, 1, 2, 3, 4, 5, 6]) office.tell(g, 0, true);
    for (const g of [7, 8]) office.tell(g, 1, false);
    expect([statusOf(office, 0), statusOf(office, 1)]).toEqual(["active", "superseded by 0"]);
    // One success does not turn it back, more than its failures do.
    office.tell(9, 1, true);
    expect(statusOf(office, 1)).toBe("superseded by 0");
    for (const g of [10, 11]) office.tell(g, 1, true);
    expect(statusOf(office, 1)).toBe("active");
    office.tell(10, 1, false);
    expect(statusOf(office, 1)).toBe("superseded by 0");
    for (const g of [0, 1, 2, 3, 4, 5]) office.tell(g, 0, false);
    expect([statusOf(office, 0), statusOf(office, 1)]).toEqual(["revoked", "contested"]);
  });

  it("hides nothing in a circle: whatever supersedes is listed itself", () => {
    fc.assert(
      fc.property(stories, (story) => {
        play(story, (office) => {
          for (const { status, by } of office.entries()) {
            expect(by === undefined).toBe(status !== "superseded");
            if (by !== undefined) expect(office.view.entries.get(by)?.status).toBe("active");
          }
        });
      }),
      { numRuns: 100 },
    );
  });

  it("exploration is bounded: an unconfirmed remedy is first for no more failures than successes it has, or two", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 4 }), (praise, others) => {
        const office = createOffice(40);
        office.propose(0, 39, PROBLEM);
        for (let n = 1; n <= others; n++) office.propose(n, 38 - n, PROBLEM);
        for (let g = 0; g < praise; g++) office.tell(g, 0, true);
        let failures = 0;
        while (office.recall()[0]?.id === entryId(0) && office.recall()[0]?.unconfirmed === true)
          office.tell(10 + failures++, 0, false);
        expect(failures).toBeLessThanOrEqual(Math.max(2, praise));
      }),
    );
  });

  it("of one author's many remedies two have their turn before those of others", () => {
    const office = createOffice(5);
    for (let n = 0; n < 5; n++) office.propose(n, 0, PROBLEM);
    office.propose(5, 1, PROBLEM);
    office.propose(6, 100, ALIAS);
    expect(office.recall().map(({ id }) => [0, 1, 2, 3, 4, 5, 6].find((n) => entryId(n) === id))).toEqual([
      0, 1, 5, 2, 3, 4, 6,
    ]);
  });
});

describe("counting votes", () => {
  it("A4 property: kept up with each outcome they are what counting anew gives, whoever joins, leaves or changes his word", () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ who: fc.nat(7), entry: fc.nat(1), worked: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ who: fc.nat(7), group: fc.nat(3), isAdmitted: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ asked: fc.nat(1) }) },
      { weight: 1, arbitrary: fc.record({ undo: fc.boolean() }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const other = remedyRecord(1, 1, ALIAS);
        const records: AnyRecord[] = [remedyRecord(0, 0), other];
        const view = emptyView();
        for (const one of records) fold(view, one, at);
        for (const one of steps) {
          if ("asked" in one) {
            ballotsOf(view, view.entries.get(entryId(one.asked)) as Entry);
            reportersOf(view, FINGERPRINT);
            continue;
          }
          const alias = { from: other.body.fingerprint, to: FINGERPRINT, reason: "alike" };
          const said: AnyRecord =
            "undo" in one
              ? record("alias", { ...alias, undo: one.undo })
              : "entry" in one
                ? record("evidence", {
                    entry: entryId(one.entry),
                    worked: one.worked ? [writer(one.who)] : [],
                    failed: one.worked ? [] : [writer(one.who)],
                  })
                : record("member", {
                    writer: writer(one.who),
                    role: "agent",
                    group: writer(one.group),
                    status: one.isAdmitted ? "admitted" : "refused",
                    at: 0,
                  });
          records.push(said);
          fold(view, said, at);
        }
        const fresh = emptyView();
        for (const one of records) fold(fresh, one, at);
        for (const n of [0, 1]) {
          const of = (some: View) => ballotsOf(some, some.entries.get(entryId(n)) as Entry);
          expect(of(view)).toEqual(of(fresh));
        }
        expect(reportersOf(view, FINGERPRINT)).toBe(reportersOf(fresh, FINGERPRINT));
      }),
    );
  });

  it("a group says what most of its writers say", () => {
    const groups = new Map<WriterId, WriterId>([1, 2, 3, 4].map((n) => [writer(n), writer(n < 4 ? 1 : 4)]));
    const ballots = countVotes(
      [
        [writer(1), true],
        [writer(2), false],
        [writer(4), false],
        [writer(9), true],
      ],
      (who) => groups.get(who),
    );
    expect(ballots).toMatchObject({ worked: 0, failed: 1, divided: 1, writersWorked: 2, writersFailed: 2 });
    castVote(ballots, groups.get(writer(3)), undefined, true);
    expect(ballots).toMatchObject({ worked: 1, failed: 1, divided: 0, writersWorked: 3 });
    expect(countReporters([ballots, countVotes([[writer(4), true]], () => writer(4))])).toBe(2);
  });
});
