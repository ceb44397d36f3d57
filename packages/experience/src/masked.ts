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
    needs: "capital",
    identityOnly: true,
  },
  // What a newer version of a tool suggests is not what happened.
  {
    name: "advice",
    pattern:
      /; if the root CA is installed locally[^\n]{0,200}$|[.;]? Did you mean[^\n]{0,200}$| -> \[Help \d{1,2}\]$/g,
    replacement: "",
    needs: "capital",
  },
  // JUnit puts what it compared into angle brackets.
  {
    name: "compared-value",
    pattern: /\b(expected|but was|was|actual|received|got)(:? ?)<[^<>]{0,300}>/g,
    replacement: "$1$2<value>",
    needs: "angle",
  },
  // An access log quotes the request: its method says what was asked for, its path belongs to one deployment.
  {
    name: "request-line",
    pattern: /"(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) [^\s"]{1,500} HTTP\/\d(?:\.\d)?"/g,
    replacement: "request $1",
    needs: "quote",
  },
  // Which command's output overflowed does not matter; which command was not found does.
  {
    name: "spawned-command",
    pattern: /\b(spawn(?:Sync)?) \S{1,200} (?=E(?!NOENT|ACCES)[A-Z0-9]{2,20}\b)/g,
    replacement: "$1 <command> ",
    needs: "capital",
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
    pattern: /\b([a-z][a-z0-9+.-]{1,40}):\/\/[^\s'"<>()[\]{}|\\,;]{1,400}/gi,
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
    needs: "long-run",
  },
  // When it happened is not what happened.
  {
    name: "timestamp",
    pattern:
      /(?<![\w.-])(?:\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{1,2}\/(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\/\d{4})(?:[T _:]\d{1,2}[:,]\d\d(?:[:,]\d\d(?:[.,]\d{1,9})?)?)?(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?(?![\w-])|(?<![\w.])\d{8}T\d{6}(?:[.,]\d{1,9})?Z?\b/g,
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
  // The address of a network interface, and longer ones of the same form, belong to one machine.
  {
    name: "mac-address",
    pattern:
      /(?<![\w:-])(?:[0-9a-f]{1,2}:){5,15}[0-9a-f]{1,2}(?![\w:])|(?<![\w:-])(?:[0-9A-F]{2}-){5,15}[0-9A-F]{2}(?![\w-])/gi,
    replacement: "<address>",
    needs: "pairs",
  },
  // How long it took differs each time. A clock without a date is a duration where the words before it say so.
  {
    name: "clocked-duration",
    pattern:
      /\b(lifetime|took|elapsed|duration|uptime|after|within|age|x?delay)([ :=]{1,3})(?:\d{1,3}:)?\d{1,3}:\d\d(?:[.,]\d{1,9})?(?![\w:])/gi,
    replacement: "$1$2<duration>",
    needs: "port",
  },
  // As above.
  {
    name: "time-of-day",
    pattern: /\b\d{1,2}:\d\d:\d\d(?:[.,:]\d{1,9})?(?: ?[AP]M)?\b/g,
    replacement: "<time>",
    needs: "digit",
  },
  // How long it took differs each time.
  {
    name: "duration",
    pattern:
      /<?(?<![\w./-])(?:\d{1,6}d ?)?(?:\d{1,6}h ?)?(?:\d{1,6}m ?)?\d{1,12}(?:\.\d{1,9})?\s?(?:ns|us|\u00b5s|\u03bcs|ms|msecs?|s|secs?|seconds?|milliseconds?|m|mins?|minutes?|h|hrs?|hours?|days?)\b(?!\/)|(?<![\w./-])P(?:\d{1,6}D)?T(?:\d{1,6}H)?(?:\d{1,6}M)?(?:\d{1,6}(?:\.\d{1,9})?S)?(?=[^\w]|$)/g,
    replacement: "<duration>",
    needs: "digit",
  },
  // As above. Some tools say it twice, once for people.
  {
    name: "byte-size",
    pattern:
      /(?<![\w./-])\d{1,15}(?:\.\d{1,9})?\s?(?:bytes?|B|[kKMGT]i?B|[KMG])\b(?: \(\d{1,15}(?:[.,]\d{1,9})? ?[kKMGT]i?B(?:, \d{1,15}(?:[.,]\d{1,9})? ?[kKMGT]i?B)?\))?/g,
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
  // As above: of an object of Java, and a mask of all ones.
  {
    name: "object-address",
    pattern: /@[0-9a-f]{4,16}\b(?<=[\w$\]]@[0-9a-f]{4,16})(?![.\w-])/gi,
    replacement: "<address>",
    needs: "at",
  },
  // As above.
  {
    name: "all-ones",
    pattern: /f{8}(?<![\w-]f{8})(?:f{8})?(?![\w-])/gi,
    replacement: "<address>",
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
    needs: "colons",
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
  // As above: a share of a server, a key of the registry.
  {
    name: "unc-path",
    pattern:
      /(?<![\w\\])\\\\[\w.$-]{1,100}\\[^\s'"<>|,;()]{0,300}|\bHK(?:LM|CU|CR|U|EY_[A-Z_]{4,20})\\[^\s'"<>|,;()]{0,300}/g,
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
    needs: ["port", "localhost"],
  },
  // A name of a host without a port, by how it ends.
  {
    name: "host",
    pattern:
      /(?<![\w.@/-])[a-z0-9][a-z0-9.-]{0,200}\.(?:com|org|edu|gov|internal|local|localdomain|lan|intranet|test|example|invalid|arpa|(?<=\.[a-z0-9-]{1,63}\.)(?:net|io|dev|info|biz|(?:co|com|ac|edu|gov|org|net|ne|or|go)\.[a-z]{2})(?![(]))(?![\w-]|\.\w)/g,
    replacement: "<address>",
    needs: "domain",
  },
  // As above; a name without a port is only known for one by the words before it.
  {
    name: "resolved-host",
    pattern:
      /\b(ENOTFOUND|EAI_AGAIN|resolve host:?|resolve hostname|resolve address for|host name|hostname|Host:|dial tcp|lookup|connect to host|(?:[Cc]onnect|[Cc]onnecting|[Cc]onnected|[Cc]onnection) to(?= [\w.-]{1,253}:\d)) [\w.-]{1,253}(?::\d{2,5}\b)?|^()[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}(?=: (?:Name or service not known|nodename nor servname|Temporary failure in name resolution))/g,
    replacement: "$1 <address>",
  },
  // One part of a version says what a product is: `Python 3.12` as well as `Python 3.12.1`; a range says what is asked for.
  {
    name: "named-version",
    pattern:
      /\b(versions?|[Pp]ython|[Nn]ode|[Jj]ava|JDK|Go|PHP|[Rr]uby|Rust|rustc|npm|gcc|clang)([ :=]{1,2}|==)v?\d{1,6}(?:\.\d{1,6}){0,3}(?![\w.]{0,20}\d)/g,
    replacement: "$1 <version>",
    needs: "digit",
  },
  // As above.
  {
    name: "version-range",
    pattern:
      /(?:[~^<>]=?|[=!~]={1,2})(?<=[\w\]'"@][~^<>=!]{1,3})v?\d{1,6}(?:\.(?:\d{1,6}|x|\*)){0,3}(?:[-+.][\w.]{1,30})?(?:, ?(?:[<>]=?|[=!~]={1,2})\d{1,6}(?:\.(?:\d{1,6}|x|\*)){0,3})?(?!\w)/g,
    replacement: "<version>",
    needs: "digit",
  },
  // The same problem outlives releases. A version that defines a problem is a fact: pass it in `facts`.
  {
    name: "version",
    pattern:
      /(?<![\w.])v?\d{1,6}\.\d{1,6}\.\d{1,6}(?:\.\d{1,6})?(?:[-+][0-9A-Za-z.-]{1,40})?(?![\w])|(?<![\w.])v\d{1,6}(?:\.\d{1,6})?(?![\w.])/g,
    replacement: "<version>",
    needs: "digit",
  },
  // Bytes written as text, with their padding.
  {
    name: "base64",
    pattern: /(?<![\w+/=-])[A-Za-z0-9+/]{20,600}={1,2}(?![\w=])/g,
    replacement: "<token>",
    needs: "equals",
  },
  // Keys, JWTs and integrity hashes are random. Names of errors are shorter or have no digit.
  {
    name: "token",
    pattern:
      /(?<![\w-])(?=[A-Za-z_-]{0,100}\d)(?=[0-9_-]{0,100}[A-Za-z])[A-Za-z0-9_-]{32,200}(?![\w-])(?:\.[A-Za-z0-9_-]{1,200}){0,2}/g,
    replacement: "<token>",
    needs: "long-run",
  },
  // As above: shorter ones mix digits and letters in both cases.
  {
    name: "short-token",
    pattern:
      /(?<![\w-])(?=[A-Za-z_-]{0,30}\d[\dA-Z_-]{0,30}[a-z])(?=[a-z\d_-]{0,30}[A-Z])(?=[A-Za-z_-]{0,30}\d{1,30}[A-Za-z_-]{1,30}\d)[A-Za-z0-9_-]{16,31}(?![\w-])|\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b/g,
    replacement: "<token>",
    needs: "long-run",
  },
  // What a cloud calls a resource belongs to one account.
  {
    name: "arn",
    pattern: /\barn:aws[\w-]{0,20}:[^\s'",;)\]}]{1,400}/g,
    replacement: "<id>",
    needs: "colon",
  },
  // Clouds and clusters name what they run with random letters.
  {
    name: "cloud-id",
    pattern:
      /\b(?:i|vol|sg|subnet|vpc|ami|eni|rtb|snap|acl|igw|nat|eipalloc)-[0-9a-f]{8,17}\b|-[0-9a-f]{8,10}-[a-z0-9]{5}\b(?<=[a-z0-9]-[0-9a-f]{8,10}-[a-z0-9]{5})/g,
    replacement: "<id>",
    needs: "dash",
  },
  // Commit and content hashes. One in forty has no letter, so that a number stands for both.
  {
    name: "hex",
    pattern: /(?<![\w-])(?=[a-f]{0,64}\d)(?=\d{0,64}[a-f])[0-9a-f]{7,128}(?![\w-])/gi,
    replacement: "<n>",
    needs: "run",
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
  // worker-17, task_4821_retry, rdd_2_0: one of many of its kind. Codes such as ERR-12 are rare and keep their words.
  {
    name: "numbered-name",
    pattern:
      /(?:[-_](?<=[A-Za-z0-9][-_]{2}))?\d{1,20}(?![A-Za-z0-9])(?<=[A-Za-z0-9][-_]{1,2}\d{1,20}|[-_][A-Za-z]{2,20}\d{1,20})/g,
    replacement: "<n>",
    identityOnly: true,
    needs: "dash",
  },
  // storage234, host07: as above, without anything between.
  {
    name: "numbered-word",
    pattern:
      /\d{2,10}(?![A-Za-z0-9])(?<=(?<![\w.])[a-z]{3,30}\d{2,10})(?<!\b(?:error|err|errno|code|exit|status|rc)\d{2,10})/g,
    replacement: "<n>",
    needs: "digit",
    identityOnly: true,
  },
  // A count, a size, an id. Digits inside a word stay: TS2345, E0308, utf8, latin1, sha256.
  {
    name: "number",
    pattern:
      /(?<![\w<])(?<!\d\.)[-+]?\d{1,40}(?:[.,_](?:\d{1,40}|<n>)){0,10}%?(?![\w])|(?<![\w.])\d{1,9}(?:st|nd|rd|th)\b/g,
    replacement: "<n>",
    needs: "digit",
  },
  // How many there were is not what happened.
  {
    name: "list",
    pattern: /(<[a-z]{1,12}>)(?:(?:, |,| |; ?|\|| \| |-|\.\.|\\ ?|:)\1){1,200}/g,
    replacement: "$1",
    needs: "angle",
    identityOnly: true,
  },
  // Underlines and rulers follow the width of what stands above them.
  {
    name: "ruler",
    pattern: /([-=_*#~^.+])\1{3,600}/g,
    replacement: "$1$1$1",
  },
];
