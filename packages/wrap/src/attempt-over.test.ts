import type { EntryId, Fingerprint } from "@herdmind/protocol";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { attemptOver } from "./attempt-over.js";
import type { Answer, ClaimAsked, Experience } from "./experience.js";

const FINGERPRINT = `f2_${"a".repeat(32)}` as Fingerprint;
type Claimed = Extract<Answer<"claim">, { readonly ok: true }>["value"];
type Entry = NonNullable<Claimed["entries"]>[number];

const entry = (id: string, more: Partial<Entry> = {}): Entry =>
  ({ id: id as EntryId, match: "exact", score: 1, mitigation: { text: id }, ...more }) as Entry;

/** An experience that knows what it is told to, and answers claims by a script; when that ends, as it did last. */
const scripted = (...claims: readonly (Partial<Claimed> | Error)[]) => {
  const asked: ClaimAsked[] = [];
  const known: Entry[] = [];
  const outcomes: [string, boolean][] = [];
  const reported: unknown[] = [];
  const receipt = { id: "x" as EntryId, ref: { writer: "w" }, redactions: [], verdict: { status: "pending" } };
  const experience: Experience = {
    recall: async ({ exclude = [] }) =>
      ({
        ok: true,
        value: { entries: known.filter(({ id }) => !exclude.includes(id)), fingerprints: [FINGERPRINT] },
      }) as unknown as Answer<"recall">,
    prepare: () => expect.unreachable(),
    report: async (report) => {
      reported.push(report);
      return { ok: true, value: receipt } as unknown as Answer<"report">;
    },
    outcome: async (id, { success }) => {
      outcomes.push([id, success]);
      return { ok: true, value: receipt } as unknown as Answer<"outcome">;
    },
    claim: async (query) => {
      asked.push({ ...query, ...(query.exclude === undefined ? {} : { exclude: [...query.exclude] }) });
      if (query.release === true) return { ok: true, value: { status: "released", fingerprint: FINGERPRINT } };
      const number = asked.filter(({ release }) => release !== true).length - 1;
      const answer = claims[Math.min(number, claims.length - 1)];
      if (answer instanceof Error) return { ok: false, rule: "S4", message: answer.message };
      return { ok: true, value: { fingerprint: FINGERPRINT, status: "yours", ...answer } as Claimed };
    },
  };
  return { experience, asked, known, outcomes, reported };
};

describe("the loop over an experience", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const boom = new Error("boom");
  const fail = () => {
    throw boom;
  };

  it("E8 says its claim again while it searches, and gives it back when it finds nothing", async () => {
    const { experience, asked } = scripted({ status: "yours" });
    const searching = Promise.withResolvers<undefined>();
    const attempted = attemptOver(experience)({}, fail, { solve: () => searching.promise });
    await vi.advanceTimersByTimeAsync(15_000);
    const renewal = { fingerprint: FINGERPRINT, forMs: 20_000, exclude: [] };
    expect(asked).toEqual([{ ...renewal, waitMs: 0 }, renewal, renewal, renewal]);
    searching.resolve(undefined);
    await expect(attempted).rejects.toBe(boom);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked.slice(4)).toEqual([{ fingerprint: FINGERPRINT, release: true }]);
  });

  it("E8 what was found is reported, which ends the claim: it is not released before canon has judged it", async () => {
    const { experience, asked, reported } = scripted({ status: "yours" });
    const value = await attemptOver(experience)({}, fail, { solve: () => ({ mitigation: "kick it", value: 7 }) });
    await vi.advanceTimersByTimeAsync(60_000);
    expect([value, reported.length, asked.length]).toEqual([7, 1, 1]);
  });

  it("E8 hears with a renewal that a remedy is known, ends the search and applies it", async () => {
    const remedy = entry("press");
    const { experience, known, outcomes } = scripted({ status: "yours" }, { status: "known", entries: [remedy] });
    let isCured = false;
    const attempted = attemptOver(experience)(
      {},
      () => {
        if (!isCured) throw boom;
        return "moving";
      },
      {
        apply: () => {
          isCured = true;
        },
        solve: (_error, { learned }) =>
          new Promise((resolve) => {
            learned.addEventListener("abort", () => resolve(undefined));
          }),
      },
    );
    await vi.advanceTimersByTimeAsync(4_000);
    known.push(remedy);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await attempted).toBe("moving");
    expect(outcomes).toEqual([["press", true]]);
  });

  it("E8 waits for somebody else as long as its patience lasts, then searches alone; never asks without a pause", async () => {
    const holder = { writer: "other", name: "other" } as unknown as NonNullable<Claimed["holder"]>;
    const { experience, asked } = scripted({ status: "taken", holder });
    const waits: unknown[] = [];
    let searched = 0;
    const attempted = attemptOver(experience)({}, fail, {
      apply: () => undefined,
      patienceMs: 3_000,
      onWait: (wait) => waits.push(wait),
      solve: () => {
        searched += 1;
        return { mitigation: "kick it", value: "alone" };
      },
    });
    await vi.advanceTimersByTimeAsync(2_900);
    expect(searched).toBe(0);
    await vi.advanceTimersByTimeAsync(400);
    expect(await attempted).toBe("alone");
    expect(waits).toEqual([{ holder: "other", fingerprint: FINGERPRINT, patienceMs: 3_000 }]);
    // One, and then one each 250 ms, although the node answers at once.
    expect(asked.length).toBeLessThanOrEqual(2 + 3_000 / 250 + 1);
    expect(asked[1]?.waitMs).toBe(3_000);
  });

  it("searches on beside hints that may not be applied unattended, and where the claim cannot be made", async () => {
    const hint = entry("maybe", { match: "facts", score: 0.5 });
    const heard: string[] = [];
    for (const answer of [{ status: "known" as const, entries: [hint] }, new Error("no node")]) {
      const { experience, asked } = scripted(answer);
      const value = await attemptOver(experience)({}, fail, {
        apply: () => expect.unreachable(),
        onUnreachable: (error, verb) => heard.push(`${verb}: ${String(error)}`),
        solve: () => ({ mitigation: "kick it", value: "found" }),
      });
      expect([value, asked.length]).toEqual(["found", 1]);
    }
    expect(heard).toEqual(["claim: Error: S4: no node"]);
  });

  it("claims with what was tried, so that a remedy which failed does not end the search", async () => {
    const { experience, asked, known, outcomes } = scripted({ status: "yours" });
    known.push(entry("wait"));
    const value = await attemptOver(experience)({}, fail, {
      apply: () => undefined,
      solve: () => ({ mitigation: "kick it", value: "found" }),
    });
    expect([value, asked[0]?.exclude, outcomes]).toEqual(["found", ["wait"], [["wait", false]]]);
  });
});
