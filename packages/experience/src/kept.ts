/**
 * What distinguishes causes and therefore survives the masks in `masked.ts`: these rows come first and shield what they match.
 * (The very first rows only undo what terminals and locales do to a text.)
 */
import { KEEP, type Mask } from "./mask.js";

const REASONS =
  "OK|Created|Accepted|No Content|Moved Permanently|Found|See Other|Not Modified|Temporary Redirect|Permanent Redirect|" +
  "Bad Request|Unauthorized|Payment Required|Forbidden|Not Found|Method Not Allowed|Not Acceptable|Request Timeout|Conflict|Gone|" +
  "Length Required|Precondition Failed|Payload Too Large|Content Too Large|URI Too Long|Unsupported Media Type|" +
  "Expectation Failed|Misdirected Request|Unprocessable|Too Early|Upgrade Required|Too Many Requests|" +
  "Request Header Fields Too Large|Internal Server Error|Not Implemented|Bad Gateway|Service Unavailable|Gateway Timeout";

export const kept: readonly Mask[] = [
  {
    name: "terminal-colour",
    pattern: /\u001b\[[0-?]{0,40}[ -/]{0,4}[@-~]|\u001b\][^\u0007\u001b]{0,400}(?:\u0007|\u001b\\)|\u001b[@-Z\\^_]/g,
    replacement: "",
    why: "The same tool colours its output on a terminal and not in a pipe.",
    needs: "escape",
    examples: [["\u001b[31mfatal\u001b[0m: no space", "fatal: no space"]],
  },
  {
    name: "typographic-quote",
    pattern: /[\u2018\u2019\u201a\u201b`\u00b4]/g,
    replacement: "'",
    why: "gcc, Rust and Python quote with different characters by locale and version.",
    needs: "quote",
    identityOnly: true,
    examples: [["unknown type \u2018Ledger\u2019", "unknown type 'ledger'"]],
  },
  {
    name: "typographic-double-quote",
    pattern: /[\u201c\u201d\u201e\u00ab\u00bb]/g,
    replacement: '"',
    why: "As above.",
    needs: "quote",
    identityOnly: true,
    examples: [["bad value \u201cx y\u201d", "bad value <value>"]],
  },
  {
    name: "offending-token",
    pattern: /\b(?:token|character|char|byte|symbol|near) ('[^\w \t']'|"[^\w \t"]"|'\\x[0-9a-f]{2}')/gi,
    replacement: KEEP,
    why: "A parser's unexpected character tells causes apart: U+FEFF is a byte order mark, `<` is HTML instead of JSON.",
    needs: "quote",
    examples: [
      ['Unexpected token \'\ufeff\', "\ufeff{"port":81}" is not valid JSON', "unexpected token '\ufeff' in json"],
      ["Unexpected token '<', \"<html><hea\"... is not valid JSON", "unexpected token '<' in json"],
      ['Unexpected token \'}\', ..."a": 1, }" is not valid JSON', "unexpected token '}' in json"],
    ],
  },
  {
    name: "http-status",
    pattern: new RegExp(
      `\\bHTTP(?:/([0-9](?:\\.[0-9])?))?(?: (?:status|error|code|response)){0,2}[ :=]{1,3}([1-5]\\d\\d)\\b|` +
        `\\b(?:status|statusCode|status_code|status code|response code|responded with|returned error|response status|replied with|answered with|answered)"?[ :=]{1,3}(?:a |an |status |code |HTTP ){0,2}([1-5]\\d\\d)\\b|` +
        `\\b([1-5]\\d\\d) (?=(?:${REASONS})\\b)`,
      "gi",
    ),
    replacement: KEEP,
    why: "429 wants patience, 404 another address: the status is the cause.",
    needs: "digit",
    examples: [
      ["Request failed with status code 429", "request failed with status code 429"],
      ["HTTP/1.1 404 Not Found after 31 ms", "http/1.1 404 not found after <duration>"],
      ["server answered 503 for order 118", "server answered 503 for order <n>"],
    ],
  },
  {
    name: "exit-code",
    pattern:
      /\b(?:exit|exits|exited|exit with|exited with|exit code|exit status|exited with code|exited with status|return code|returned code|status|code|rc)[ :=]{1,3}(?:code |status ){0,2}(-?\d{1,3})\b/gi,
    replacement: KEEP,
    why: "126 is not executable, 127 not found, 137 killed.",
    needs: "digit",
    examples: [["step 14 exited with code 127", "step <n> exited with code 127"]],
  },
  {
    name: "signal-number",
    pattern: /\bsignal[ :=]{1,3}(\d{1,2})\b/gi,
    replacement: KEEP,
    why: "Signal 9 (out of memory) is not signal 11 (a crash).",
    needs: "digit",
    examples: [["killed by signal 9 after 4022 ms", "killed by signal 9 after <duration>"]],
  },
  {
    name: "curl-code",
    pattern: /\bcurl: \((\d{1,2})\)/g,
    replacement: KEEP,
    why: "curl's number is the error; its words change between versions.",
    needs: "digit",
    examples: [
      ["curl: (7) Failed to connect to localhost port 8123", "curl: (7) failed to connect to <address> port <n>"],
    ],
  },
  {
    name: "read-or-written-property",
    pattern: /\b(?:reading|setting|deleting) ('[\w$#@.-]{1,80}')/g,
    replacement: KEEP,
    why: "It is all that tells one null dereference of a program from all others; masked, they would share a remedy.",
    needs: "quote",
    examples: [
      ["Cannot read properties of undefined (reading 'map')", "cannot read properties of undefined (reading 'map')"],
    ],
  },
  {
    name: "missing-module",
    pattern: /\b(?:module|package|modules|dependency) (?:named )?('[@\w][\w.@/-]{0,120}'|"[@\w][\w.@/-]{0,120}")/gi,
    replacement: KEEP,
    why: "A package is the same for everybody, and installing another one does not help. (Paths are masked: see below.)",
    needs: "quote",
    examples: [
      ["Cannot find module 'left-pad'", "cannot find module 'left-pad'"],
      ["Cannot find module '/srv/app-17/x.js'", "cannot find module <path>"],
      ["No module named 'numpy.core'", "no module named 'numpy.core'"],
    ],
  },
  {
    name: "named-symbol",
    pattern:
      /\b(?:attribute|member|export|export named|property|type|class|function|method|command|extension|encoding|protocol|signature|keyword|trait|crate|object has no attribute) ('[.\w$-]{1,80}')/gi,
    replacement: KEEP,
    why: "A symbol of an interface is the same for everybody and defines the problem.",
    needs: "quote",
    examples: [
      ["Property 'foo' does not exist on type 'Bar'.", "property 'foo' does not exist on type 'bar'."],
      [
        "The requested module './a.mjs' does not provide an export named 'go'",
        "the requested module <relative-path> does not provide an export named 'go'",
      ],
    ],
  },
  {
    name: "unknown-extension",
    pattern: /\bUnknown file extension ("\.[\w-]{1,20}")/g,
    replacement: KEEP,
    why: "Which loader is missing depends on it.",
    needs: "quote",
    examples: [['Unknown file extension ".ts" for /opt/x/run.ts', 'unknown file extension ".ts" for <path>']],
  },
  {
    name: "product",
    pattern: /\b((?:Node|Next|Nuxt|Vue|React|Ember|Three|Chart)\.js)\b/g,
    replacement: KEEP,
    why: "Names that look like files.",
    needs: "dot",
    examples: [["try running Node.js with --x", "try running node.js with --x"]],
  },
  {
    name: "no-value",
    pattern:
      /(?<![\w'])('(?:undefined|null|NaN|None|nil|\[object Object\])?')(?!\w)|(?<!\w)("(?:undefined|null|NaN|None|nil|\[object Object\])?")(?!\w)|\b(?:ENOTFOUND|EAI_AGAIN) (undefined|null)\b/g,
    replacement: KEEP,
    why: "A value that is not there (an unset variable written into a text) is another cause than a wrong one.",
    examples: [
      ["Invalid URL: 'undefined'", "invalid url: 'undefined'"],
      ["getaddrinfo ENOTFOUND undefined", "getaddrinfo enotfound undefined"],
    ],
  },
  {
    name: "standard-name",
    pattern: /\b((?:utf|ucs|iso|windows|cp|sha|md|rsa|aes|ecma|es|http|ipv|x)-?\d{1,5}(?:-\d{1,3})?)\b/gi,
    replacement: KEEP,
    why: "utf-8 against latin1, sha-1 against sha-256: the number is the name of a standard.",
    needs: "digit",
    examples: [["not valid for encoding utf-8 at byte 77", "not valid for encoding utf-8 at byte <n>"]],
  },
];
