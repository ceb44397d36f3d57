import { expect, test } from "vitest";
import { createMachine, documentOf, startSwarm } from "./herdmind-command.ts";

test("A2 an operator merges two problems and takes them apart, from the shell", async () => {
  using machine = createMachine();
  const [root, web] = [machine.dir("root"), machine.dir("web")];
  const { ticket } = (await startSwarm(machine, root)).up;
  const at = (dir: string, ...args: readonly string[]) => machine.run([...args, "--json", "--dir", dir]);
  const report = async (error: string, mitigation: string): Promise<string> =>
    documentOf<{ id: string }>(await at(root, "report", "--error", error, "--mitigation", mitigation, "--wait")).id;
  const one = await report("the mirror answered with an empty index", "Use the second mirror.");
  const two = await report("no package named left was found anywhere", "Drop the cached index.");
  const recalled = async (): Promise<unknown> =>
    documentOf(await at(root, "recall", "the mirror answered with an empty index"));
  expect(await recalled()).toMatchObject({ entries: [{ id: one, match: "exact" }] });

  expect((await at(web, "join", ticket, "--once")).code).toBe(0);
  const elsewhere = await at(web, "alias", one, two, "--reason", "one mirror");
  expect([elsewhere.code, elsewhere.stderr]).toEqual([1, expect.stringContaining('"rule":"A2"')]);

  expect(documentOf(await at(root, "alias", one, two, "--reason", "one mirror"))).toMatchObject({
    aliases: [{ reason: "operator: one mirror" }],
  });
  expect(await recalled()).toMatchObject({
    entries: [
      { id: one, match: "exact" },
      { id: two, match: "alias" },
    ],
  });
  const apart = documentOf<{ aliases: readonly { from: string; to: string }[] }>(
    await at(root, "alias", one, two, "--undo", "--reason", "two mirrors"),
  );
  expect(apart.aliases.map(({ from, to }) => from === to)).toEqual([true]);
  expect(await recalled()).toMatchObject({ entries: [{ id: one }] });
  const again = await at(root, "alias", one, two, "--undo", "--reason", "two mirrors");
  expect(again.stderr).toContain("not merged");
});
