/** The README's sample for CrewAI, with a stand-in for CrewAI: its command and arguments are started from Python, and answer. */
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { stopNode } from "@herdmind/local/client";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../../..");
const main = join(root, "packages/cli/dist/main.js");
const standIn = join(import.meta.dirname, "crewai_stand_in.py");
const hasPython = spawnSync("python3", ["--version"]).status === 0;

const error = "Error: listen EADDRINUSE: address already in use :::3000";
const jammed = { error: "Error: the gear is jammed" };
const calls = [
  ["report", { error, remedy: "ask for port 0" }],
  ["recall", { error: error.replace("3000", "8080") }],
  ["claim", jammed],
  ["claim", jammed],
];

test.runIf(hasPython)("an agent of CrewAI recalls what it reported, a process for each call", async () => {
  const sample = /```python\n(.*?)```/s.exec(readFileSync(join(root, "packages/mcp/README.md"), "utf8"))?.[1];
  if (sample === undefined) throw new Error("the README has no sample in Python");
  const home = mkdtempSync(join(tmpdir(), "herdmind-crew-"));
  // As an installed package has it on the path.
  writeFileSync(join(home, "herdmind"), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`, { mode: 0o755 });
  const env = { HOME: home, PATH: [home, process.env.PATH].join(delimiter), CALLS: JSON.stringify(calls) };
  try {
    const said = await new Promise<string>((done, failed) => {
      const child = execFile("python3", [standIn], { env }, (fault, stdout) =>
        fault === null ? done(stdout) : failed(fault),
      );
      child.stdin?.end(sample);
    });
    const { tools, texts, codes } = JSON.parse(said) as { tools: string[]; texts: string[]; codes: number[] };
    expect(tools).toEqual(["recall", "prepare", "report", "outcome", "claim", "status"]);
    expect(texts[0]).toMatch(/^admitted /);
    expect(texts[1]).toContain("| ask for port 0");
    // The last process is the same agent as the one before it: the claim is still its own.
    expect(texts[2]).toContain("yours");
    expect(texts[3]).toBe(texts[2]);
    expect(codes).toEqual([0, 0, 0, 0, 0]);
  } finally {
    await stopNode(join(home, ".local/share/herdmind"));
    rmSync(home, { recursive: true, force: true });
  }
});
