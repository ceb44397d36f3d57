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
  // Firefox and Safari say in other words what Chromium and Node say: the same page fails in all of them.
  {
    name: "engine-null-read",
    pattern:
      /^(?:can't access property "([\w$#-]{1,80})", .{1,200} is (undefined|null)|(undefined|null) is not an object \(evaluating '.{0,200}[.?]([\w$#]{1,80})'\))$/g,
    replacement: "Cannot read properties of $2$3 (reading '$1$4')",
    needs: "quote",
  },
  // As above.
  {
    name: "engine-not-a-function",
    pattern: /^(.{1,200} is not a (?:function|constructor))\. \(In '.{0,300}\)$/g,
    replacement: "$1",
    needs: "quote",
  },
  // As above.
  {
    name: "engine-not-defined",
    pattern: /^Can't find variable: ([\w$]{1,80})$/g,
    replacement: "$1 is not defined",
    needs: "quote",
  },
  // As above.
  {
    name: "engine-json",
    pattern: /^JSON Parse error: Unrecognized token '(.{1,4})'$/g,
    replacement: "Unexpected token '$1' in json",
    needs: "quote",
  },
  // As above.
  {
    name: "engine-fetch",
    pattern: /^(?:NetworkError when attempting to fetch resource\.|Load failed)$/g,
    replacement: "Failed to fetch",
  },
  // As above.
  {
    name: "engine-recursion",
    pattern: /^too much recursion$/g,
    replacement: "Maximum call stack size exceeded",
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
  // SQLSTATE and the numbers of database vendors say which error it was, in any language.
  {
    name: "database-code",
    pattern:
      /\bSQLSTATE[ :=]{0,2}[[(]?(\w{5})\b|\bERROR (\d{4}) \((\w{5})\)|\b((?:ORA|TNS|PLS|DPY|DPI|SP2|RMAN|CVE-\d{4})-\d{3,6})\b/g,
    replacement: KEEP,
    needs: "digit",
  },
  // An error's own number, in the words of Windows, databases and libraries: 10060 timed out, 10061 was refused.
  {
    name: "error-number",
    pattern:
      /\b(?:error|errno|Errno|err|errorcode)(?: code| number)?[ :=#]{1,3}\[?(-?\d{1,6})\b|\[Errno (-?\d{1,4})\]|\b(?:HRESULT|NTSTATUS|exception|status|error|code)(?: code)?[ :=(]{1,4}(0x[0-9a-f]{8})\b/gi,
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
    pattern:
      /\b(?:module|package|modules|dependency|resolve|import|No module) (?:named )?('[@\w][\w.@/-]{0,120}'|"[@\w][\w.@/-]{0,120}")/gi,
    replacement: KEEP,
    needs: "quote",
  },
  // A symbol of an interface is the same for everybody and defines the problem.
  {
    name: "named-symbol",
    pattern:
      /\b(?:attribute|member|export|export named|property|type|class|function|method|command|target|extension|encoding|protocol|signature|keyword|trait|crate|object has no attribute) ('[.\w$-]{1,80}')/gi,
    replacement: KEEP,
    needs: "quote",
  },
  // As above, in the words of compilers and linkers. Another name is another problem: a typo, or a library that is not there.
  {
    name: "undeclared-name",
    pattern:
      /\b(?:find name|undeclared identifier|undeclared name|unresolved reference|reference to|definition of|undefined symbol:?|cannot find (?:\w{1,12}|struct, variant or union type)|no member named|unresolved import|header file) ('[\w.$:~-]{1,120}'|"[\w.$:~-]{1,120}")|\bname ('[\w.$]{1,80}')(?= is not defined| does not exist)|('[\w.$:~]{1,80}')(?= (?:undeclared|was not declared|is not defined|has not been declared|has no attribute))|cannot find ('[\w.$:~]{1,80}')(?= in scope| in this scope)/gi,
    replacement: KEEP,
    needs: "quote",
  },
  // A message that is only a name says by it alone what is missing: Python's KeyError.
  {
    name: "lone-name",
    pattern: /^('[A-Za-z_][\w.-]{0,79}')$/g,
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
    pattern: /\b((?:Node|Next|Nuxt|Vue|React|Ember|Three|Chart)\.js|(?:Socket|System|ASP|ADO|VB)\.(?:io|net))\b/gi,
    replacement: KEEP,
    needs: "dot",
  },
  // A value that is not there (an unset variable written into a text) is another cause than a wrong one.
  {
    name: "no-value",
    pattern:
      /(?<![\w'])('(?:undefined|null|NaN|None|nil|\[object Object\])?')(?!\w)|(?<!\w)("(?:undefined|null|NaN|None|nil|\[object Object\])?")(?!\w)|\b(?:ENOTFOUND|EAI_AGAIN) (undefined|null)\b/g,
    replacement: KEEP,
    needs: ["quote", "capital"],
  },
  // utf-8 against latin1, sha-1 against sha-256: the number is the name of a standard.
  {
    name: "standard-name",
    pattern:
      /\b(?<!-)((?:utf|ucs|iso|windows|cp|sha|md|rsa|aes|ecma|es|http|ipv|x|u?int|float|double|base|bf|fp|tls|ssl|oauth|arm|amd|i|python|latin|win|mp|gpt)-?\d{1,5}(?:-\d{1,3})?)(?!\w)|\b(x86_64)\b/gi,
    replacement: KEEP,
    needs: "digit",
  },
];
