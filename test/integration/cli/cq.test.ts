// cq knowledge units, through the command: out of one swarm, into another, and from somebody else.
import { readFileSync } from "node:fs";
import type { ReportAnswer, WhyAnswer } from "@herdmind/local/client";
import { describe, expect, test } from "vitest";
import { createMachine, documentOf, startSwarm } from "./herdmind-command.ts";

const taken = ["--error", "listen EADDRINUSE: address already in use :::3000"];
/** As `cq query --format json` prints what it finds: a list, with the nulls of its language. */
const foreign = JSON.stringify(
  [
    {
      id: "ku_00112233445566778899aabbccddeeff",
      version: 1,
      domains: ["package-manager"],
      insight: {
        summary: "pnpm install hangs when its store is on a network drive",
        detail: "The store is locked by file, and the drive has no locks.",
        action: "Set store-dir to a local directory.",
      },
      context: { languages: null, frameworks: ["pnpm"], pattern: "" },
      evidence: { confidence: 1, confirmations: 99 },
      tier: "private",
      created_by: "",
      flags: null,
    },
    { id: "ku_1", domains: ["x"], insight: { summary: "a", detail: "b", action: "c" } },
  ],
  null,
  2,
);

describe("cq knowledge units", () => {
  test("go from swarm to swarm, come from elsewhere, and count for nothing by what they claim (E1)", async () => {
    using machine = createMachine();
    const [root, other, file] = [machine.dir("root"), machine.dir("other"), machine.dir("units.jsonl")];
    await startSwarm(machine, root, "--name", "farm");
    const report = ["report", ...taken, "--mitigation", "use port 0", "--wait", "--json", "--dir", root];
    const { id } = documentOf<ReportAnswer>(await machine.run(report));
    const exported = await machine.run(["export", file, "--format", "cq", "--json", "--dir", root]);
    expect(documentOf(exported)).toMatchObject({ file, records: 1, leftOut: { pending: 0, tooLong: 0 } });
    const [unit, ...none] = readFileSync(file, "utf8").trimEnd().split("\n");
    expect(none).toEqual([]);
    expect(JSON.parse(unit ?? "")).toMatchObject({
      insight: { summary: expect.stringContaining("EADDRINUSE"), action: "use port 0" },
      evidence: { confidence: 0.5, confirmations: 1 },
    });

    await startSwarm(machine, other, "--name", "other");
    const take = async (from: string) => {
      const run = ["import", from, "--format", "cq", "--json", "--dir", other];
      const ended = await machine.run(run, from === "-" ? { input: foreign } : {});
      return { code: ended.code, stderr: ended.stderr, ...documentOf<{ imported: number }>(ended) };
    };
    expect(await take(file)).toMatchObject({ code: 0, imported: 1, known: 0, bad: 0, isWhole: true });
    expect(await take("-")).toMatchObject({
      code: 1,
      imported: 1,
      bad: 1,
      stderr: expect.stringContaining("unit 2: id: "),
    });
    expect(await take("-")).toMatchObject({ code: 1, imported: 0, known: 1 });

    const recall = ["recall", "--text", "pnpm install hangs when its store is on a network drive"];
    const recalled = async () =>
      documentOf<{ entries: readonly { id: string }[] }>(await machine.run([...recall, "--json", "--dir", other]))
        .entries;
    await expect.poll(async () => (await recalled()).length).toBe(1);
    const [claimed] = await recalled();
    expect(claimed).toMatchObject({ match: "exact", evidence: { worked: 0, failed: 0 } });
    const story = documentOf<WhyAnswer>(await machine.run(["why", claimed?.id ?? "", "--json", "--dir", other]));
    expect(story.entry).toMatchObject({ confidence: 0.5, worked: 0 });
    expect(story.steps[0]).toMatchObject({
      body: {
        context: {
          cq: { frameworks: ["pnpm"] },
          importedFrom: { format: "cq", unit: "ku_00112233445566778899aabbccddeeff", claims: { confidence: 1 } },
        },
      },
    });
    const same = (await machine.run(["log", "--type", "signal", "--json", "--dir", other])).stdout.split("\n")[0] ?? "";
    expect(JSON.parse(same)).toMatchObject({ body: { context: { importedFrom: { entry: id } } } });
  });
});
