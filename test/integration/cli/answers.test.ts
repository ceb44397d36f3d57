import { expect, test } from "vitest";
import { createMachine, documentOf, startSwarm } from "./herdmind-command.ts";

test("recall of something unknown: exit 3, and a whole answer", async () => {
  using machine = createMachine();
  const root = machine.dir("root");
  await startSwarm(machine, root);
  const unknown = await machine.run(["recall", "never seen before", "--json", "--dir", root]);
  expect(unknown.code).toBe(3);
  expect(documentOf(unknown)).toMatchObject({ entries: [], searched: ["exact", "alias", "text"] });
});

test("an id that begins with a dash is an id, not a flag", async () => {
  using machine = createMachine();
  const root = machine.dir("root");
  await startSwarm(machine, root);
  const { code, stderr } = await machine.run(["outcome", `-${"A".repeat(42)}`, "--worked", "--wait", "--dir", root]);
  expect(stderr).toBe("");
  expect(code).toBe(1); // canon knows no such entry and ignores the outcome
});

test("standard input and flags name the same problem; tool output may be of any size", async () => {
  using machine = createMachine();
  const root = machine.dir("root");
  await startSwarm(machine, root);
  const at = ["--json", "--dir", root];
  const output = `$ make\n${"compiling part.c\n".repeat(20_000)}error: linker ran out of memory in part.c\nmake: *** [all] Error 1\n`;
  const reported = await machine.run(["report", "--output-file", "-", "--mitigation", "fewer jobs", "--wait", ...at], {
    input: output,
  });
  const { id } = documentOf<{ id: string }>(reported);
  const flags = await machine.run(["recall", "--output-file", "-", "--limit", "1", ...at], { input: output });
  expect(documentOf(flags)).toMatchObject({ entries: [{ id, match: "exact" }] });
  const input = JSON.stringify({ text: "error: linker ran out of memory in part.c", similar: "never" });
  expect(documentOf(await machine.run(["recall", "-", ...at], { input }))).toMatchObject({ entries: [{ id }] });
});
