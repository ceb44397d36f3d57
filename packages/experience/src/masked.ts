/** What differs between two occurrences of one problem, and what stands in its place. */
import type { Mask } from "./mask.js";

const MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}";
const EXTENSIONS =
  "js|mjs|cjs|jsx|ts|mts|cts|tsx|json|jsonl|json5|yaml|yml|toml|ini|cfg|conf|properties|lock|env|sh|bash|zsh|ps1|bat|cmd|py|pyc|" +
  "ipynb|rb|php|pl|go|rs|java|class|jar|war|kt|scala|groovy|gradle|c|h|cc|cpp|hpp|cs|o|so|dll|dylib|exe|bin|wasm|html|htm|css|scss|xml|xsd|" +
  "csv|tsv|txt|md|log|out|err|pid|sock|db|sqlite|sql|zip|tar|tgz|gz|bz2|xz|zst|pdf|png|jpg|jpeg|gif|svg|pem|crt|cer|key|p12|tmp|bak|dat|data|map|snap";

export const masked: readonly Mask[] = [
  {
    name: "json-excerpt",
    pattern:
      /\b(Unexpected (?:token|character):? (?:'[^'\n]{1,4}'|[^ ,]{1,6}))(?:, (?:\.{3})?"[^\n]{0,400}| in JSON at position[^\n]{0,100})$/g,
    replacement: "$1 in json",
    why: "V8 quotes an excerpt of the data, which may hold quotes and line breaks; older versions give a position.",
    identityOnly: true,
    examples: [["Unexpected token 'r', \"retry in 3\" is not valid JSON", "unexpected token <value> in json"]],
  },
  {
    name: "advice",
    pattern:
      /; if the root CA is installed locally[^\n]{0,200}$|[.;]? Did you mean[^\n]{0,200}$| -> \[Help \d{1,2}\]$/g,
    replacement: "",
    why: "What a newer version of a tool suggests is not what happened.",
    examples: [
      [
        "self-signed certificate; if the root CA is installed locally, try running Node.js with --use-system-ca",
        "self-signed certificate",
      ],
    ],
  },
  {
    name: "spawned-command",
    pattern: /\b(spawn(?:Sync)?) \S{1,200} (?=E(?!NOENT|ACCES)[A-Z0-9]{2,20}\b)/g,
    replacement: "$1 <command> ",
    why: "Which command's output overflowed does not matter; which command was not found does.",
    examples: [
      ["spawnSync git ENOBUFS", "spawnsync <command> enobufs"],
      ["spawn convert ENOENT", "spawn convert enoent"],
    ],
  },
  {
    name: "http-method",
    pattern: /\b(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) (?=[a-z]{2,8}:\/\/|\/)/g,
    replacement: "<method> ",
    why: "A limit, a redirect or an expired token is met by any method; the status says what it is.",
    needs: "slash",
    examples: [["PUT https://a.test/b answered HTTP 429", "<method> https://<url> answered http 429"]],
  },
  {
    name: "url",
    pattern: /\b([a-z][a-z0-9+.-]{1,15}):\/\/[^\s'"<>()[\]{}|\\]{1,400}/gi,
    replacement: "$1://<url>",
    why: "Host, port, path and query belong to one deployment. The scheme stays: http against https is a cause.",
    needs: "slash",
    examples: [["fetching https://u:p@api.shop.test:8443/v2/items?id=7 failed", "fetching https://<url> failed"]],
  },
  {
    name: "e-mail",
    pattern: /\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}\b/g,
    replacement: "<email>",
    why: "A person is not a cause.",
    needs: "at",
    examples: [["Author ada.l@example.org unknown", "author <email> unknown"]],
  },
  {
    name: "uuid",
    pattern: /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi,
    replacement: "<uuid>",
    why: "Random by construction.",
    needs: "digit",
    examples: [["job 6f1c2a34-90ab-4cde-8f01-23456789abcd lost", "job <uuid> lost"]],
  },
  {
    name: "timestamp",
    pattern:
      /\b\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)?(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?(?![\w-])/g,
    replacement: "<time>",
    why: "When it happened is not what happened.",
    needs: "digit",
    examples: [
      ["2026-11-21T08:03:12.881Z worker stopped", "<time> worker stopped"],
      ["expires 2031-01-09, now 2031/01/10 07:00", "expires <time>, now <time>"],
    ],
  },
  {
    name: "date-in-words",
    pattern: new RegExp(
      `\\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? )?(?:\\d{1,2} ${MONTH}|${MONTH} \\d{1,2})(?:,? \\d{4})?(?:,? \\d\\d:\\d\\d(?::\\d\\d)?)?(?: (?:GMT|UTC|[A-Z]{3,4}))?(?:[+-]\\d{4})?\\b(?: \\d{4}\\b)?`,
      "g",
    ),
    replacement: "<time>",
    why: "As above.",
    needs: "digit",
    examples: [["valid until Sat, 21 Nov 2026 08:03:12 GMT", "valid until <time>"]],
  },
  {
    name: "time-of-day",
    pattern: /\b\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?\b/g,
    replacement: "<time>",
    why: "As above.",
    needs: "digit",
    examples: [["[08:03:12.004] starting", "[<time>] starting"]],
  },
  {
    name: "duration",
    pattern:
      /(?<![\w.])\d{1,12}(?:\.\d{1,9})?\s?(?:ns|us|\u00b5s|ms|s|sec|secs|seconds?|milliseconds?|m|mins?|minutes?|h|hrs?|hours?|days?)\b(?!\/)/g,
    replacement: "<duration>",
    why: "How long it took differs each time.",
    needs: "digit",
    examples: [["timed out after 1500ms (limit 1.5 s)", "timed out after <duration> (limit <duration>)"]],
  },
  {
    name: "byte-size",
    pattern: /(?<![\w.])\d{1,15}(?:\.\d{1,9})?\s?(?:bytes?|B|[kKMGT]i?B|[KMG])\b/g,
    replacement: "<size>",
    why: "As above.",
    needs: "digit",
    examples: [["body of 4194305 bytes, 4 MiB allowed", "body of <size>, <size> allowed"]],
  },
  {
    name: "memory-address",
    pattern: /\b0x[0-9a-f]{1,16}\b/gi,
    replacement: "<address>",
    why: "Differs with every run (ASLR).",
    needs: "digit",
    examples: [["SIGSEGV at 0x7ffd5e3a", "sigsegv at <address>"]],
  },
  {
    name: "ipv6-loopback",
    pattern: /(?<![\w:.])(?:\[::1\]|::1)(?::\d{1,5})?(?![\w:])/g,
    replacement: "<loopback6>",
    why: "`localhost` resolved to IPv6 while the server listens on IPv4 is a cause of its own.",
    needs: "digit",
    examples: [["connect ECONNREFUSED ::1:43117", "connect econnrefused <loopback6>"]],
  },
  {
    name: "ipv6",
    pattern:
      /(?<![\w:.])(?:\[(?=[0-9a-f]{0,4}:)[0-9a-f:.]{2,45}(?:%\w{1,15})?\](?::\d{1,5})?|:::\d{1,5}|(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}:){1,6}:(?:[0-9a-f]{1,4}:){0,5}[0-9a-f]{1,4}|::(?:[0-9a-f]{1,4}:){0,6}[0-9a-f]{1,4})(?![\w:])/gi,
    replacement: "<address>",
    why: "An address belongs to one machine.",
    needs: "colon",
    examples: [
      ["listen EADDRINUSE: address already in use :::8080", "listen eaddrinuse: address already in use <address>"],
      ["no route to [fe80::1%eth0]:22 or 2001:db8::8a2e:370:7334", "no route to <address> or <address>"],
    ],
  },
  {
    name: "ipv4",
    pattern: /(?<![\w.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?(?:\/\d{1,2})?(?![\w.]{0,20}\d)/g,
    replacement: "<address>",
    why: "As above. Loopback too: the same server listens on 127.0.0.1 here and on 0.0.0.0 there.",
    needs: "digit",
    examples: [
      [
        "listen EADDRINUSE: address already in use 127.0.0.1:8080",
        "listen eaddrinuse: address already in use <address>",
      ],
      ["no answer from 10.0.3.7/24", "no answer from <address>"],
    ],
  },
  {
    name: "quoted-path",
    pattern:
      /'(?:file:\/\/|[A-Za-z]:[\\/]|~?\/)[^'\n]{0,600}(?:'|$)|"(?:file:\/\/|[A-Za-z]:[\\/]|~?\/)[^"\n]{0,600}(?:"|$)/g,
    replacement: "<path>",
    why: "A quoted path may hold spaces. Its extension goes too: the same ENOENT is met on .csv and on .txt.",
    needs: "quote",
    examples: [
      [
        "ENOENT: no such file or directory, open '/tmp/run 7/out.csv'",
        "enoent: no such file or directory, open <path>",
      ],
      ['cannot open "C:\\Users\\ada\\a.txt"', "cannot open <path>"],
    ],
  },
  {
    name: "quoted-relative-path",
    pattern: new RegExp(
      `'(?:\\.{1,2}[\\\\/][^'\\n]{0,600}|[\\w.@/\\\\ -]{1,300}\\.(?:${EXTENSIONS}))'|"(?:\\.{1,2}[\\\\/][^"\\n]{0,600}|[\\w.@/\\\\ -]{1,300}\\.(?:${EXTENSIONS}))"`,
      "g",
    ),
    replacement: "<relative-path>",
    why: "As above. That a missing file was named by a relative path points at the working directory: another cause.",
    needs: "quote",
    examples: [
      [
        "ENOENT: no such file or directory, open 'data/orders-7.csv'",
        "enoent: no such file or directory, open <relative-path>",
      ],
      ["Cannot find module './lib/x.js'", "cannot find module <relative-path>"],
    ],
  },
  {
    name: "windows-path",
    pattern: /(?<![\w])[A-Za-z]:[\\/](?![\\/])[^\s'"<>|,;()]{0,300}/g,
    replacement: "<path>",
    why: "As above.",
    needs: "slash",
    examples: [
      ["C:\\work\\app\\main.ts(12,5): error TS2304: Cannot find name", "<path>: error ts2304: cannot find name"],
    ],
  },
  {
    name: "posix-path",
    pattern: /(?<![\w.<>/:@-])(?:~|\.{1,2})?\/(?![\s/]|$)[^\s'"<>|,;:()[\]{}=*]{0,600}/g,
    replacement: "<path>",
    why: "As above.",
    needs: "slash",
    examples: [
      ["sh: 1: ./deploy-41.sh: Permission denied", "sh: <n>: <path>: permission denied"],
      ["/home/ada/p/src/a.ts:10:3 - error TS2322: no", "<path> - error ts2322: no"],
    ],
  },
  {
    name: "relative-path",
    pattern: new RegExp(
      `(?<![\\w./@<>:-])[\\w.@-]{1,80}(?:/[\\w.@-]{1,80}){0,20}\\.(?:${EXTENSIONS})(?![\\w]|\\.[a-z]|\\((?!\\d))`,
      "g",
    ),
    replacement: "<path>",
    why: "A file's name belongs to one project. Only with a usual extension: `a.b.Class` and `process.stdin` stay.",
    needs: "dot",
    examples: [
      ["src/ledger/main.ts(12,5): error TS2304: no", "<path>: error ts2304: no"],
      [
        "Cannot use import statement outside a module in orders-7.js",
        "cannot use import statement outside a module in <path>",
      ],
      ["at org.acme.Ledger", "at org.acme.ledger"],
    ],
  },
  {
    name: "position-in-file",
    pattern: /(<path>)(?::\d{1,7}){1,3}|(<path>)\(\d{1,7}(?:,\d{1,7}){0,3}\)|(<path>):\[\d{1,7},\d{1,7}\]/g,
    replacement: "<path>",
    why: "A line moves with each edit above it.",
    needs: "digit",
    examples: [["[ERROR] /w/src/A.java:[31,17] cannot find symbol", "[error] <path> cannot find symbol"]],
  },
  {
    name: "host-and-port",
    pattern: /\b(?:localhost|[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8})(?::\d{2,5})\b|\blocalhost\b/gi,
    replacement: "<address>",
    why: "Host and port belong to one deployment.",
    examples: [["connect ETIMEDOUT db.shop.test:5432", "connect etimedout <address>"]],
  },
  {
    name: "resolved-host",
    pattern: /\b(ENOTFOUND|EAI_AGAIN|resolve host:?|resolve hostname|host name|hostname|Host:) [\w.-]{1,253}/g,
    replacement: "$1 <address>",
    why: "As above; a name without a port is only known for one by the words before it.",
    examples: [["getaddrinfo ENOTFOUND db-3.internal", "getaddrinfo enotfound <address>"]],
  },
  {
    name: "version",
    pattern:
      /(?<![\w.])v?\d{1,6}\.\d{1,6}\.\d{1,6}(?:\.\d{1,6})?(?:[-+][0-9A-Za-z.-]{1,40})?(?![\w])|(?<![\w.])v\d{1,6}(?:\.\d{1,6})?(?![\w.])/g,
    replacement: "<version>",
    why: "The same problem outlives releases. A version that defines a problem is a fact: pass it in `facts`.",
    needs: "digit",
    examples: [["Node.js v24.21.0, package 1.2.3-beta.4", "node.js <version>, package <version>"]],
  },
  {
    name: "token",
    pattern:
      /(?<![\w-])(?=[A-Za-z_-]{0,100}\d)(?=[0-9_-]{0,100}[A-Za-z])[A-Za-z0-9_-]{32,200}(?![\w-])(?:\.[A-Za-z0-9_-]{1,200}){0,2}/g,
    replacement: "<token>",
    why: "Keys, JWTs and integrity hashes are random. Names of errors are shorter or have no digit.",
    needs: "digit",
    examples: [["bad key sk-4f9aK2mQ7xT1bV8nR3cL6wZ0pY5hD2gJ", "bad key <token>"]],
  },
  {
    name: "hex",
    pattern: /(?<![\w-])(?=[a-f]{0,64}\d)(?=\d{0,64}[a-f])[0-9a-f]{7,128}(?![\w-])/gi,
    replacement: "<hex>",
    why: "Commit and content hashes.",
    needs: "digit",
    examples: [["commit 4f2c9e1 not found", "commit <hex> not found"]],
  },
  {
    name: "process-id",
    pattern: /\(node:\d{1,8}\)|\b(?:pid|PID|tid|process|thread)[ :=#]{1,3}\d{1,8}\b|==\d{1,8}==/g,
    replacement: "<pid>",
    why: "Differs with every run.",
    needs: "digit",
    examples: [["lock held by pid 48213", "lock held by <pid>"]],
  },
  {
    name: "quoted-placeholder",
    pattern: /'(<[a-z0-9-]{1,20}>)'|"(<[a-z0-9-]{1,20}>)"/g,
    replacement: "$1$2",
    why: "What kind of value was quoted is known by now and may tell causes apart: two times that differ are not two names.",
    needs: "quote",
    examples: [["expected '2036-02-24' to be '2036-02-25'", "expected <time> to be <time>"]],
  },
  {
    name: "quoted-value",
    pattern: /(?<![\w'])'[^'\n]{0,300}'(?!\w)|(?<![\w"])"[^"\n]{0,300}"(?!\w)/g,
    replacement: "<value>",
    why: "Tools quote what the user gave them: data, not cause. Symbols of an interface were kept above.",
    needs: "quote",
    identityOnly: true,
    examples: [
      ["invalid colour 'teal-ish' for \"north\"", "invalid colour <value> for <value>"],
      ["don't, can't and won't", "don't, can't and won't"],
    ],
  },
  {
    name: "numbered-name",
    pattern: /\b([A-Za-z]{2,40}(?:[-_][A-Za-z]{1,40}){0,6})[-_]\d{1,15}(?![\w-])/g,
    replacement: "$1-<n>",
    why: "worker-17, task_4821: one of many of its kind. Codes such as ERR-12 are rare and keep their words.",
    needs: "digit",
    identityOnly: true,
    examples: [["worker-17 lost task_4821", "worker-<n> lost task-<n>"]],
  },
  {
    name: "number",
    pattern: /(?<![\w.<])[-+]?\d{1,40}(?:[.,_]\d{1,40}){0,10}%?(?![\w])/g,
    replacement: "<n>",
    why: "A count, a size, an id. Digits inside a word stay: TS2345, E0308, utf8, latin1, sha256.",
    needs: "digit",
    examples: [
      ["Expected 3 arguments, but got 5 (TS2554)", "expected <n> arguments, but got <n> (ts2554)"],
      ["utf8 is not latin1 at 12,345.6", "utf8 is not latin1 at <n>"],
    ],
  },
  {
    name: "ruler",
    pattern: /([-=_*#~^.+])\1{3,600}/g,
    replacement: "$1$1$1",
    why: "Underlines and rulers follow the width of what stands above them.",
    examples: [["==========", "==="]],
  },
];
