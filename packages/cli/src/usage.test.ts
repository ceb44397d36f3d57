import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { protectIds, run } from "./run.js";

let home = "";
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "herdmind-usage-"));
});
afterAll(() => rmSync(home, { recursive: true }));

/** The command with streams that are no terminal. */
const call = async (args: readonly string[], input = "") => {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await run(["--dir", join(home, "none"), ...args], {
    stdin: Readable.from([Buffer.from(input)]),
    stdout,
    stderr,
  });
  stdout.end();
  stderr.end();
  return { code, stdout: await text(stdout), stderr: await text(stderr) };
};

const commands = [
  ...["up", "join", "invite", "report", "recall", "outcome", "watch", "inspect", "stats"],
  ...["replay", "why", "log", "export", "import"],
  ...["prepare", "relevance", "alias"],
  ...["mcp", "install", "hook"],
  ...["exec", "shell", "shell-init"],
];

describe("help", () => {
  test.each([[], ...commands.map((name) => [name])])("of %j: usage, examples, global flags", async (...command) => {
    const { code, stdout, stderr } = await call([...command, "--help"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`Usage: herdmind ${command.join(" ")}`);
    for (const part of ["Examples:", "--json", "--dir"]) expect(stdout).toContain(part);
  });

  test("names every command and every exit code", async () => {
    const { stdout } = await call(["--help"]);
    for (const code of [0, 1, 2, 3, 4, 70, 125, 130, 143]) expect(stdout).toMatch(new RegExp(`^ +${code} {2}\\S`, "m"));
    for (const name of commands) expect(stdout).toMatch(new RegExp(`^ {2}${name}[ |[]`, "m"));
  });

  test("--version is the package's", async () => {
    expect(await call(["--version"])).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: "",
    });
  });
});

