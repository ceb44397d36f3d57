import { verdictOf } from "@herdmind/experience";
import type { EntryId } from "@herdmind/protocol";
import { afterEach, describe, expect, it } from "vitest";
import { createDesk, type Desk } from "./desk.fixture.js";
import { type Agent, canonRecords, signal, signalOf } from "./swarm.fixture.js";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
const begin = (): Promise<Desk> => createDesk((close) => closing.push(close));

const PROBLEM = "the port of the server is in use";
const REMEDY = "Listen on port 0 and read the port back.";
const evidenceOf = ({ office }: Desk, id: EntryId) => [...(office.canon.view.entries.get(id)?.evidence ?? [])];
const verdicts = async ({ office }: Desk) =>
  (await canonRecords(office)).flatMap((one) => (one.type === "verdict" ? [one.body] : []));

describe("E9 what is proposed again", () => {
  it("E9 counts an echo as its writer's outcome, makes no entry of it, and tells the author which entry it was", async () => {
    const desk = await begin();
    const [ada, bob, cyd] = (await desk.agents(3)) as [Agent, Agent, Agent];
    const id = await desk.propose(ada, signal(PROBLEM, REMEDY));
    const words = "Fixed it by listening on port 0 and reading the port back.";
    const ref = await desk.say(bob, signal(PROBLEM, words));
    await desk.say(cyd, signal("nothing listens there any more", `Applied herdmind:${id}`));
    await desk.say(ada, signal(PROBLEM, "Just listen on port 0, then read the port back!"));
    expect(desk.office.canon.view.entries.size).toBe(1);
    expect(evidenceOf(desk, id)).toEqual([
      [bob.key.id, true],
      [cyd.key.id, true],
    ]);
    expect(await verdicts(desk)).toEqual([
      { of: ref, verdict: "ignored", rule: "E9", reason: `Entry ${id} says the same in other words.`, entry: id },
      expect.objectContaining({ rule: "E9", entry: id, reason: `This says that entry ${id} was applied.` }),
      expect.objectContaining({ rule: "E9", entry: id }),
    ]);
    expect(verdictOf(desk.office.canon.view, signalOf(PROBLEM, words), ref)).toEqual({ verdict: "exception" });
    expect(desk.office.orchestrator.stats()).toMatchObject({ immunized: 1, echoes: 3, corroborated: 0, rejected: 0 });
  });

  it("keeps an alternative, and counts identical and conflicting proposals", async () => {
    const desk = await begin();
    const [ada, bob] = (await desk.agents(2)) as [Agent, Agent];
    await desk.say(ada, signal(PROBLEM, REMEDY));
    await desk.say(bob, signal(PROBLEM, "End the other process."), signal(PROBLEM, REMEDY));
    expect(desk.office.orchestrator.stats()).toMatchObject({
      immunized: 2,
      alternatives: 1,
      corroborated: 1,
      echoes: 0,
    });
  });

  it("E9 rejects junk, says why, and lets it be said better", async () => {
    const desk = await begin();
    const ada = await desk.agent();
    await desk.say(ada, signal(PROBLEM, "Done, thanks!"), signal(PROBLEM, "..."), signal(PROBLEM, PROBLEM));
    expect(desk.office.canon.view.entries.size).toBe(0);
    expect((await verdicts(desk)).map(({ of, verdict, rule, reason }) => [of.index, verdict, rule, reason])).toEqual([
      [0, "rejected", "E9", expect.stringContaining("does not say what helped")],
      [1, "rejected", "E9", expect.stringContaining("no words")],
      [2, "rejected", "E9", expect.stringContaining("the problem again")],
    ]);
    expect(desk.office.orchestrator.stats()).toMatchObject({ rejected: 3, junk: 3, immunized: 0 });
    await desk.say(ada, signal(PROBLEM, REMEDY));
    expect(desk.office.canon.view.entries.size).toBe(1);
  });
});
