import { readFileSync } from "node:fs";
import type { Fingerprint, Problem } from "@herdmind/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutLines, MAX_LINES, MAX_TEXT_CHARS } from "./causes.js";
import { fingerprint } from "./error-name.js";
import { FINGERPRINT_VERSION, fingerprintVersionOf, remedyIdOf } from "./fingerprint.js";
import { identify } from "./identity.js";
import { MAX_LINE_CHARS } from "./mask.js";
import { masks } from "./masks.js";
import { recognisers } from "./recognisers.js";

const of = (
  message: string,
  more: Partial<NonNullable<Problem["error"]>> = {},
  facts?: NonNullable<Problem["facts"]>,
) => fingerprint({ error: { message, ...more }, ...(facts === undefined ? {} : { facts }) }).fingerprint;

interface Fixture {
  readonly problem: Problem;
  readonly fingerprint: Fingerprint;
  readonly causes: readonly string[];
}
const fixturesOf = (file: string) =>
  JSON.parse(readFileSync(new URL(`./fixtures/${file}`, import.meta.url), "utf8")) as readonly Fixture[];

it("running out of stack is one problem, whatever function ran", () => {
  const overflow = (where: string, message = "Maximum call stack size exceeded") =>
    fingerprint({
      error: {
        name: "RangeError",
        message,
        output: `RangeError: ${message}\n    at ${where} (/srv/${where}.mjs:3:57)`,
      },
    }).fingerprint;
  expect(overflow("depthOf")).toBe(overflow("walkTree"));
});

describe("frozen fixtures", () => {
  it("algorithm version 2 names these problems for ever", () => {
    const fixtures = fixturesOf("fingerprints-2.json");
    expect(fixtures.length).toBeGreaterThan(90);
    for (const fixture of fixtures) {
      const known = fingerprint(fixture.problem);
      expect({ causes: known.causes, fingerprint: known.fingerprint }).toEqual({
        causes: fixture.causes,
        fingerprint: fixture.fingerprint,
      });
    }
    expect(new Set(fixtures.map((fixture) => fixture.fingerprint)).size).toBe(fixtures.length);
  });

  // Its names stand in canons that exist. Nothing computes them any more; what they need is to be known for what they are,
  // and that two problems which version 1 told apart do not become one by the alias to their present names.
  it("what version 1 named is known as version 1, and still told apart", () => {
    const fixtures = fixturesOf("fingerprints.json");
    expect(fixtures.length).toBeGreaterThan(30);
    expect(fixtures.map((fixture) => fingerprintVersionOf(fixture.fingerprint))).toEqual(fixtures.map(() => 1));
    const present = fixtures.map((fixture) => fingerprint(fixture.problem).fingerprint);
    expect(present.map(fingerprintVersionOf)).toEqual(present.map(() => FINGERPRINT_VERSION));
    expect(new Set(present).size).toBe(fixtures.length);
  });
});

