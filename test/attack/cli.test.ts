// What a hostile member writes reaches people and scripts through the command: as text, and nothing else.
import type { Known } from "herdmind";
import { expect, test } from "vitest";
import { createMachine, documentOf, failureOf, startSwarm } from "../integration/cli/herdmind-command.ts";

const esc = "\x1b";
const hostile = {
  problem: { error: { message: `boom ${esc}[2J${esc}]0;owned\x07 \u009b31m` }, text: "\u202egnp.exe" },
  discovery: `line one\rline 0wn3d\n   entry       ${"Z".repeat(43)}\nconfidence  99 %`,
  mitigation: {
    text: `run ${esc}]52;c;cm0gLXJmIC8K\x07this\n${esc}[1A${esc}[2Kerror S1: gone`,
    data: { "\u200bkey": "\u{e0041}\u{e0042}" },
  },
  context: { note: "\0\x08\x7f" },
};
/** Anything but text and line ends. */
const unseen = /[[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]--[\n]]/v;

test("E4 an entry cannot move the cursor, set titles, fill the clipboard, turn text round, hide text, or pass for our rows", async () => {
  using machine = createMachine();
  const root = machine.dir("root");
  const { node } = await startSwarm(machine, root);
  const watching = machine.start(["watch", "--dir", root]);
  const watchingJson = machine.start(["watch", "--json", "--dir", root]);
  for (const each of [watching, watchingJson]) await each.line(/watching/);
  const input = JSON.stringify(hostile);
  const reported = await machine.run(["report", "-", "--wait", "--dir", root], { input });
  expect([reported.code, reported.stderr]).toEqual([0, ""]);
  await watching.line(/immunized/);
  await watchingJson.line(/"event":"immunized"/);

  const query = JSON.stringify({ problem: hostile.problem });
  const recalled = await machine.run(["recall", "-", "--dir", root], { input: query });
  expect(recalled.code).toBe(0);
  expect(recalled.stdout).toContain("\\x1b]52;c;");
  // Every line of the claim after its first stands behind a bar.
  expect(recalled.stdout.match(/^ *entry /gm)).toHaveLength(1);
  expect(recalled.stdout.match(/^ *confidence /gm)).toHaveLength(1);
  const json = await machine.run(["recall", "-", "--json", "--dir", root], { input: query });
  const inspected = [
    await machine.run(["inspect", "--dir", root]),
    await machine.run(["inspect", "--json", "--dir", root]),
  ];
  const watched = [await watching.interrupt(), await watchingJson.interrupt()];
  for (const { stdout, stderr } of [reported, recalled, json, ...inspected, ...watched, await node.interrupt()]) {
    expect(stdout).not.toMatch(unseen);
    expect(stderr).not.toMatch(unseen);
  }
  // Scripts get every character, escaped.
  expect(documentOf<Known>(json).entries[0]?.mitigation).toEqual(hostile.mitigation);
});

test("L7 a record over the limits is refused with the rule and the sizes, in process and through the socket", async () => {
  using machine = createMachine();
  const root = machine.dir("root");
  const { node } = await startSwarm(machine, root);
  const input = (bytes: number) => JSON.stringify({ problem: "too much", mitigation: "x".repeat(bytes) });
  const report = (bytes: number) => machine.run(["report", "-", "--json", "--dir", root], { input: input(bytes) });
  const check = async (): Promise<void> => {
    for (const bytes of [40_000, 200_000, 2_000_000]) {
      const ended = await report(bytes);
      expect([bytes, ended.code]).toEqual([bytes, 1]);
      expect(failureOf(ended)).toMatchObject({ rule: "L7", message: expect.stringMatching(/\d{4,}/) });
    }
  };
  await check();
  await node.interrupt();
  await check();
});

test("R1 values of the wrong kind are refused, and named", async () => {
  using machine = createMachine();
  const root = machine.dir("root");
  await startSwarm(machine, root);
  const wrong = [
    { problem: 5, mitigation: "x" },
    { problem: { error: { message: 5 } }, mitigation: "x" },
    { problem: "x", mitigation: { data: {} } },
    { problem: "x", mitigation: "" },
    { problem: "x", mitigation: "y", facts: { deep: {} } },
    { problem: "x", mitigation: "y", context: [] },
    { problem: "x", mitigation: "y", mitigaton: "z" },
    { problem: "x", mitigation: "y", as: "a".repeat(300) },
    { problem: "x", mitigation: "y", as: `eve${esc}[5m` },
    { mitigation: "y" },
  ];
  for (const each of wrong) {
    const ended = await machine.run(["report", "-", "--json", "--dir", root], { input: JSON.stringify(each) });
    expect([each, ended.code]).toEqual([each, 1]);
    expect(failureOf(ended)).toMatchObject({ rule: "R1" });
  }
});
