/** Examples of each recogniser: `[text, expected message]`; it must find this in the text. Beside the table, and not in it: a page need not load them. */
export const recogniserExamples: { readonly [name: string]: readonly (readonly [string, string])[] } = {
  "java-cause": [
    [
      "x.AppException: start\n\tat x.Y.z(Y.java:3)\nCaused by: java.net.BindException: Address already in use\n\tat a.b(C.java:4)",
      "Address already in use",
    ],
    [
      'Exception in thread "main" shop.StartFailed: no ledger\n\tat shop.MainKt.main(Main.kt:9)\n\tSuppressed: java.io.IOException: cannot close\n\t\tat shop.Files.close(Files.kt:3)\n\tCaused by: java.io.EOFException: early end\n\t\tat shop.Files.flush(Files.kt:8)\nCaused by: java.sql.SQLException: no such table\n\tat shop.Db.open(Db.kt:12)\n\tSuppressed: java.io.IOException: cannot close\n\tCaused by: java.io.EOFException: early end',
      "no such table",
    ],
  ],
  "cause-in-words": [
    [
      "error: Failed to install\n  Caused by: Could not read the archive of `tea`\n  Caused by: the archive ends too early",
      "the archive ends too early",
    ],
  ],
  "node-cause": [
    [
      "TypeError: fetch failed\n    at node:internal/x\n  [cause]: Error: connect ECONNREFUSED ::1:4711 {",
      "connect ECONNREFUSED ::1:4711",
    ],
  ],
  "rust-cause": [
    [
      "Error: failed to load the ledger\n\nCaused by:\n    0: could not parse `ledger.toml`\n    1: expected `=` after a key\n\nStack backtrace:\n   0: anyhow::error",
      "expected `=` after a key",
    ],
    [
      "Error: failed to open the ledger\n\nCaused by:\n    No such file or directory (os error 2)",
      "failed to open the ledger: No such file or directory (os error 2)",
    ],
    [
      "error: failed to load manifest for workspace member `/w/a`\n\nCaused by:\n  failed to parse manifest\n\nCaused by:\n  missing field `version`",
      "missing field `version`",
    ],
  ],
  "dotnet-cause": [
    [
      "Unhandled exception. Shop.StartException: no start\n ---> System.Net.Sockets.SocketException (111): Connection refused\n   at Shop.Db.Open() in /w/Db.cs:line 7\n   --- End of inner exception stack trace ---",
      "Connection refused",
    ],
  ],
  "runtime-abort": [
    [
      "<--- Last few GCs --->\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
      "JavaScript heap out of memory",
    ],
    ["fatal error: all goroutines are asleep - deadlock!", "deadlock!"],
  ],
  "numbered-causes": [
    [
      "Error:\n   0: cannot start the shop\n   1: the ledger is locked\n\nLocation:\n   src/main.rs:7",
      "the ledger is locked",
    ],
  ],
  "python-group": [
    [
      '  + Exception Group Traceback (most recent call last):\n  |   File "a.py", line 9, in <module>\n  | ExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)\n  +-+---------------- 1 ----------------\n    | Traceback (most recent call last):\n    |   File "a.py", line 4, in load\n    | LedgerLocked: held by the till\n    +---------------- 2 ----------------\n    | Traceback (most recent call last):\n    |   File "a.py", line 6, in other\n    | ValueError: no tea\n    +------------------------------------',
      "held by the till",
    ],
  ],
  "python-error": [
    ["Traceback (most recent call last):\n  File \"a.py\", line 3, in <module>\n    go()\nKeyError: 'port'", "'port'"],
    [
      'Traceback (most recent call last):\n  File "a.py", line 3, in load\n    go()\n    ~~^^\nConnectionRefusedError: no till\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File "a.py", line 7, in <module>\n    load()\nshop.NotStarted: start failed',
      "no till",
    ],
    [
      'Traceback (most recent call last):\n  File "a.py", line 3, in load\n    go()\nLookupError: no till\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File "a.py", line 7, in <module>\n    load()\nshop.CannotLog: no log',
      "no log",
    ],
  ],
  "rust-panic": [
    [
      "thread 'main' panicked at src/main.rs:4:5:\nindex out of bounds: the len is 3 but the index is 7",
      "index out of bounds: the len is 3 but the index is 7",
    ],
  ],
  "go-panic": [
    [
      "panic: runtime error: index out of range [5] with length 3 [recovered]\n\tpanic: runtime error: index out of range [5] with length 3\n\ngoroutine 1 [running]:",
      "runtime error: index out of range [5] with length 3",
    ],
  ],
  php: [
    [
      "PHP Fatal error:  Uncaught Shop\\LedgerError: the till is open in /w/shop.php:31\nStack trace:\n#0 {main}",
      "the till is open",
    ],
  ],
  ruby: [
    ["shop.rb:31:in `book': the till is open (Shop::LedgerError)\n\tfrom shop.rb:40:in `<main>'", "the till is open"],
  ],
  jest: [
    [
      "  \u25cf ledger \u203a books tea\n\n    expect(received).toBe(expected) // Object.is equality\n\n    Expected: 3\n    Received: 4",
      "expect(received).toBe(expected) // Object.is equality",
    ],
  ],
  pytest: [
    [
      "    def test_tea():\n>       assert brew() == 3\nE       assert 4 == 3\nE        +  where 4 = brew()",
      "assert 4 == 3",
    ],
    ["E   ModuleNotFoundError: No module named 'teapot'", "No module named 'teapot'"],
  ],
  "go-test": [
    ["--- FAIL: TestBrew (0.00s)\n    shop_test.go:12: brew() = 3, want 4\nFAIL\nexit status 1", "brew() = 3, want 4"],
    [
      "--- FAIL: TestBrew (0.00s)\n    shop_test.go:12: \n        \tError Trace:\t/w/shop_test.go:12\n        \tError:      \tNot equal: \n        \t            \texpected: 3",
      "Not equal:",
    ],
  ],
  "typed-error": [
    [
      "node:events:486\n      throw er;\n\nError: listen EADDRINUSE: address already in use :::8080\n    at x",
      "listen EADDRINUSE: address already in use :::8080",
    ],
    ["java.lang.NullPointerException\n\tat a.B.c(B.java:3)", ""],
    [
      'Exception in thread "main" kotlin.UninitializedPropertyAccessException: lateinit property till is not set',
      "lateinit property till is not set",
    ],
    ["Uncaught (in promise) TypeError: ledger.book is not a function", "ledger.book is not a function"],
    [
      "TypeError: undefined is not an object (evaluating 'till.open')\nbook@http://localhost:5173/src/shop.js:3:5",
      "undefined is not an object (evaluating 'till.open')",
    ],
    ["[TypeError: till is closed]", "till is closed"],
    [
      "  File \"shop.py\", line 3\n    def book(\n            ^\nSyntaxError: '(' was never closed",
      "'(' was never closed",
    ],
  ],
  "dotnet-unhandled": [
    [
      "Unhandled exception. System.InvalidOperationException: the till is open\n   at Shop.Till.Open()",
      "the till is open",
    ],
  ],
  tap: [
    [
      "# Subtest: books tea\nnot ok 1 - books tea\n  ---\n  duration_ms: 3.1\n  failureType: 'testCodeFailure'\n  error: 'no cup for the tea'\n  code: 'ERR_TEST_FAILURE'",
      "no cup for the tea",
    ],
    ["not ok 2 - pours\n  ---\n  error: |-\n    the pot was empty\n  ...", "the pot was empty"],
  ],
  "coded-compiler": [
    [
      "src/a.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.",
      "TS2322: Type 'string' is not assignable to type 'number'.",
    ],
    [
      "Shop.cs(3,7): error CS0103: The name 'till' does not exist in the current context [/w/shop.csproj]",
      "CS0103: The name 'till' does not exist in the current context",
    ],
    ["shop.obj : error LNK2019: unresolved external symbol brew", "LNK2019: unresolved external symbol brew"],
  ],
  "rust-compiler": [["error[E0308]: mismatched types\n --> src/main.rs:2:5", "E0308: mismatched types"]],
  "maven-compiler": [
    [
      "[ERROR] /w/A.java:[3,7] cannot find symbol\n[ERROR]   symbol:   class Ledger\n[ERROR]   location: package x",
      "cannot find symbol: class Ledger",
    ],
  ],
  linker: [
    [
      "/usr/bin/ld: /tmp/cc1.o: in function `main':\nshop.c:(.text+0x5): undefined reference to `brew'\ncollect2: error: ld returned 1 exit status",
      "undefined reference to `brew'",
    ],
    [
      "ld: library not found for -lteapot\nclang: error: linker command failed with exit code 1",
      "library not found for -lteapot",
    ],
  ],
  "apple-linker": [
    [
      'Undefined symbols for architecture arm64:\n  "_brew", referenced from:\n      _main in shop.o',
      "undefined symbol: _brew",
    ],
  ],
  compiler: [
    ["main.c:3:10: fatal error: zlib.h: No such file or directory", "zlib.h: No such file or directory"],
    [
      "Shop.java:3: error: cannot find symbol\n  Till t;\n  ^\n  symbol:   class Till\n  location: class Shop",
      "cannot find symbol: class Till",
    ],
    ["Shop.swift:3:5: error: cannot find 'brew' in scope", "cannot find 'brew' in scope"],
    ["Shop.kt:3:5: error: unresolved reference 'brew'", "unresolved reference 'brew'"],
  ],
  "kotlin-compiler": [
    ["e: file:///w/Shop.kt:3:5 Unresolved reference 'brew'.", "Unresolved reference 'brew'."],
    ["e: /w/Shop.kt: (3, 5): Unresolved reference: brew", "Unresolved reference: brew"],
  ],
  "scala-compiler": [
    ["[error] /w/Shop.scala:3:5: not found: value brew\n[error] one error found", "not found: value brew"],
    [
      "[error] -- [E006] Not Found Error: /w/Shop.scala:3:5 ------\n[error] 3 |  brew()\n[error]   |  ^^^^\n[error]   |  Not found: brew",
      "Not found: brew",
    ],
  ],
  "go-compiler": [
    ["# example.test/shop\n./main.go:12:5: undefined: brew", "undefined: brew"],
    [
      "main.go:4:2: no required module provides package example.test/tea; to add it:\n\tgo get example.test/tea",
      "no required module provides package example.test/tea",
    ],
  ],
  bundler: [
    ['\u2718 [ERROR] Could not resolve "teapot"\n\n    src/a.ts:1:20:', 'Could not resolve "teapot"'],
    [
      "Module not found: Error: Can't resolve 'teapot' in '/w/src'",
      "Module not found: Can't resolve 'teapot' in '/w/src'",
    ],
  ],
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
  "node-gyp": [
    [
      "npm error code 1\nnpm error gyp ERR! stack Error: not found: make\nnpm error gyp ERR! stack     at getNotFoundError (x.js:3)",
      "not found: make",
    ],
  ],
  "missing-command": [
    ["sh: 1: jq: not found", "jq: command not found"],
    ["./build-7.sh: line 12: jq: command not found", "jq: command not found"],
    ["zsh: command not found: jq", "jq: command not found"],
    ["fish: Unknown command: jq", "jq: command not found"],
    [
      "'jq' is not recognized as an internal or external command,\noperable program or batch file.",
      "jq: command not found",
    ],
    ["jq : The term 'jq' is not recognized as the name of a cmdlet, function, script file", "jq: command not found"],
  ],
  shell: [
    ["sh: 1: ./deploy.sh: Permission denied", "./deploy.sh: Permission denied"],
    ["./build-7.sh: line 12: TILL: unbound variable", "TILL: unbound variable"],
  ],
  npm: [
    [
      "npm error code ETARGET\nnpm error notarget No matching version found for teapot@9.",
      "ETARGET: notarget No matching version found for teapot@9.",
    ],
    [
      "npm error code E404\nnpm error 404 Not Found - GET https://r.test/teapott - Not found\nnpm error 404\nnpm error 404  'teapott@*' is not in this registry.",
      "E404: package 'teapott' not found",
    ],
    [
      'npm error code ERESOLVE\nnpm error ERESOLVE unable to resolve dependency tree\nnpm error\nnpm error While resolving: shop@1.0.0\nnpm error Found: cup@18.2.0\nnpm error Could not resolve dependency:\nnpm error peer cup@"^17.0.0" from teapot@4.1.2',
      "ERESOLVE: peer cup of teapot",
    ],
  ],
  "pnpm-yarn": [
    [
      "\u2009ERR_PNPM_NO_MATCHING_VERSION\u2009 No matching version found for teapot@9",
      "ERR_PNPM_NO_MATCHING_VERSION: No matching version found for teapot@9",
    ],
    ["\u27a4 YN0035: \u2502 teapot@npm:9: Package not found", "YN0035: teapot@npm:9: Package not found"],
    [
      'error Couldn\'t find package "teapot" on the "npm" registry.',
      'Couldn\'t find package "teapot" on the "npm" registry.',
    ],
  ],
  "diagnostic-tree": [
    [
      "  \u00d7 No solution found when resolving dependencies:\n  \u2570\u2500\u25b6 Because teapot was not found in the package registry and you require\n      teapot, your requirements cannot be met.",
      "Because teapot was not found in the package registry and you require teapot, your requirements cannot be met.",
    ],
  ],
  dpkg: [
    [
      "dpkg: error processing package teapot (--configure):\n installed teapot package post-installation script subprocess returned error exit status 1",
      "package 'teapot': installed teapot package post-installation script subprocess returned error exit status 1",
    ],
  ],
  surefire: [
    [
      "[ERROR] Failures: \n[ERROR]   LedgerTest.books:31 expected: <3> but was: <4>\n[INFO]",
      "expected: <3> but was: <4>",
    ],
    [
      '[ERROR] Errors: \n[ERROR]   LedgerTest.books:31 \u00bb NullPointer Cannot invoke "Till.open()"',
      'Cannot invoke "Till.open()"',
    ],
  ],
  gradle: [
    [
      "FAILURE: Build failed with an exception.\n\n* What went wrong:\nExecution failed for task ':app:compileJava'.\n> Could not resolve all files for configuration ':app:compileClasspath'.\n   > Could not find org.acme:teapot:1.2.3.\n     Searched in the following locations:\n\n* Try:\n> Run with --stacktrace",
      "Could not find org.acme:teapot:1.2.3.",
    ],
  ],
  apt: [["Reading package lists...\nE: Unable to locate package teapot", "Unable to locate package teapot"]],
  make: [
    ["make: *** No rule to make target 'brew', needed by 'all'.  Stop.", "No rule to make target 'brew'"],
    ["Makefile:3: *** missing separator.  Stop.", "missing separator"],
  ],
  "git-refusal": [
    [
      "To https://git.test/shop\n ! [rejected]        main -> main (non-fast-forward)\nerror: failed to push some refs to 'https://git.test/shop'",
      "push rejected: non-fast-forward",
    ],
    [
      "Auto-merging a.txt\nCONFLICT (content): Merge conflict in a.txt\nAutomatic merge failed; fix conflicts",
      "CONFLICT (content)",
    ],
  ],
  docker: [["docker: Error response from daemon: pull access denied for teapot.", "pull access denied for teapot."]],
  git: [
    [
      "fatal: not a git repository (or any of the parent directories): .git",
      "not a git repository (or any of the parent directories): .git",
    ],
    ["ERROR: No matching distribution found for teapot==9", "No matching distribution found for teapot==9"],
  ],
  linter: [
    [
      "/w/a.js\n  3:7  error  'till' is assigned a value but never used  no-unused-vars\n\n1 problem",
      "no-unused-vars: 'till' is assigned a value but never used",
    ],
  ],
  "go-wrapped": [
    [
      "2026/11/21 08:03:12 start shop: load config: open /etc/shop.yaml: no such file or directory",
      "open /etc/shop.yaml: no such file or directory",
    ],
    [
      "book tea: dial tcp 10.0.0.7:5432: connect: connection refused",
      "dial tcp 10.0.0.7:5432: connect: connection refused",
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
  "json-line": [
    ['{"level":50,"time":1764000000000,"msg":"start failed","err":"the till is open"}', "the till is open"],
    ['{"error":{"code":"tea_limit_reached","message":"No more tea today."}}', "tea_limit_reached: No more tea today."],
    ['{"error":"invalid_grant","error_description":"The cup has expired"}', "invalid_grant: The cup has expired"],
  ],
  logfmt: [['time=2026-11-21T08:03:12Z level=error msg="start failed" err="the till is open" n=3', "the till is open"]],
  aggregate: [["AggregateError [ECONNREFUSED]: \n    at internalConnectMultiple (node:net:1134:18)", ""]],
  "typed-error-inline": [["12:04:01 job 3: RangeError: Invalid array length", "Invalid array length"]],
  errno: [["upload stopped (ENOSPC) after 3 files", "upload stopped (ENOSPC) after 3 files"]],
  "http-status": [
    ["> GET /x HTTP/1.1\n< HTTP/1.1 503 Service Unavailable", "HTTP/1.1 503 Service Unavailable"],
    ["2026-11-21 08:03:12 ERROR 404: Not Found.", "2026-11-21 08:03:12 ERROR 404: Not Found."],
  ],
  killed: [["step 3\nSegmentation fault (core dumped)", "Segmentation fault"]],
  "maven-goal": [
    [
      "[ERROR] Failed to execute goal on project x: Could not resolve dependencies for project a:b:jar:1: Could not find artifact c:d:jar:2",
      "Could not resolve dependencies: Could not find artifact c:d:jar:2",
    ],
  ],
  generic: [["reading\nledger is locked by another run\nbye", "ledger is locked by another run"]],
  wrapper: [["Command failed with exit code 3", "Command failed with exit code 3"]],
  "last-line": [["one\ntwo", "two"]],
};
