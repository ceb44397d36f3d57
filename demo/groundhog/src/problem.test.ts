import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { causes } from "./causes.js";
import type { TaskProblem } from "./plan.js";
import { problemOf } from "./problem.js";
import { createWorkshop } from "./workshop.js";

/** As plain as a mask can be: what differs between two tasks of one cause must be no more than this. */
const mask = ({ error }: TaskProblem): string =>
  `${error.name ?? ""} ${error.code ?? ""} ${error.message}`
    .replace(/, "[\s\S]*"(\.\.\.)? is not valid JSON/, ", <text> is not valid JSON")
    .replace(/https?:\/\/\S+/g, "<url>")
    // The unexpected token is what tells a byte order mark from a compressed body.
    .replace(/(?<!Unexpected token )'[^'\n]*'/g, "<quoted>")
    .replace(/[\w.-]*(?:\/[\w.-]+)+/g, "<path>")
    .replace(/HTTP (\d)(\d)(\d)/g, (_, ...digits: string[]) => `HTTP ${digits.slice(0, 3).join("_")}_`)
    .replace(/\b\d+\b/g, "<number>");

test("tasks of one cause differ in their output and agree once masked; no two causes agree", {
  timeout: 120_000,
}, async () => {
  await using workshop = await createWorkshop({ dir: tmpdir() });
  const causeByMasked = new Map<string, string>();
  for (const { name } of causes) {
    const problems: TaskProblem[] = [];
    for (const seed of ["one", "two", "three"]) {
      const result = await workshop.task({ id: seed, cause: name, seed }).run();
      expect(result.ok, name).toBe(false);
      if (!result.ok) problems.push(result.problem);
    }
    for (const { error } of problems) expect(error.output, "no hint of the cause's name").not.toContain(name);
    expect(new Set(problems.map(({ error }) => error.output)).size, name).toBe(3);
    const masked = new Set(problems.map(mask));
    expect([...masked], name).toHaveLength(1);
    const [text] = masked;
    expect(causeByMasked.get(text ?? ""), `${name}: ${text}`).toBeUndefined();
    causeByMasked.set(text ?? "", name);
  }
});

const ended = { exitCode: 1, signalName: null, stdout: "", stderr: "" };

test("reads name, message and code of an uncaught error", () => {
  const stderr = "a.mjs:1\nthrow x\n^\n\nRangeError [ERR_X]: too far\nby 3\n    at a.mjs:1:1\n\nNode.js v24\n";
  expect(problemOf({ ...ended, stderr }).error).toEqual({
    name: "RangeError",
    message: "too far\nby 3",
    code: "ERR_X",
    output: stderr,
  });
});

test("takes a shell's first line, a failed start, or how the program ended when nothing else is known", () => {
  expect(problemOf({ ...ended, stderr: "\nx.sh: 2: no\nmore\n" }).error.message).toBe("x.sh: 2: no");
  expect(problemOf({ ...ended, exitCode: null, startError: "spawn x ENOENT" }).error.message).toBe("spawn x ENOENT");
  expect(problemOf(ended).error.message).toBe("the program ended with exit code 1");
  expect(problemOf({ ...ended, signalName: "SIGKILL" }).error.message).toBe("the program was ended by SIGKILL");
});