describe("one problem, however it looks", () => {
  const same: readonly (readonly [string, Problem, Problem])[] = [
    [
      "message alone, and output alone",
      { error: { name: "Error", message: "listen EADDRINUSE: address already in use :::3000", code: "EADDRINUSE" } },
      {
        error: {
          message: "Command failed with exit code 1",
          output:
            "node:events:486\n      throw er; // Unhandled 'error' event\n      ^\n\nError: listen EADDRINUSE: address already in use 127.0.0.1:41873\n    at Server.setupListenHandle [as _listen2] (node:net:1940:16)\n  code: 'EADDRINUSE',\n  port: 41873\n}\n\nNode.js v24.21.0\n",
        },
      },
    ],
    [
      "output with colours, and a text",
      {
        text: "\u001b[31mTypeError: Cannot read properties of undefined (reading 'total')\u001b[39m\n    at sum (/srv/a/b.js:3:1)",
      },
      { error: { name: "TypeError", message: "Cannot read properties of undefined (reading 'total')" } },
    ],
    [
      "an excerpt of the data with quotes and a line break",
      { error: { name: "SyntaxError", message: "Unexpected token '<', \"<!doctype \"... is not valid JSON" } },
      {
        error: {
          message: "",
          output:
            "SyntaxError: Unexpected token '<', \"<html>\n<h1>\"... is not valid JSON\n    at JSON.parse (<anonymous>)",
        },
      },
    ],
    [
      "a wrapped cause, and the cause alone",
      {
        text: "TypeError: fetch failed\n    at node:internal/deps/undici/undici:13510:13\n  [cause]: Error: connect ECONNREFUSED ::1:4711\n      at x {\n    code: 'ECONNREFUSED'",
      },
      { error: { message: "connect ECONNREFUSED ::1:5150", code: "ECONNREFUSED" } },
    ],
    [
      "Java: other packages around one root cause",
      {
        text: "[ERROR] org.a.StartException: no start\n\tat org.a.B.c(B.java:3)\nCaused by: java.net.BindException: Address already in use\n\t... 3 more",
      },
      {
        text: 'Exception in thread "main" de.b.AppFailed: x\nCaused by: java.net.BindException: Address already in use',
      },
    ],
  ];
  const tells: readonly (readonly [string, string, string])[] = [
    [
      "a page in Chromium and in Firefox",
      "TypeError: Cannot read properties of undefined (reading 'open')\n    at book (http://localhost:5173/src/shop.js:3:5)",
      'TypeError: can\'t access property "open", till is undefined\nbook@http://localhost:5173/src/shop.js:3:5',
    ],
    [
      "a page in Chromium and in Safari",
      "Uncaught (in promise) TypeError: Failed to fetch\n    at load (https://shop.test/main-8f2c91d.js:1:1)",
      "TypeError: Load failed\nload@https://shop.test/main.js:1:1",
    ],
    [
      "Python: raised from one cause by two programs",
      'Traceback (most recent call last):\n  File "/w/a.py", line 3, in load\n    go()\nPermissionError: [Errno 13] Permission denied: \'/srv/a\'\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File "/w/a.py", line 9, in <module>\n    main()\nRuntimeError: cannot start',
      "Traceback (most recent call last):\n  File \"/x/b.py\", line 7, in read\n    open(p)\nPermissionError: [Errno 13] Permission denied: '/opt/b'",
    ],
    [
      "Go: the same operation wrapped by two programs",
      "2026/11/21 08:03:12 start: load settings: open /etc/shop.yaml: no such file or directory",
      "book: read prices: open /w/prices.csv: no such file or directory",
    ],
    [
      "Rust: an error report with a backtrace, and without",
      "Error: cannot book\n\nCaused by:\n    0: till 7 is not known\n    1: the ledger of till 7 has no first page\n\nStack backtrace:\n   0: shop::main",
      "Error: cannot start\n\nCaused by:\n    the ledger of till 12 has no first page",
    ],
    ["a missing command in two shells", "/bin/sh: 1: jq: not found", "zsh: command not found: jq"],
    [
      "a test of one name, run elsewhere and later",
      " FAIL  src/till.test.ts > till > books three cups\nAssertionError: expected 3 to be 4 // Object.is equality\n \u276f src/till.test.ts:5:13",
      " FAIL  test/till.test.ts > till > books three cups\nAssertionError: expected 7 to be 4 // Object.is equality\n \u276f test/till.test.ts:25:13",
    ],
    [
      "a structured log as JSON and as fields",
      '{"level":"error","time":"2026-11-21T08:03:12Z","msg":"start failed","err":"till 7 is locked by another shop"}',
      'time=2026-11-22T09:00:00Z level=error msg="start failed" err="till 12 is locked by another shop"',
    ],
    [
      "npm: a package that does not exist",
      "npm error code E404\nnpm error 404 Not Found - GET https://a.test/teapott - Not found\nnpm error 404\nnpm error 404  'teapott@^1.0.0' is not in this registry.",
      "npm ERR! code E404\nnpm ERR! 404 Not Found - GET https://b.test/npm/teapott - Not found\nnpm ERR! 404\nnpm ERR! 404  'teapott@2' is not in this registry.",
    ],
  ];
  for (const [name, a, b] of tells) {
    it(name, () =>
      expect(fingerprint({ text: a })).toMatchObject({ fingerprint: fingerprint({ text: b }).fingerprint }),
    );
  }
  for (const [name, a, b] of same) {
    it(name, () => {
      expect(fingerprint(a).causes).toEqual(fingerprint(b).causes);
      expect(fingerprint(a).fingerprint).toBe(fingerprint(b).fingerprint);
    });
  }

  it("names, numbers, ports, paths, hosts and times do not matter", () => {
    const word = fc.stringMatching(/^[a-z]{3,10}$/);
    const path = fc.array(word, { minLength: 1, maxLength: 5 }).map((parts) => `/${parts.join("/")}.txt`);
    const number = fc.integer({ min: 0, max: 99_999 });
    const line = fc.record({
      path,
      port: fc.integer({ min: 1024, max: 65_535 }),
      ms: number,
      host: word,
      id: fc.uuid(),
    });
    const templates: readonly ((v: { path: string; port: number; ms: number; host: string; id: string }) => string)[] =
      [
        (v) => `ENOENT: no such file or directory, open '${v.path}'`,
        (v) => `job ${v.id} timed out after ${v.ms} ms on ${v.host}.example.org:${v.port}`,
        (v) => `connect ETIMEDOUT 10.0.0.7:${v.port}`,
        (v) => `GET https://${v.host}.test:${v.port}${v.path}?a=${v.ms} answered HTTP 503 Service Unavailable`,
        (v) => `${v.path}: line ${v.ms}: invalid value "${v.host}"`,
      ];
    fc.assert(
      fc.property(line, line, fc.constantFrom(...templates), (a, b, template) => {
        expect(of(template(a))).toBe(of(template(b)));
      }),
    );
  });
});

