import { describe, expect, it } from "vitest";
import { failedTest, ownFrame } from "./frames.js";

describe("the first own frame of a stack of", () => {
  const stacks: readonly (readonly [string, string, string | undefined])[] = [
    [
      "Node",
      "    at JSON.parse (<anonymous>)\n    at read (/w/node_modules/conf/index.js:3:1)\n    at async Till.open [as start] (file:///w/till.js:9:3)\n    at main (/w/main.js:1:1)",
      "Till.open [as start]",
    ],
    ["Node, without an own one", "    at node:internal/x:1:1\n    at x (/w/node_modules/a/b.js:1:1)", undefined],
    [
      "Chromium",
      "    at r (https://shop.test/assets/vendor-8f2c91d.js:1:1)\n    at bookTea (https://shop.test/assets/main.js:1:99)",
      "bookTea",
    ],
    [
      "Firefox",
      "h@http://localhost:5173/node_modules/.vite/deps/react-dom.js:1:1\nbookTea@http://localhost:5173/src/shop.js:3:5",
      "bookTea",
    ],
    [
      "Safari",
      "map@[native code]\nbookTea@https://shop.test/main.js:3:5\nmodule code@https://shop.test/main.js:9:1",
      "bookTea",
    ],
    [
      "Python",
      'Traceback (most recent call last):\n  File "/w/main.py", line 9, in <module>\n    main()\n  File "/w/till.py", line 3, in open\n    x()\n  File "/usr/lib/python3.12/json/decoder.py", line 1, in decode\n    y()',
      "open",
    ],
    [
      "Python, in a group",
      '    | Traceback (most recent call last):\n    |   File "/w/till.py", line 4, in brew\n    |     raise x',
      "brew",
    ],
    [
      "Java",
      "\tat java.base/java.util.Objects.requireNonNull(Objects.java:208)\n\tat app//org.junit.Assert.fail(Assert.java:9)\n\tat shop.till.Till.open(Till.java:31)",
      "shop.till.Till.open",
    ],
    [
      "Kotlin",
      "\tat kotlinx.coroutines.DispatchedTask.run(DispatchedTask.kt:1)\n\tat shop.TillKt.brew(Till.kt:7)",
      "shop.TillKt.brew",
    ],
    [".NET", "   at System.IO.File.Open(String path)\n   at Shop.Till.Open() in /w/Till.cs:line 31", "Shop.Till.Open"],
    [
      "Go",
      "goroutine 1 [running]:\nruntime.gopanic({0x1, 0x2})\n\t/usr/local/go/src/runtime/panic.go:884 +0x212\nexample.test/shop/till.(*Till).Open(0x0)\n\t/w/till/till.go:31 +0x1d",
      "example.test/shop/till.(*Till).Open",
    ],
    [
      "Rust",
      "   0: rust_begin_unwind\n             at /rustc/9fc6b431/library/std/src/panicking.rs:647:5\n   1: core::panicking::panic\n             at /rustc/9fc6b431/library/core/src/panicking.rs:1:1\n   2: shop::till::open::h0123456789abcdef\n             at ./src/till.rs:31:5",
      "shop::till::open",
    ],
    ["prose that looks like a call", "we called main.go(now) twice\nand till.open(x) once", undefined],
  ];
  for (const [name, stack, frame] of stacks) it(name, () => expect(ownFrame(stack.split("\n"))).toBe(frame));
});

describe("the first failed test of", () => {
  const outputs: readonly (readonly [string, string, string | undefined])[] = [
    ["vitest", " \u2713 src/a.test.ts (3 tests)\n FAIL  src/till.test.ts > till > brews tea", "till > brews tea"],
    ["jest", "  \u25cf Console\n\n    x\n\n  \u25cf till \u203a brews tea\n", "till \u203a brews tea"],
    ["node:test", "\u2714 pours (0.1ms)\n\u2716 brews tea (1.234ms)", "brews tea"],
    ["TAP", "ok 1 - pours\nnot ok 2 - brews tea", "brews tea"],
    ["mocha", "  1 failing\n\n  1) till\n       brews tea:\n     Error: x", "till brews tea"],
    ["pytest", "________________ test_brew ________________\n\n    def test_brew():", "test_brew"],
    ["pytest, its summary", "FAILED tests/test_till.py::TestTill::test_brew - assert 3 == 4", "TestTill::test_brew"],
    ["unittest", "FAIL: test_brew (till.TillTest.test_brew)", "test_brew"],
    ["go test", "--- FAIL: TestBrew (0.00s)", "TestBrew"],
    ["Gradle", "TillTest > brews tea() FAILED", "TillTest > brews tea()"],
    ["Surefire", "[ERROR] shop.TillTest.brews -- Time elapsed: 0.01 s <<< FAILURE!", "shop.TillTest.brews"],
    ["cargo", "---- tests::brews stdout ----", "tests::brews"],
    ["none of them", "all is well\n1 failed", undefined],
  ];
  for (const [name, output, test] of outputs) it(name, () => expect(failedTest(output.split("\n"))).toBe(test));
});