const id = "A".repeat(43);
const wrong: readonly (readonly [args: readonly string[], says: RegExp, input?: string])[] = [
  [[], /Name a command/],
  [["fly"], /unknown command 'fly'/],
  [["up", "--fly"], /unknown option '--fly'/],
  [["up", "--port", "70000"], /0 \(any free one\) to 65535/],
  [["up", "--port"], /argument missing/],
  [["up", "--name", ""], /1 to 200 bytes/],
  [["up", "--name", "ä".repeat(101)], /1 to 200 bytes/],
  [["up", "--name", "red\x1b[31m"], /no invisible characters/],
  [["up", "--advertise", "example.com"], /ws:\/\/HOST:PORT/],
  [["up", "now"], /too many arguments/],
  [["join"], /There is no ticket/],
  [["join", "--carry", "most", "x"], /own, swarm, all/],
  [["export", "--format", "csv"], /"cq" \(knowledge units\)/],
  [["invite", "--expires", "soon"], /no duration/],
  [["invite", "--uses", "0"], /whole number from 1/],
  [["invite", "--role", "orchestrator"], /Allowed choices/],
  [["report"], /no problem to report/],
  [["report", "--error", "x"], /no remedy to report/],
  [["report", "x", "--mitigation", "y"], /neither a flag nor "-"/],
  [["report", "--error", "x", "--mitigation", "y", "--applies-to", "[1]"], /--applies-to.*not an object/],
  [["recall", "x", "--budget-tokens", "few"], /whole number from 0/],
  [["prepare"], /There is no task/],
  [["prepare", "x", "--fact", "java"], /not KEY=VALUE/],
  [["prepare", "-", "--api", "x"], /put --api into it/, "{}"],
  [["alias", "--undo"], /Name two problems/],
  [["alias", "a"], /the other problem/],
  [["alias", "a", "b"], /--reason/],
  [["relevance", "--hide"], /Name the rule/],
  [["relevance", "a"], /--show, --hide or --off/],
  [["relevance", "a", "--hide", "--show"], /--show, --hide or --off/],
  [["relevance", "a", "--hide"], /--when QUERY/],
  [["relevance", "a", "--hide", "--when", "gpu"], /--when/],
  [["report", "--code", "E1", "--mitigation", "y"], /belong to an error/],
  [["report", "--error", "x", "--mitigation", "y", "--fact", "port"], /not KEY=VALUE/],
  [["report", "--error", "x", "--mitigation", "y", "--fact", ":=1"], /no name before/],
  [["report", "--error", "x", "--mitigation", "y", "--fact", "port:=many"], /number, true or false/],
  [["report", "--error", "x", "--mitigation", "y", "--context", "[1]"], /not an object/],
  [["report", "--error", "x", "--mitigation", "y", "--context", "{"], /not JSON/],
  [["report", "--output-file", "/missing.log", "--mitigation", "y"], /missing\.log cannot be read/],
  [["report", "--text", "x", "--output-file", "-", "--mitigation", "y"], /both describe/],
  [["report", "-"], /not JSON/, "not JSON"],
  [["report", "-"], /not an object/, "[]"],
  [["report", "-", "--error", "x"], /put --error into it/, "{}"],
  [["recall"], /nothing to look for/],
  [["recall", "-"], /not JSON/, ""],
  [["recall", "x", "--limit", "0"], /whole number from 1/],
  [["recall", "x", "--min-score", "2"], /from 0 to 1/],
  [["recall", "x", "--error", "y"], /both describe/],
  [["outcome"], /Name the entry/],
  [["outcome", "short", "--worked"], /not the id of an entry/],
  [["outcome", id], /--worked or --failed/],
  [["outcome", id, "--worked", "--failed"], /both --worked and --failed/],
  [["inspect", "everything"], /Allowed choices/],
  [["install"], /claude-code, cursor, codex/],
  [["install", "--target", "emacs"], /"emacs" is not known here/],
  [["install", "--target", "windsurf", "--scope", "project"], /only --scope user/],
  [["install", "--scope", "machine"], /Allowed choices/],
  [["exec"], /no command to run/],
  [["exec", "ls", "-l"], /unknown option/],
  [["shell", "fish"], /bash or zsh/],
  [["shell-init", "fish"], /bash or zsh/],
  [["after", "/missing.json"], /called by a shell/],
];

const cases = wrong.map(([args, says, input = ""]) => ({ args, says, input }));

test.each(cases)("wrong usage $args: exit 2, one failure, and nobody is asked", async ({ args, says, input }) => {
  const plain = await call(args, input);
  expect([plain.code, plain.stdout]).toEqual([2, ""]);
  expect(plain.stderr).toMatch(args.length === 0 ? /Usage/ : says);
  const json = await call([...args, "--json"], input);
  expect([json.code, json.stdout]).toEqual([2, ""]);
  expect(JSON.parse(json.stderr)).toEqual({ ok: false, rule: "usage", message: expect.stringMatching(says) });
});

test("S1 an empty directory: every command says so with exit 4, and makes nothing there", async () => {
  for (const command of [["stats"], ["inspect"], ["recall", "x"], ["watch"], ["invite"], ["outcome", id, "--worked"]]) {
    const { code, stdout, stderr } = await call([...command, "--json"]);
    expect([command, code, stdout]).toEqual([command, 4, ""]);
    expect(JSON.parse(stderr)).toMatchObject({ ok: false, rule: "S1" });
  }
  expect(() => rmSync(join(home, "none"))).toThrow(/ENOENT/);
});

test("an id that begins with a dash is put behind --, and other texts are left alone", () => {
  const dashed = `-${"A".repeat(42)}`;
  expect(protectIds(["outcome", dashed, "--worked"])).toEqual(["outcome", "--worked", "--", dashed]);
  expect(protectIds(["outcome", id, "--note", dashed])).toEqual(["outcome", id, "--note", dashed]);
  expect(protectIds(["outcome", "--", dashed])).toEqual(["outcome", "--", dashed]);
});