describe("different problems", () => {
  const different: readonly (readonly [string, string, string])[] = [
    ["HTTP status", "Request failed with status code 429", "Request failed with status code 404"],
    ["exit code", "Command failed with exit code 127", "Command failed with exit code 137"],
    ["signal", "killed by signal 9", "killed by signal 11"],
    ["errno", "open '/a/b': EACCES: permission denied", "open '/a/b': EPERM: operation not permitted"],
    ["system call", "ENOENT: no such file or directory, open '/a'", "ENOENT: no such file or directory, scandir '/a'"],
    [
      "relative and absolute path",
      "ENOENT: no such file or directory, open '/a/b.txt'",
      "ENOENT: no such file or directory, open 'b.txt'",
    ],
    [
      "property",
      "Cannot read properties of undefined (reading 'map')",
      "Cannot read properties of undefined (reading 'id')",
    ],
    [
      "null and undefined",
      "Cannot read properties of undefined (reading 'id')",
      "Cannot read properties of null (reading 'id')",
    ],
    ["function", "foo.map is not a function", "foo.then is not a function"],
    ["module", "Cannot find module 'left-pad'", "Cannot find module 'right-pad'"],
    ["module and file", "Cannot find module 'left-pad'", "Cannot find module './left-pad'"],
    ["command", "spawn convert ENOENT", "spawn ffmpeg ENOENT"],
    ["missing command of a shell", "sh: 1: jq: not found", "sh: 1: rg: not found"],
    [
      "token",
      "Unexpected token '<', \"<a>\" is not valid JSON",
      "Unexpected token '\ufeff', \"\ufeff{}\" is not valid JSON",
    ],
    ["IPv6 loopback", "connect ECONNREFUSED ::1:80", "connect ECONNREFUSED 127.0.0.1:80"],
    ["scheme", "cannot fetch http://a.test/x", "cannot fetch https://a.test/x"],
    [
      "compiler code",
      "a.ts(1,2): error TS2304: Cannot find name 'x'.",
      "a.ts(1,2): error TS2552: Cannot find name 'x'.",
    ],
    ["encoding", "not valid for encoding utf-8", "not valid for encoding utf-16"],
    ["unset variable", "Invalid URL: 'undefined'", "Invalid URL: 'htp:/x'"],
    ["tool", "cat: /a/b: Permission denied", "sh: 1: /a/b: Permission denied"],
    [
      "carriage return",
      "env: \u2018sh\\r\u2019: No such file or directory",
      "env: \u2018python\u2019: No such file or directory",
    ],
    [
      "what an assertion compared",
      "Expected values to be strictly equal:\n+ '2026-01-01'\n- '2026-01-02'",
      "Expected values to be strictly equal:\n+ 3\n- 4",
    ],
  ];
  for (const [name, a, b] of different) {
    it(name, () => {
      expect(of(a)).not.toBe(of(b));
    });
  }

  const nil = (frame: string) =>
    `panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation]\n\ngoroutine 1 [running]:\nruntime.gopanic(0x1)\n\t/usr/local/go/src/runtime/panic.go:884 +0x212\ngithub.com/lib/pq.(*conn).send(0x0)\n\t/root/go/pkg/mod/github.com/lib/pq@v1.10.9/conn.go:9 +0x1d\nexample.test/shop/till.${frame}(0x0)\n\t/w/shop/till/till.go:31 +0x1d`;
  const failed = (test: string) => `--- FAIL: ${test} (0.00s)\n    till_test.go:12: got 3, want 4\nFAIL\nexit status 1`;
  const texts: readonly (readonly [string, string, string])[] = [
    ["own function of a nil dereference in Go", nil("(*Till).Open"), nil("(*Till).Close")],
    ["test of an assertion that compares numbers", failed("TestBrew"), failed("TestPour")],
    [
      "function of an index out of range in Python",
      'Traceback (most recent call last):\n  File "/w/a.py", line 3, in brew\n    x[3]\nIndexError: list index out of range',
      'Traceback (most recent call last):\n  File "/w/a.py", line 9, in pour\n    x[3]\nIndexError: list index out of range',
    ],
    ["key of a KeyError", "KeyError: 'port'", "KeyError: 'host'"],
    ["name that is not defined", "NameError: name 'till' is not defined", "NameError: name 'shop' is not defined"],
    [
      "symbol that is not defined",
      "a.c:(.text+0x5): undefined reference to `brew'",
      "a.c:(.text+0x5): undefined reference to `pour'",
    ],
    [
      "Java symbol",
      "A.java:3: error: cannot find symbol\n  symbol:   class Till",
      "A.java:3: error: cannot find symbol\n  symbol:   class Shop",
    ],
    [
      "package that npm does not find",
      "npm error code E404\nnpm error 404  'teapott@1' is not in this registry.",
      "npm error code E404\nnpm error 404  'cupp@1' is not in this registry.",
    ],
    ["error in JSON", '{"error":{"message":"no more tea"}}', '{"error":{"message":"no more milk"}}'],
    ["error in fields", 'level=error msg="no more tea"', 'level=error msg="no more milk"'],
    [
      "number of an error of Windows",
      "connection attempt failed with error 10061",
      "connection attempt failed with error 10060",
    ],
    ["code of a database", "ORA-00942: table or view does not exist", "ORA-01017: table or view does not exist"],
    [
      "target of make",
      "make: *** No rule to make target 'brew'.  Stop.",
      "make: *** No rule to make target 'pour'.  Stop.",
    ],
    ["method of a request", '10.0.0.1 "GET /a HTTP/1.1" 500 12', '10.0.0.1 "POST /a HTTP/1.1" 500 12'],
    ["type behind a package", "java.lang.IllegalStateException: till", "java.lang.IllegalArgumentException: till"],
    [
      "error in a handler, and the error it handled",
      'Traceback (most recent call last):\n  File "a.py", line 3, in a\n    b()\nLookupError: no till\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File "a.py", line 7, in c\n    d()\nshop.CannotLog: no log',
      'Traceback (most recent call last):\n  File "a.py", line 3, in a\n    b()\nLookupError: no till',
    ],
    ["values, where nothing else tells", "AssertionError: expected 3 to be 4", "AssertionError: expected 5 to be 4"],
  ];
  for (const [name, a, b] of texts) {
    it(name, () => {
      expect(fingerprint({ text: a }).fingerprint).not.toBe(fingerprint({ text: b }).fingerprint);
    });
  }

  it("the type of an error without a message, and the own function it came from", () => {
    const text = (name: string, frame: string) => ({
      text: `${name}\n\tat java.util.Objects.requireNonNull(Objects.java:208)\n\tat ${frame}(A.java:31)`,
    });
    const one = fingerprint(text("java.lang.NullPointerException", "org.acme.Ledger.book")).fingerprint;
    expect(fingerprint(text("java.lang.IllegalStateException", "org.acme.Ledger.book")).fingerprint).not.toBe(one);
    expect(fingerprint(text("java.lang.NullPointerException", "org.acme.Order.pay")).fingerprint).not.toBe(one);
    expect(
      fingerprint({
        text: "java.lang.NullPointerException\n\tat java.util.Objects.requireNonNull(Objects.java:233)\n\tat org.acme.Ledger.book(A.java:77)",
      }).fingerprint,
    ).toBe(one);
  });

  it("facts are part of identity, whatever their order", () => {
    const message = "package x does not exist";
    expect(of(message, {}, { a: 1, b: "x" })).toBe(of(message, {}, { b: "x", a: 1 }));
    expect(of(message, {}, { a: 1 })).not.toBe(of(message, {}, { a: 2 }));
    expect(of(message, {}, { a: 1 })).not.toBe(of(message, {}, { a: "1" }));
    expect(of(message, {}, { a: 1 })).not.toBe(of(message));
    expect(of(message, {}, {})).toBe(of(message));
  });
});

