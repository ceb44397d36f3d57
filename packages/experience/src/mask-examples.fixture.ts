/** Examples of each mask: `[line, the line after the whole table]`; the result is in lower case. Beside the table, and not in it: a page need not load them. */
export const maskExamples: { readonly [name: string]: readonly (readonly [string, string])[] } = {
  "terminal-colour": [["\u001b[31mfatal\u001b[0m: no space", "fatal: no space"]],
  "typographic-quote": [["unknown type \u2018Ledger\u2019", "unknown type 'ledger'"]],
  "typographic-double-quote": [["bad value \u201cx y\u201d", "bad value <value>"]],
  "engine-null-read": [
    ['can\'t access property "open", till is undefined', "cannot read properties of undefined (reading 'open')"],
    ["null is not an object (evaluating 'shop.till.open')", "cannot read properties of null (reading 'open')"],
  ],
  "engine-not-a-function": [
    ["till.open is not a function. (In 'till.open()', 'till.open' is undefined)", "till.open is not a function"],
  ],
  "engine-not-defined": [["Can't find variable: till", "till is not defined"]],
  "engine-json": [["JSON Parse error: Unrecognized token '<'", "unexpected token '<' in json"]],
  "engine-fetch": [
    ["NetworkError when attempting to fetch resource.", "failed to fetch"],
    ["Load failed", "failed to fetch"],
  ],
  "engine-recursion": [["too much recursion", "maximum call stack size exceeded"]],
  "offending-token": [
    ['Unexpected token \'\ufeff\', "\ufeff{"port":81}" is not valid JSON', "unexpected token '\ufeff' in json"],
    ["Unexpected token '<', \"<html><hea\"... is not valid JSON", "unexpected token '<' in json"],
    ['Unexpected token \'}\', ..."a": 1, }" is not valid JSON', "unexpected token '}' in json"],
  ],
  "http-status": [
    ["Request failed with status code 429", "request failed with status code 429"],
    ["HTTP/1.1 404 Not Found after 31 ms", "http/1.1 404 not found after <duration>"],
    ["server answered 503 for order 118", "server answered 503 for order <n>"],
  ],
  "exit-code": [["step 14 exited with code 127", "step <n> exited with code 127"]],
  "signal-number": [["killed by signal 9 after 4022 ms", "killed by signal 9 after <duration>"]],
  "curl-code": [
    ["curl: (7) Failed to connect to localhost port 8123", "curl: (7) failed to connect to <address> port <n>"],
  ],
  "database-code": [
    ["SQLSTATE[42S02]: table or view 81 not found", "sqlstate[42s02]: table or view <n> not found"],
    ["ERROR 1045 (28000): Access denied for user 7", "error 1045 (28000): access denied for user <n>"],
    ["ORA-00942: table or view does not exist", "ora-00942: table or view does not exist"],
  ],
  "error-number": [
    ["connection attempt failed with error 10061", "connection attempt failed with error 10061"],
    ["[Errno 98] Address already in use", "[errno 98] address already in use"],
    ["Exception from HRESULT: 0x80070005", "exception from hresult: 0x80070005"],
  ],
  "read-or-written-property": [
    ["Cannot read properties of undefined (reading 'map')", "cannot read properties of undefined (reading 'map')"],
  ],
  "missing-module": [
    ["Cannot find module 'left-pad'", "cannot find module 'left-pad'"],
    ["Cannot find module '/srv/app-17/x.js'", "cannot find module <path>"],
    ["No module named 'numpy.core'", "no module named 'numpy.core'"],
  ],
  "named-symbol": [
    ["Property 'foo' does not exist on type 'Bar'.", "property 'foo' does not exist on type 'bar'."],
    ["No rule to make target 'brew'", "no rule to make target 'brew'"],
    [
      "The requested module './a.mjs' does not provide an export named 'go'",
      "the requested module <relative-path> does not provide an export named 'go'",
    ],
  ],
  "undeclared-name": [
    ["Cannot find name 'describeAll'.", "cannot find name 'describeall'."],
    ["undefined reference to `shop_open'", "undefined reference to 'shop_open'"],
    ["name 'ledger' is not defined", "name 'ledger' is not defined"],
    ["cannot find 'Ledger' in scope", "cannot find 'ledger' in scope"],
  ],
  "lone-name": [["'port'", "'port'"]],
  "unknown-extension": [['Unknown file extension ".ts" for /opt/x/run.ts', 'unknown file extension ".ts" for <path>']],
  product: [["try running Node.js with --x", "try running node.js with --x"]],
  "no-value": [
    ["Invalid URL: 'undefined'", "invalid url: 'undefined'"],
    ["getaddrinfo ENOTFOUND undefined", "getaddrinfo enotfound undefined"],
  ],
  "standard-name": [["not valid for encoding utf-8 at byte 77", "not valid for encoding utf-8 at byte <n>"]],
  "json-excerpt": [["Unexpected token 'r', \"retry in 3\" is not valid JSON", "unexpected token <value> in json"]],
  advice: [
    [
      "self-signed certificate; if the root CA is installed locally, try running Node.js with --use-system-ca",
      "self-signed certificate",
    ],
  ],
  "compared-value": [
    ["expected: <3> but was: <4>", "expected: <value> but was: <value>"],
    ["expected:<[tea]> but was:<[milk]>", "expected:<value> but was:<value>"],
  ],
  "request-line": [['"GET /v2/items/17 HTTP/1.1" 503 12', "request get <n>"]],
  "spawned-command": [
    ["spawnSync git ENOBUFS", "spawnsync <command> enobufs"],
    ["spawn convert ENOENT", "spawn convert enoent"],
  ],
  "http-method": [["PUT https://a.test/b answered HTTP 429", "<method> https://<url> answered http 429"]],
  url: [["fetching https://u:p@api.shop.test:8443/v2/items?id=7 failed", "fetching https://<url> failed"]],
  "e-mail": [["Author ada.l@example.org unknown", "author <email> unknown"]],
  uuid: [["job 6f1c2a34-90ab-4cde-8f01-23456789abcd lost", "job <uuid> lost"]],
  timestamp: [
    ["2026-11-21T08:03:12.881Z worker stopped", "<time> worker stopped"],
    ["expires 2031-01-09, now 2031/01/10 07:00", "expires <time>, now <time>"],
    ["[21/Nov/2026:08:03:12 +0100] and 21.11.2026", "[<time>] and <time>"],
  ],
  "date-in-words": [["valid until Sat, 21 Nov 2026 08:03:12 GMT", "valid until <time>"]],
  "mac-address": [["chip ff:f2:9f:16:e2:6f:00:0d:60:e9:1d left", "chip <address> left"]],
  "clocked-duration": [["closed, lifetime 01:12, delay=00:00:03", "closed, lifetime <duration>, delay=<duration>"]],
  "time-of-day": [["[08:03:12.004] starting", "[<time>] starting"]],
  duration: [
    ["timed out after 1500ms (limit 1.5 s)", "timed out after <duration> (limit <duration>)"],
    ["waited 1h2m3.5s, then PT5M", "waited <duration>, then <duration>"],
  ],
  "byte-size": [
    ["body of 4194305 bytes where 4 MiB are allowed", "body of <size> where <size> are allowed"],
    ["1293 bytes (1.26 KB) sent", "<size> sent"],
  ],
  "memory-address": [["SIGSEGV at 0x7ffd5e3a", "sigsegv at <address>"]],
  "object-address": [["no such field of shop.Till@1b6d3586", "no such field of shop.till<address>"]],
  "all-ones": [["mask=ffffffff", "mask=<address>"]],
  "ipv6-loopback": [["connect ECONNREFUSED ::1:43117", "connect econnrefused <loopback6>"]],
  ipv6: [
    ["listen EADDRINUSE: address already in use :::8080", "listen eaddrinuse: address already in use <address>"],
    ["no route to [fe80::1%eth0]:22 or 2001:db8::8a2e:370:7334", "no route to <address> or <address>"],
  ],
  ipv4: [
    ["listen EADDRINUSE: address already in use 127.0.0.1:8080", "listen eaddrinuse: address already in use <address>"],
    ["no answer from 10.0.3.7/24", "no answer from <address>"],
  ],
  "quoted-path": [
    ["ENOENT: no such file or directory, open '/tmp/run 7/out.csv'", "enoent: no such file or directory, open <path>"],
    ['cannot open "C:\\Users\\ada\\a.txt"', "cannot open <path>"],
  ],
  "quoted-relative-path": [
    [
      "ENOENT: no such file or directory, open 'data/orders-7.csv'",
      "enoent: no such file or directory, open <relative-path>",
    ],
    ["Cannot find module './lib/x.js'", "cannot find module <relative-path>"],
  ],
  "windows-path": [
    ["C:\\work\\app\\main.ts(12,5): error TS2304: Cannot find name", "<path>: error ts2304: cannot find name"],
  ],
  "unc-path": [
    ["cannot reach \\\\files7\\share\\a", "cannot reach <path>"],
    ["no key HKLM\\Software\\Acme", "no key <path>"],
  ],
  "posix-path": [
    ["sh: 1: ./deploy-41.sh: Permission denied", "sh: <n>: <path>: permission denied"],
    ["/home/ada/p/src/a.ts:10:3 - error TS2322: no", "<path> - error ts2322: no"],
  ],
  "relative-path": [
    ["src/ledger/main.ts(12,5): error TS2304: no", "<path>: error ts2304: no"],
    [
      "Cannot use import statement outside a module in orders-7.js",
      "cannot use import statement outside a module in <path>",
    ],
    ["at org.acme.Ledger", "at org.acme.ledger"],
  ],
  "position-in-file": [["[ERROR] /w/src/A.java:[31,17] cannot find symbol", "[error] <path> cannot find symbol"]],
  "host-and-port": [["connect ETIMEDOUT db.shop.test:5432", "connect etimedout <address>"]],
  host: [
    ["no route to db.shop.internal", "no route to <address>"],
    ["mx1.mail.shop.net refused", "<address> refused"],
    ["java.net.Socket of System.net", "java.net.socket of system.net"],
  ],
  "resolved-host": [
    ["getaddrinfo ENOTFOUND db-3.internal", "getaddrinfo enotfound <address>"],
    ["dial tcp: lookup ledger: no such host", "dial tcp: lookup <address>: no such host"],
  ],
  "named-version": [["needs Python 3.12, not Python 3.11.4", "needs python <version>, not python <version>"]],
  "version-range": [
    ["requires left-pad>=1.3,<2 and right-pad@^4.0.1", "requires left-pad<version> and right-pad@<version>"],
  ],
  version: [["Node.js v24.21.0, package 1.2.3-beta.4", "node.js <version>, package <version>"]],
  base64: [["digest c2hvcCBsZWRnZXIgb2YgdGhl== differs", "digest <token> differs"]],
  token: [["bad key sk-4f9aK2mQ7xT1bV8nR3cL6wZ0pY5hD2gJ", "bad key <token>"]],
  "short-token": [["no session V1StGXR8_Z5jdHi6B-myT", "no session <token>"]],
  arn: [["no access to arn:aws:s3:::shop-ledger/2026", "no access to <id>"]],
  "cloud-id": [
    ["instance i-0a1b2c3d4e5f67890 is gone", "instance <id> is gone"],
    ["pod shop-7d9f8b6c54-x2x9z failed", "pod shop<id> failed"],
  ],
  hex: [["commit 4f2c9e1 not found", "commit <n> not found"]],
  "process-id": [["lock held by pid 48213", "lock held by <pid>"]],
  "quoted-placeholder": [["expected '2036-02-24' to be '2036-02-25'", "expected <time> to be <time>"]],
  "quoted-value": [
    ["invalid colour 'teal-ish' for \"north\"", "invalid colour <value> for <value>"],
    ["don't, can't and won't", "don't, can't and won't"],
  ],
  "numbered-name": [
    ["worker-17 lost task_4821", "worker-<n> lost task_<n>"],
    ["part rdd_2_0 of map_9_piece3", "part rdd_<n>_<n> of map_<n>_piece<n>"],
  ],
  "numbered-word": [
    ["storage234 is full", "storage<n> is full"],
    ["not an int64 or sha256", "not an int64 or sha256"],
  ],
  number: [
    ["Expected 3 arguments, but got 5 (TS2554)", "expected <n> arguments, but got <n> (ts2554)"],
    ["utf8 is not latin1 at 12,345.6", "utf8 is not latin1 at <n>"],
    ["session 30546173_4096 is core.2275", "session <n> is core.<n>"],
  ],
  list: [["channels 3 7 11 and 4, 8", "channels <n> and <n>"]],
  ruler: [["==========", "==="]],
};
