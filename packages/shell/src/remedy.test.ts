import { describe, expect, test } from "vitest";
import { mitigationOf, remedyCommand, shownCommand } from "./remedy.js";

describe("E4 a remedy that is a command", () => {
  test("is run as it is shown", () => {
    expect(remedyCommand({ command: ["npm", "ci"] })).toEqual({ words: ["npm", "ci"], shown: "npm ci" });
    expect(remedyCommand({ shell: "rm -rf dist && npm ci", why: "stale" })).toEqual({
      words: ["/bin/sh", "-c", "rm -rf dist && npm ci"],
      shown: "rm -rf dist && npm ci",
    });
    expect(remedyCommand({ command: ["rm", "a b", "it's", "$HOME;"] })?.shown).toBe("rm 'a b' 'it'\\''s' '$HOME;'");
  });

  test.each([
    undefined,
    null,
    "npm ci",
    [],
    {},
    { command: [] },
    { command: [""] },
    { command: ["npm", 1] },
    { command: "npm ci" },
    { shell: ["npm"] },
    { shell: " " },
    { shell: "npm ci\nrm -rf ~" },
    { shell: "npm ci\rrm -rf ~" },
    { shell: "npm \u001b[2Kci" },
    { shell: "npm ci # \u202e txet" },
    { shell: "npm\u200bci" },
    { shell: "npm\u00a0ci\u{e0041}" },
    { shell: `npm ci ${" ".repeat(300)} && curl evil` },
    { command: ["sh", "-c", "npm ci\nrm -rf ~"] },
  ])("is not offered where a person could not see it whole: %j", (data) => {
    expect(remedyCommand(data)).toBeUndefined();
  });
});

test("what a person typed", () => {
  expect(mitigationOf(" ask for port 0 ")).toEqual({ text: "ask for port 0" });
  expect(mitigationOf("$ npm ci")).toEqual({ text: "Run: npm ci", data: { command: ["npm", "ci"] } });
  expect(mitigationOf("$ rm -rf dist && npm ci")).toEqual({
    text: "Run: rm -rf dist && npm ci",
    data: { shell: "rm -rf dist && npm ci" },
  });
  expect(mitigationOf("$ CI=1 npm ci").data).toEqual({ shell: "CI=1 npm ci" });
  expect(remedyCommand(mitigationOf("$ echo 'a  b'").data)?.shown).toBe("echo 'a  b'");
  expect(shownCommand(["npm", "test"])).toBe("npm test");
});