describe("identity by type", () => {
  const mitigation = { text: "Do it" };
  const id = (type: string, problem: Problem, types?: ReadonlyMap<string, readonly string[]>) =>
    identify({ type, problem, mitigation }, types);
  it("a validation that passed and one that failed share it", () => {
    const problem = { domain: "billing", approach: "Round  half even." };
    const a = id("VALIDATION_PASSED", problem);
    const b = id("VALIDATION_FAILED", { domain: "Billing", approach: "round half even" });
    expect(a.ok && b.ok && a.value.fingerprint === b.value.fingerprint).toBe(true);
  });
  it("api and purpose are not domain and approach", () => {
    const a = id("WORKAROUND_FOUND", { api: "a", purpose: "b" });
    const b = id("VALIDATION_PASSED", { domain: "a", approach: "b" });
    expect(a.ok && b.ok && a.value.fingerprint !== b.value.fingerprint).toBe(true);
  });
  it("a custom type names its fields, and is refused when canon does not know it or a field is missing (R1)", () => {
    const types = new Map([["acme/flaky-test", ["suite", "test"]]]);
    const problem = { fields: { suite: "api", test: "pays", seed: "7" } };
    const a = id("acme/flaky-test", problem, types);
    const b = id("acme/flaky-test", { fields: { suite: "API", test: "pays", seed: "8" } }, types);
    expect(a.ok && b.ok && a.value.fingerprint === b.value.fingerprint).toBe(true);
    for (const refused of [
      id("acme/flaky-test", problem),
      id("acme/flaky-test", { fields: { suite: "api" } }, types),
    ]) {
      expect(refused.ok).toBe(false);
      if (!refused.ok) expect(refused.refusal).toMatchObject({ rule: "R1", fault: "none" });
    }
  });
  it("nothing to identify is refused (R1)", () => {
    for (const problem of [{}, { error: { message: "" } }, { error: { message: " \n\t" } }, { text: "" }]) {
      expect(id("ERROR_RESOLVED", problem).ok).toBe(false);
    }
    expect(id("WORKAROUND_FOUND", { api: "a" }).ok).toBe(false);
    expect(id("VALIDATION_FAILED", { domain: "a", approach: " " }).ok).toBe(false);
  });
  it("names of prototype members are ordinary words", () => {
    const types = new Map([["acme/x", ["constructor"]]]);
    expect(id("acme/x", { fields: {} }, types).ok).toBe(false);
    expect(id("constructor", { text: "x" }).ok).toBe(false);
  });
  it("a remedy is its words without form, and its data", () => {
    expect(remedyIdOf({ text: " Set  PORT to a free one. " })).toBe(remedyIdOf({ text: "set port to a free one" }));
    expect(remedyIdOf({ text: "x", data: { a: 1, b: [2] } })).toBe(remedyIdOf({ text: "x", data: { b: [2], a: 1 } }));
    expect(remedyIdOf({ text: "x", data: { a: 1 } })).not.toBe(remedyIdOf({ text: "x", data: { a: 2 } }));
    expect(remedyIdOf({ text: "x" })).not.toBe(remedyIdOf({ text: "y" }));
    expect(remedyIdOf({ text: `${"a".repeat(9000)}b` })).not.toBe(remedyIdOf({ text: `${"a".repeat(9000)}c` }));
  });
});

