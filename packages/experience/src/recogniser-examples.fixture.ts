/** Examples of each recogniser: `[text, expected message]`; it must find this in the text. Beside the table, and not in it: a page need not load them. */
export const recogniserExamples: { readonly [name: string]: readonly (readonly [string, string])[] } = {
  "java-cause": [
    [
      "x.AppException: start\n\tat x.Y.z(Y.java:3)\nCaused by: java.net.BindException: Address already in use\n\tat a.b(C.java:4)",
      "Address already in use",
    ],
  ],
  "node-cause": [
    [
      "TypeError: fetch failed\n    at node:internal/x\n  [cause]: Error: connect ECONNREFUSED ::1:4711 {",
      "connect ECONNREFUSED ::1:4711",
    ],
  ],
  "runtime-abort": [
    [
      "<--- Last few GCs --->\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
      "JavaScript heap out of memory",
    ],
    ["fatal error: all goroutines are asleep - deadlock!", "deadlock!"],
  ],
  "python-error": [
    ["Traceback (most recent call last):\n  File \"a.py\", line 3, in <module>\n    go()\nKeyError: 'port'", "'port'"],
  ],
  "rust-panic": [
    [
      "thread 'main' panicked at src/main.rs:4:5:\nindex out of bounds: the len is 3 but the index is 7",
      "index out of bounds: the len is 3 but the index is 7",
    ],
  ],
  "go-panic": [
    [
      "panic: runtime error: index out of range [5] with length 3\n\ngoroutine 1 [running]:",
      "runtime error: index out of range [5] with length 3",
    ],
  ],
  "typed-error": [
    [
      "node:events:486\n      throw er;\n\nError: listen EADDRINUSE: address already in use :::8080\n    at x",
      "listen EADDRINUSE: address already in use :::8080",
    ],
    ["java.lang.NullPointerException\n\tat a.B.c(B.java:3)", ""],
  ],
  typescript: [
    [
      "src/a.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.",
      "TS2322: Type 'string' is not assignable to type 'number'.",
    ],
  ],
  "rust-compiler": [["error[E0308]: mismatched types\n --> src/main.rs:2:5", "E0308: mismatched types"]],
  "maven-compiler": [
    [
      "[ERROR] /w/A.java:[3,7] cannot find symbol\n[ERROR]   symbol:   class Ledger\n[ERROR]   location: package x",
      "cannot find symbol: class Ledger",
    ],
  ],
  compiler: [["main.c:3:10: fatal error: zlib.h: No such file or directory", "zlib.h: No such file or directory"]],
  curl: [
    ["  % Total\ncurl: (22) The requested URL returned error: 404", "curl: (22) The requested URL returned error: 404"],
  ],
  interpreter: [
    [
      "/usr/bin/env: \u2018bash\\r\u2019: No such file or directory\n/usr/bin/env: use -[v]S to pass options",
      "interpreter with a carriage return: not found",
    ],
    [
      "bash: ./run.sh: /bin/sh^M: bad interpreter: No such file or directory",
      "interpreter with a carriage return: not found",
    ],
    ["env: python: No such file or directory", "interpreter python: not found"],
  ],
  shell: [
    ["sh: 1: jq: not found", "jq: not found"],
    ["./build-7.sh: line 12: rsync: command not found", "rsync: command not found"],
  ],
  npm: [
    [
      "npm error code E404\nnpm error 404 Not Found - GET https://r.test/x - Not found",
      "E404: Not Found - GET https://r.test/x - Not found",
    ],
  ],
  git: [
    [
      "fatal: not a git repository (or any of the parent directories): .git",
      "not a git repository (or any of the parent directories): .git",
    ],
  ],
  "system-tool": [
    [
      "cp: cannot create regular file '/mnt/a': Read-only file system",
      "cp: cannot create regular file '/mnt/a': Read-only file system",
    ],
    [
      "cat: /data/My: No such file or directory\ncat: Files/a.txt: No such file or directory",
      "cat: /path: No such file or directory",
    ],
  ],
  aggregate: [["AggregateError [ECONNREFUSED]: \n    at internalConnectMultiple (node:net:1134:18)", ""]],
  "typed-error-inline": [["12:04:01 job 3: RangeError: Invalid array length", "Invalid array length"]],
  errno: [["upload stopped (ENOSPC) after 3 files", "upload stopped (ENOSPC) after 3 files"]],
  "http-status": [["> GET /x HTTP/1.1\n< HTTP/1.1 503 Service Unavailable", "HTTP/1.1 503 Service Unavailable"]],
  killed: [["step 3\nSegmentation fault (core dumped)", "Segmentation fault"]],
  "maven-goal": [
    [
      "[ERROR] Failed to execute goal on project x: Could not resolve dependencies for y",
      "Could not resolve dependencies for y",
    ],
  ],
  generic: [["reading\nledger is locked by another run\nbye", "ledger is locked by another run"]],
  wrapper: [["Command failed with exit code 3", "Command failed with exit code 3"]],
  "last-line": [["one\ntwo", "two"]],
};
