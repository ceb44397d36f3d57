/** What differs between two occurrences of one problem, and what stands in its place. */
import type { Mask } from "./mask.js";

const MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}";
const EXTENSIONS =
  "js|mjs|cjs|jsx|ts|mts|cts|tsx|json|jsonl|json5|yaml|yml|toml|ini|cfg|conf|properties|lock|env|sh|bash|zsh|ps1|bat|cmd|py|pyc|" +
  "ipynb|rb|php|pl|go|rs|java|class|jar|war|kt|scala|groovy|gradle|c|h|cc|cpp|hpp|cs|o|so|dll|dylib|exe|bin|wasm|html|htm|css|scss|xml|xsd|" +
  "csv|tsv|txt|md|log|out|err|pid|sock|db|sqlite|sql|zip|tar|tgz|gz|bz2|xz|zst|pdf|png|jpg|jpeg|gif|svg|pem|crt|cer|key|p12|tmp|bak|dat|data|map|snap";

export const masked: readonly Mask[] = [
  // V8 quotes an excerpt of the data, which may hold quotes and line breaks; older versions give a position.
  {
    name: "json-excerpt",
    pattern:
      /\b(Unexpected (?:token|character):? (?:'[^'\n]{1,4}'|[^ ,]{1,6}))(?:, (?:\.{3})?"[^\n]{0,400}| in JSON at position[^\n]{0,100})$/g,
    replacement: "$1 in json",
    identityOnly: true,
  },
  // What a newer version of a tool suggests is not what happened.
  {
    name: "advice",
    pattern:
      /; if the root CA is installed locally[^\n]{0,200}$|[.;]? Did you mean[^\n]{0,200}$| -> \[Help \d{1,2}\]$/g,
    replacement: "",
  },
  // Which command's output overflowed does not matter; which command was not found does.
  {
    name: "spawned-command",
    pattern: /\b(spawn(?:Sync)?) \S{1,200} (?=E(?!NOENT|ACCES)[A-Z0-9]{2,20}\b)/g,
    replacement: "$1 <command> ",
  },
  // A limit, a redirect or an expired token is met by any method; the status says what it is.
  {
    name: "http-method",
    pattern: /\b(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) (?=[a-z]{2,8}:\/\/|\/)/g,
    replacement: "<method> ",
    needs: "slash",
  },
  // Host, port, path and query belong to one deployment. The scheme stays: http against https is a cause.
  {
    name: "url",
    pattern: /\b([a-z][a-z0-9+.-]{1,15}):\/\/[^\s'"<>()[\]{}|\\]{1,400}/gi,
    replacement: "$1://<url>",
    needs: "slash",
  },
  // A person is not a cause.
  {
    name: "e-mail",
    pattern: /\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}\b/g,
    replacement: "<email>",
    needs: "at",
  },
  // Random by construction.
  {
    name: "uuid",
    pattern: /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi,
    replacement: "<uuid>",
    needs: "digit",
  },
  // When it happened is not what happened.
  {
    name: "timestamp",
    pattern:
      /\b\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)?(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?(?![\w-])/g,
    replacement: "<time>",
    needs: "digit",
  },
  // As above.
  {
    name: "date-in-words",
    pattern: new RegExp(
      `\\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? )?(?:\\d{1,2} ${MONTH}|${MONTH} \\d{1,2})(?:,? \\d{4})?(?:,? \\d\\d:\\d\\d(?::\\d\\d)?)?(?: (?:GMT|UTC|[A-Z]{3,4}))?(?:[+-]\\d{4})?\\b(?: \\d{4}\\b)?`,
      "g",
    ),
    replacement: "<time>",
    needs: "digit",
  },
  // As above.
  {
    name: "time-of-day",
    pattern: /\b\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?\b/g,
    replacement: "<time>",
    needs: "digit",
  },
  // How long it took differs each time.
  {
    name: "duration",
    pattern:
      /(?<![\w.])\d{1,12}(?:\.\d{1,9})?\s?(?:ns|us|\u00b5s|ms|s|sec|secs|seconds?|milliseconds?|m|mins?|minutes?|h|hrs?|hours?|days?)\b(?!\/)/g,
    replacement: "<duration>",
    needs: "digit",
  },
  // As above.
  {
    name: "byte-size",
    pattern: /(?<![\w.])\d{1,15}(?:\.\d{1,9})?\s?(?:bytes?|B|[kKMGT]i?B|[KMG])\b/g,
    replacement: "<size>",
    needs: "digit",
  },
  // Differs with every run (ASLR).
  {
    name: "memory-address",
    pattern: /\b0x[0-9a-f]{1,16}\b/gi,
    replacement: "<address>",
    needs: "digit",
  },
  // `localhost` resolved to IPv6 while the server listens on IPv4 is a cause of its own.
  {
    name: "ipv6-loopback",
    pattern: /(?<![\w:.])(?:\[::1\]|::1)(?::\d{1,5})?(?![\w:])/g,
    replacement: "<loopback6>",
    needs: "digit",
  },
  // An address belongs to one machine.
  {
    name: "ipv6",
    pattern:
      /(?<![\w:.])(?:\[(?=[0-9a-f]{0,4}:)[0-9a-f:.]{2,45}(?:%\w{1,15})?\](?::\d{1,5})?|:::\d{1,5}|(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}:){1,6}:(?:[0-9a-f]{1,4}:){0,5}[0-9a-f]{1,4}|::(?:[0-9a-f]{1,4}:){0,6}[0-9a-f]{1,4})(?![\w:])/gi,
    replacement: "<address>",
    needs: "colon",
  },
  // As above. Loopback too: the same server listens on 127.0.0.1 here and on 0.0.0.0 there.
  {
    name: "ipv4",
    pattern: /(?<![\w.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?(?:\/\d{1,2})?(?![\w.]{0,20}\d)/g,
    replacement: "<address>",
    needs: "digit",
  },
  // A quoted path may hold spaces. Its extension goes too: the same ENOENT is met on .csv and on .txt.
  {
    name: "quoted-path",
    pattern:
      /'(?:file:\/\/|[A-Za-z]:[\\/]|~?\/)[^'\n]{0,600}(?:'|$)|"(?:file:\/\/|[A-Za-z]:[\\/]|~?\/)[^"\n]{0,600}(?:"|$)/g,
    replacement: "<path>",
    needs: "quote",
  },
  // As above. That a missing file was named by a relative path points at the working directory: another cause.
  {
    name: "quoted-relative-path",
    pattern: new RegExp(
      `'(?:\\.{1,2}[\\\\/][^'\\n]{0,600}|[\\w.@/\\\\ -]{1,300}\\.(?:${EXTENSIONS}))'|"(?:\\.{1,2}[\\\\/][^"\\n]{0,600}|[\\w.@/\\\\ -]{1,300}\\.(?:${EXTENSIONS}))"`,
      "g",
    ),
    replacement: "<relative-path>",
    needs: "quote",
  },
  // As above.
  {
    name: "windows-path",
    pattern: /(?<![\w])[A-Za-z]:[\\/](?![\\/])[^\s'"<>|,;()]{0,300}/g,
    replacement: "<path>",
    needs: "slash",
  },
  // As above.
  {
    name: "posix-path",
    pattern: /(?<![\w.<>/:@-])(?:~|\.{1,2})?\/(?![\s/]|$)[^\s'"<>|,;:()[\]{}=*]{0,600}/g,
    replacement: "<path>",
    needs: "slash",
  },
  // A file's name belongs to one project. Only with a usual extension: `a.b.Class` and `process.stdin` stay.
  {
    name: "relative-path",
    pattern: new RegExp(
      `(?<![\\w./@<>:-])[\\w.@-]{1,80}(?:/[\\w.@-]{1,80}){0,20}\\.(?:${EXTENSIONS})(?![\\w]|\\.[a-z]|\\((?!\\d))`,
      "g",
    ),
    replacement: "<path>",
    needs: "dot",
  },
  // A line moves with each edit above it.
  {
    name: "position-in-file",
    pattern: /(<path>)(?::\d{1,7}){1,3}|(<path>)\(\d{1,7}(?:,\d{1,7}){0,3}\)|(<path>):\[\d{1,7},\d{1,7}\]/g,
    replacement: "<path>",
    needs: "digit",
  },
  // Host and port belong to one deployment.
  {
    name: "host-and-port",
    pattern: /\b(?:localhost|[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8})(?::\d{2,5})\b|\blocalhost\b/gi,
    replacement: "<address>",
  },
  // As above; a name without a port is only known for one by the words before it.
  {
    name: "resolved-host",
    pattern: /\b(ENOTFOUND|EAI_AGAIN|resolve host:?|resolve hostname|host name|hostname|Host:) [\w.-]{1,253}/g,
    replacement: "$1 <address>",
  },
  // The same problem outlives releases. A version that defines a problem is a fact: pass it in `facts`.
  {
    name: "version",
    pattern:
      /(?<![\w.])v?\d{1,6}\.\d{1,6}\.\d{1,6}(?:\.\d{1,6})?(?:[-+][0-9A-Za-z.-]{1,40})?(?![\w])|(?<![\w.])v\d{1,6}(?:\.\d{1,6})?(?![\w.])/g,
    replacement: "<version>",
    needs: "digit",
  },
  // Keys, JWTs and integrity hashes are random. Names of errors are shorter or have no digit.
  {
    name: "token",
    pattern:
      /(?<![\w-])(?=[A-Za-z_-]{0,100}\d)(?=[0-9_-]{0,100}[A-Za-z])[A-Za-z0-9_-]{32,200}(?![\w-])(?:\.[A-Za-z0-9_-]{1,200}){0,2}/g,
    replacement: "<token>",
    needs: "digit",
  },
  // Commit and content hashes.
  {
    name: "hex",
    pattern: /(?<![\w-])(?=[a-f]{0,64}\d)(?=\d{0,64}[a-f])[0-9a-f]{7,128}(?![\w-])/gi,
    replacement: "<hex>",
    needs: "digit",
  },
  // Differs with every run.
  {
    name: "process-id",
    pattern: /\(node:\d{1,8}\)|\b(?:pid|PID|tid|process|thread)[ :=#]{1,3}\d{1,8}\b|==\d{1,8}==/g,
    replacement: "<pid>",
    needs: "digit",
  },
  // What kind of value was quoted is known by now and may tell causes apart: two times that differ are not two names.
  {
    name: "quoted-placeholder",
    pattern: /'(<[a-z0-9-]{1,20}>)'|"(<[a-z0-9-]{1,20}>)"/g,
    replacement: "$1$2",
    needs: "quote",
  },
  // Tools quote what the user gave them: data, not cause. Symbols of an interface were kept above.
  {
    name: "quoted-value",
    pattern: /(?<![\w'])'[^'\n]{0,300}'(?!\w)|(?<![\w"])"[^"\n]{0,300}"(?!\w)/g,
    replacement: "<value>",
    needs: "quote",
    identityOnly: true,
  },
  // worker-17, task_4821: one of many of its kind. Codes such as ERR-12 are rare and keep their words.
  {
    name: "numbered-name",
    pattern: /\b([A-Za-z]{2,40}(?:[-_][A-Za-z]{1,40}){0,6})[-_]\d{1,15}(?![\w-])/g,
    replacement: "$1-<n>",
    needs: "digit",
    identityOnly: true,
  },
  // A count, a size, an id. Digits inside a word stay: TS2345, E0308, utf8, latin1, sha256.
  {
    name: "number",
    pattern: /(?<![\w.<])[-+]?\d{1,40}(?:[.,_]\d{1,40}){0,10}%?(?![\w])/g,
    replacement: "<n>",
    needs: "digit",
  },
  // Underlines and rulers follow the width of what stands above them.
  {
    name: "ruler",
    pattern: /([-=_*#~^.+])\1{3,600}/g,
    replacement: "$1$1$1",
  },
];