describe("bounded work on hostile text", () => {
  const hostile: readonly (readonly [string, string])[] = [
    ["one character", "a"],
    ["a dot", "."],
    ["a slash", "/"],
    ["a quote", "'"],
    ["a double quote", '"'],
    ["a digit", "7"],
    ["a bracket", "["],
    ["a colon", ":"],
    ["white space", " "],
    ["escape", "\u001b["],
    ["Caused by", "Caused by: "],
    ["names", "a.b."],
    ["addresses", "1:"],
    ["at", " at "],
    ["CERT", "CERT_"],
    ["dashes", "a-"],
    ["half of a pair", "\ud800"],
    ["private use", "\ue041"],
    ["hex", "0a"],
    ["combining marks", "e\u0301"],
    ["errors", "Error: "],
    ["line ends", "\r"],
  ];
  it("looks at no more than its bounds, whatever comes", () => {
    for (const [, part] of hostile) {
      for (const text of [
        part.repeat(1_000_000 / part.length),
        `${part}\n`.repeat(10_000),
        `x\n${part.repeat(500)}\n`.repeat(300),
      ]) {
        const lines = cutLines(text);
        expect(lines.length).toBeLessThanOrEqual(MAX_LINES);
        let chars = 0;
        for (const line of lines) {
          chars += line.length;
          expect(line.length).toBeLessThanOrEqual(MAX_LINE_CHARS);
        }
        expect(chars).toBeLessThanOrEqual(MAX_TEXT_CHARS);
      }
    }
  });
  it("no pattern repeats a group without a bound, and no mask repeats anything without one", () => {
    for (const { name, pattern } of [...masks, ...recognisers]) {
      expect([name, /\)(?:[*+]|\{\d+,\})/.test(pattern.source)]).toEqual([name, false]);
    }
    for (const { name, pattern } of masks) {
      // Inside a character class these are ordinary characters.
      const outside = pattern.source.replace(/\\./g, "_").replace(/\[[^\]]*\]/g, "C");
      expect([name, /[*+]|\{\d+,\}/.test(outside)]).toEqual([name, false]);
    }
  });
  it("sixteen times the text costs about the same", () => {
    const cost = (text: string): number => {
      let best = Number.POSITIVE_INFINITY;
      for (let i = 0; i < 5; i++) {
        const start = process.cpuUsage().user;
        fingerprint({ text });
        best = Math.min(best, process.cpuUsage().user - start);
      }
      return best;
    };
    for (const [name, part] of hostile) {
      const small = cost(part.repeat(Math.ceil(MAX_TEXT_CHARS / part.length)));
      const large = cost(part.repeat(Math.ceil((16 * MAX_TEXT_CHARS) / part.length)));
      // 5 ms of slack: the clock ticks in milliseconds, and a garbage collection may fall in.
      expect([name, large < 4 * small + 5000]).toEqual([name, true]);
    }
  });
  it("gives well-formed titles and search texts, and the same answer twice", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 3000 }),
        fc.string({ unit: "grapheme", maxLength: 300 }),
        (output, message) => {
          const problem = { error: { message, output } };
          const a = fingerprint(problem);
          expect(a).toEqual(fingerprint(problem));
          expect(/\p{Surrogate}/u.test(a.title + a.search)).toBe(false);
          expect(a.title.length).toBeLessThanOrEqual(200);
          expect(/[\u0000-\u001f\u007f-\u009f]/.test(a.title)).toBe(false);
        },
      ),
    );
  });
});
