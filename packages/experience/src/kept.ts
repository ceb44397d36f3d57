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
  // The same tool colours its output on a terminal and not in a pipe.
  {
    name: "terminal-colour",
    pattern: /\u001b\[[0-?]{0,40}[ -/]{0,4}[@-~]|\u001b\][^\u0007\u001b]{0,400}(?:\u0007|\u001b\\)|\u001b[@-Z\\^_]/g,
    replacement: "",
    needs: "escape",
  },
  // gcc, Rust and Python quote with different characters by locale and version.
  {
    name: "typographic-quote",
    pattern: /[\u2018\u2019\u201a\u201b`\u00b4]/g,
    replacement: "'",
    needs: "quote",
    identityOnly: true,
  },
  // As above.
  {
    name: "typographic-double-quote",
    pattern: /[\u201c\u201d\u201e\u00ab\u00bb]/g,
    replacement: '"',
    needs: "quote",
    identityOnly: true,
  },
  // A parser's unexpected character tells causes apart: U+FEFF is a byte order mark, `<` is HTML instead of JSON.
  {
    name: "offending-token",
    pattern: /\b(?:token|character|char|byte|symbol|near) ('[^\w \t']'|"[^\w \t"]"|'\\x[0-9a-f]{2}')/gi,
    replacement: KEEP,
    needs: "quote",
  },
  // 429 wants patience, 404 another address: the status is the cause.
  {
    name: "http-status",
    pattern: new RegExp(
      `\\bHTTP(?:/([0-9](?:\\.[0-9])?))?(?: (?:status|error|code|response)){0,2}[ :=]{1,3}([1-5]\\d\\d)\\b|` +
        `\\b(?:status|statusCode|status_code|status code|response code|responded with|returned error|response status|replied with|answered with|answered)"?[ :=]{1,3}(?:a |an |status |code |HTTP ){0,2}([1-5]\\d\\d)\\b|` +
        `\\b([1-5]\\d\\d) (?=(?:${REASONS})\\b)`,
      "gi",
    ),
    replacement: KEEP,
    needs: "digit",
  },
  // 126 is not executable, 127 not found, 137 killed.
  {
    name: "exit-code",
    pattern:
      /\b(?:exit|exits|exited|exit with|exited with|exit code|exit status|exited with code|exited with status|return code|returned code|status|code|rc)[ :=]{1,3}(?:code |status ){0,2}(-?\d{1,3})\b/gi,
    replacement: KEEP,
    needs: "digit",
  },
  // Signal 9 (out of memory) is not signal 11 (a crash).
  {
    name: "signal-number",
    pattern: /\bsignal[ :=]{1,3}(\d{1,2})\b/gi,
    replacement: KEEP,
    needs: "digit",
  },
  // curl's number is the error; its words change between versions.
  {
    name: "curl-code",
    pattern: /\bcurl: \((\d{1,2})\)/g,
    replacement: KEEP,
    needs: "digit",
  },
  // It is all that tells one null dereference of a program from all others; masked, they would share a remedy.
  {
    name: "read-or-written-property",
    pattern: /\b(?:reading|setting|deleting) ('[\w$#@.-]{1,80}')/g,
    replacement: KEEP,
    needs: "quote",
  },
  // A package is the same for everybody, and installing another one does not help. (Paths are masked: see below.)
  {
    name: "missing-module",
    pattern: /\b(?:module|package|modules|dependency) (?:named )?('[@\w][\w.@/-]{0,120}'|"[@\w][\w.@/-]{0,120}")/gi,
    replacement: KEEP,
    needs: "quote",
  },
  // A symbol of an interface is the same for everybody and defines the problem.
  {
    name: "named-symbol",
    pattern:
      /\b(?:attribute|member|export|export named|property|type|class|function|method|command|extension|encoding|protocol|signature|keyword|trait|crate|object has no attribute) ('[.\w$-]{1,80}')/gi,
    replacement: KEEP,
    needs: "quote",
  },
  // Which loader is missing depends on it.
  {
    name: "unknown-extension",
    pattern: /\bUnknown file extension ("\.[\w-]{1,20}")/g,
    replacement: KEEP,
    needs: "quote",
  },
  // Names that look like files.
  {
    name: "product",
    pattern: /\b((?:Node|Next|Nuxt|Vue|React|Ember|Three|Chart)\.js)\b/g,
    replacement: KEEP,
    needs: "dot",
  },
  // A value that is not there (an unset variable written into a text) is another cause than a wrong one.
  {
    name: "no-value",
    pattern:
      /(?<![\w'])('(?:undefined|null|NaN|None|nil|\[object Object\])?')(?!\w)|(?<!\w)("(?:undefined|null|NaN|None|nil|\[object Object\])?")(?!\w)|\b(?:ENOTFOUND|EAI_AGAIN) (undefined|null)\b/g,
    replacement: KEEP,
  },
  // utf-8 against latin1, sha-1 against sha-256: the number is the name of a standard.
  {
    name: "standard-name",
    pattern: /\b((?:utf|ucs|iso|windows|cp|sha|md|rsa|aes|ecma|es|http|ipv|x)-?\d{1,5}(?:-\d{1,3})?)\b/gi,
    replacement: KEEP,
    needs: "digit",
  },
];
