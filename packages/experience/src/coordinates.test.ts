import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { coordinatesIn, coordinatesOfRemedy, MAX_COORDINATES } from "./coordinates.js";

describe("coordinates in the output of tools", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    // Maven, Gradle
    ["Could not find artifact test.harbour:tides:jar:3.0.1 in central", ["tides@3.0.1"]],
    ["+- test.harbour:tides:3.0.1-jre:compile", []],
    ["+- test.harbour:tides:jar:tests:3.0.1:compile", ["tides@3.0.1"]],
    ["|  +--- test.harbour:tides:2.4 -> 3.0", ["tides@2.4"]],
    ["test.harbour:pier:jar:29 requires Quay 2.1", ["pier@29"]],
    ["Failed to execute goal test.tools:quay-maven-plugin:1.2.3:check (default) on project x", []],
    ["bad class file: /home/me/.m2/repository/test/harbour/tides/3.0.1/tides-3.0.1.jar(/a/B.class)", ["tides@3.0.1"]],
    // npm, pnpm
    ["npm error peer tide-table@^2.0.0 from @harbour/pier@4.1.0", ["@harbour/pier@4.1.0"]],
    ["at node_modules/.pnpm/tide-table@2.0.1/node_modules/tide-table/index.js:3:1", ["tide-table@2.0.1"]],
    // pip, wheels
    ["ERROR: No matching distribution found for tide_table==2.0.1rc1", ["tide_table@2.0.1rc1"]],
    ["Using cached tide_table-2.0.1-py3-none-any.whl (12 kB)", ["tide_table@2.0.1"]],
    // Cargo
    ["error: failed to compile `tide-table v0.4.2 (/work/tide-table)`", ["tide-table@0.4.2"]],
    // Go
    ["example.test/harbour/tides@v1.4.0: invalid version", ["example.test/harbour/tides@1.4.0"]],
    // Images
    ["failed to pull image registry.test:5000/harbour/tides:1.4.0-slim", ["tides@1.4.0-slim"]],
    ["manifest for harbour/tides:1.4.0-slim not found", ["tides@1.4.0-slim"]],
    // What only looks like one
    ["listen EADDRINUSE: address already in use 127.0.0.1:3000", []],
    ["connect ECONNREFUSED db.test:5432", []],
    ["ssh me@10.0.0.12 failed", []],
    ["at Pier.start (/srv/pier.js:12:3) at 10:53:54.887", []],
    ["see https://docs.test/tides:1.2.3", []],
    ["ratio 1.5:2.5, version 3.0.1 of nothing", []],
  ];
  test.each(cases)("%s", (line, expected) => {
    expect(coordinatesIn([line])).toEqual(expected);
  });

  test("each once, in order, and no more than a bound", () => {
    const lines = Array.from({ length: 40 }, (_, i) => `a.b:c${i}:1.${i}.0 a.b:c0:1.0.0`);
    expect(coordinatesIn(lines)).toHaveLength(MAX_COORDINATES);
    expect(coordinatesIn(lines).slice(0, 2)).toEqual(["c0@1.0.0", "c1@1.1.0"]);
  });

  test("any line is read, in time that its length bounds", () => {
    const piece = fc.constantFrom(
      "1.2",
      ":",
      "@",
      "==",
      "-",
      "/",
      "a",
      "v",
      ".jar",
      "node_modules/",
      " ",
      "\\",
      "~",
      "1",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
        for (const one of coordinatesIn([pieces.join("")])) expect(one).toMatch(/^[^\s@]?[^\s]*@\d[\w.+-]*$/);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("coordinates that a remedy is about", () => {
  test.each<readonly [string, readonly string[]]>([
    ["Use test.harbour:tides:2.4.1 instead of test.harbour:tides:3.0.0.", ["tides@2.4.1", "tides@3.0.0"]],
    ["Downgrade tide-table from 3.0.1 back to 2.4.1", ["tide-table@3.0.1", "tide-table@2.4.1"]],
    ["npm install @harbour/pier@4.1.0", ["@harbour/pier@4.1.0"]],
    ["pin tide-table to version 2.4.1, then run the tests", ["tide-table@2.4.1"]],
    ["Set HARBOUR_PORT=0 and start again", []],
    ["Use Node.js 22.3 or later", []],
    ["wait 1.5 seconds between the calls", []],
    ["tide-table wants the clock of the harbour master to be set to the time of day 12.30", []],
  ])("%s", (text, expected) => {
    expect(coordinatesOfRemedy({ text })).toEqual(expected);
  });

  test("data and discovery are looked at as well, within a bound", () => {
    const data = { install: { name: "x", spec: ["harbour/tides:1.4.0"] } };
    expect(coordinatesOfRemedy({ text: "another image", data }, "tide-table 3.0.1 is broken")).toEqual([
      "tide-table@3.0.1",
      "tides@1.4.0",
    ]);
    expect(coordinatesOfRemedy({ text: `${" ".repeat(2000)}tide-table@2.0.0` })).toEqual([]);
  });
});
