import { expect, test } from "vitest";
import { createMachine, documentOf, failureOf, startSwarm } from "./herdmind-command.ts";

const help = [[], ["up"], ["join"], ["invite"], ["report"], ["recall"], ["outcome"], ["watch"], ["inspect"], ["stats"]];

test.each(help)(
  "--help of %j is complete: usage, examples or exit codes, global flags; version",
  async (...command) => {
    using machine = createMachine();
    const { code, stdout, stderr } = await machine.run([...command, "--help"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`Usage: herdmind ${command.join(" ")}`);
    expect(stdout).toContain("Examples:");
    expect(stdout).toContain("--json");
    expect(stdout).toContain("--dir");
    if (command.length === 0) {
      for (const exit of [0, 1, 2, 3, 4, 70, 130, 143]) expect(stdout).toMatch(new RegExp(`^ +${exit} {2}\\S`, "m"));
      for (const [name] of help.slice(1)) expect(stdout).toMatch(new RegExp(`^ {2}${name}[ |[]`, "m"));
    }
  },
);

test("--version is the package's", async () => {
  using machine = createMachine();
  const { code, stdout } = await machine.run(["--version"]);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
});

const id = "A".repeat(43);
const wrong: readonly (readonly [args: readonly string[], says: RegExp, input?: string])[] = [
  [[], /command/],
  [["fly"], /unknown command 'fly'/],
  [["up", "--fly"], /unknown option '--fly'/],
  [["up", "--port", "70000"], /0 \(any free one\) to 65535/],
  [["up", "--port"], /argument missing/],
  [["up", "--name", ""], /1 to 200 bytes/],
  [["up", "--name", "ä".repeat(101)], /1 to 200 bytes/],
  [["up", "--advertise", "example.com"], /ws:\/\/HOST:PORT/],
  [["up", "now"], /too many arguments/],
  [["join"], /There is no ticket/],
  [["join", "--carry", "most", "x"], /own, all/],
  [["invite", "--expires", "soon"], /no duration/],
  [["invite", "--uses", "0"], /whole number from 1/],
  [["invite", "--role", "orchestrator"], /Allowed choices/],
  [["report"], /no problem to report/],
  [["report", "--error", "x"], /no remedy to report/],
  [["report", "x", "--mitigation", "y"], /neither a flag nor "-"/],
  [["report", "--code", "E1", "--mitigation", "y"], /belong to an error/],
  [["report", "--error", "x", "--mitigation", "y", "--fact", "port"], /not KEY=VALUE/],
  [["report", "--error", "x", "--mitigation", "y", "--fact", "port:=many"], /number, true or false/],
  [["report", "--error", "x", "--mitigation", "y", "--context", "[1]"], /not an object/],
  [["report", "--error", "x", "--mitigation", "y", "--context", "{"], /not JSON/],
  [["report", "--output-file", "missing.log", "--mitigation", "y"], /missing\.log cannot be read/],
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
];

test.each(wrong)(
  "wrong usage %j: exit 2, one JSON failure, nothing asked where nobody is",
  async (args, says, input) => {
    using machine = createMachine();
    const options = input === undefined ? {} : { input };
    const plain = await machine.run(args, options);
    expect([plain.code, plain.stdout]).toEqual([2, ""]);
    expect(plain.stderr.replace(/\s+/g, " ")).toMatch(args.length === 0 ? /Usage/ : says);
    const json = await machine.run([...args, "--json"], options);
    expect(json.code).toBe(2);
    expect(failureOf(json)).toMatchObject({ ok: false, rule: "usage", message: expect.stringMatching(says) });
  },
);

test("an empty directory: every command says so, exit 4, and makes nothing there", async () => {
  using machine = createMachine();
  const at = ["--dir", machine.dir("empty"), "--json"];
  for (const command of [["stats"], ["inspect"], ["recall", "x"], ["watch"], ["invite"], ["outcome", id, "--worked"]]) {
    const ended = await machine.run([...command, ...at]);
    expect([command, ended.code]).toEqual([command, 4]);
    expect(failureOf(ended)).toMatchObject({ rule: "S1" });
  }
  const { code } = await machine.run(["stats"], { env: { HERDMIND_HOME: machine.dir("empty") } });
  expect(code).toBe(4);
});

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
