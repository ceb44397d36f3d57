/**
 * One row per kind of tool: how it says why it failed. Rows stand in order of strength, so that the first one to match a line is
 * the strongest. Each is tested from its own examples.
 */
type Found = { readonly name?: string | undefined; readonly code?: string | undefined; readonly message: string };

export interface Recogniser {
  readonly name: string;
  readonly why: string;
  readonly strength: number;
  /** Which of several matches is the cause. `*-of-3`: up to three together. */
  readonly prefer: "first" | "last" | "first-of-3" | "last-of-3";
  readonly pattern: RegExp;
  readonly read?: (match: RegExpExecArray, lines: readonly string[], at: number) => Found | undefined;
  /** `[text, expected message]`: the recogniser must find this in the text. */
  readonly examples: readonly (readonly [string, string])[];
}

const STRERROR =
  "No such file or directory|Permission denied|Not a directory|Is a directory|File exists|Directory not empty|" +
  "No space left on device|Disk quota exceeded|Read-only file system|Too many open files|Argument list too long|File name too long|" +
  "Too many levels of symbolic links|Invalid cross-device link|Text file busy|Exec format error|Connection refused|" +
  "Connection reset by peer|Connection timed out|Network is unreachable|No route to host|Broken pipe|" +
  "Resource temporarily unavailable|Cannot allocate memory|Operation not permitted|Operation not supported|" +
  "Device or resource busy|Address already in use|Name or service not known|Input/output error|Bad file descriptor|Invalid argument";

/** Names that say only "an error": with and without them it is the same problem. */
export const PLAIN_NAMES = new Set(["Error", "Exception", "Throwable", "error"]);

const lastPart = (name: string): string => name.slice(name.lastIndexOf(".") + 1);
const isErrorName = (name: string): boolean =>
  /(?:Error|Exception|Failure|Fault|Throwable|Panic|Interrupt|Exit|Timeout)$/.test(name);

/** Node prints an error's own properties below its stack: `code: 'EADDRINUSE'`. */
const codeBelow = (lines: readonly string[], at: number): string | undefined => {
  for (let i = at + 1; i < Math.min(lines.length, at + 40); i++) {
    const match = /^\s{0,8}code: '([A-Z][A-Z0-9_]{2,60})',?$/.exec(lines[i] as string);
    if (match !== null) return match[1];
    if (i > at + 1 && TYPED.test(lines[i] as string)) return undefined;
  }
  return undefined;
};

const TYPED =
  /^\s{0,40}(?:<ref \*\d{1,3}> )?(?:Uncaught |\[)?(?:\[ERROR\] )?([A-Za-z_$][\w$.]{1,150})(?: \[(\w{2,80})\])?(?::(?: (.*))?)?$/;

const readTyped = (match: RegExpExecArray, lines: readonly string[], at: number): Found | undefined => {
  const name = lastPart(match[1] as string);
  if (!isErrorName(name) || match[1] === "code") return undefined;
  return { name, code: match[2] ?? codeBelow(lines, at), message: (match[3] ?? "") + missingInput(lines, at) };
};

/** Node prints what it was given below a stack: `input: 'undefined'` is an unset variable, any other input is data. */
const missingInput = (lines: readonly string[], at: number): string => {
  for (let i = at + 1; i < Math.min(lines.length, at + 40); i++) {
    const match = /^\s{0,8}input: ('(?:undefined|null|NaN|\[object Object\])?'),?$/.exec(lines[i] as string);
    if (match !== null) return ` (input ${match[1]})`;
  }
  return "";
};

export const recognisers: readonly Recogniser[] = [
  {
    name: "java-cause",
    why: "The last `Caused by` is where the chain began.",
    strength: 95,
    prefer: "last",
    pattern: /^\s{0,40}(?:\[ERROR\] )?Caused by: ([\w$.]{1,200})(?:: (.*))?$/,
    read: (match) => ({ name: lastPart(match[1] as string), message: match[2] ?? "" }),
    examples: [
      [
        "x.AppException: start\n\tat x.Y.z(Y.java:3)\nCaused by: java.net.BindException: Address already in use\n\tat a.b(C.java:4)",
        "Address already in use",
      ],
    ],
  },
  {
    name: "node-cause",
    why: "`fetch failed` says nothing; its `[cause]` does.",
    strength: 95,
    prefer: "last",
    pattern: /^\s{0,40}\[cause\]: \[?([A-Za-z_$][\w$.]{0,100})(?: \[(\w{2,80})\])?(?::(?: (.*))?)?$/,
    read: (match, lines, at) => ({
      name: lastPart(match[1] as string),
      code: match[2] ?? codeBelow(lines, at),
      message: (match[3] ?? "").replace(/\](?: \{)?$| \{$/, ""),
    }),
    examples: [
      [
        "TypeError: fetch failed\n    at node:internal/x\n  [cause]: Error: connect ECONNREFUSED ::1:4711 {",
        "connect ECONNREFUSED ::1:4711",
      ],
    ],
  },
  {
    name: "runtime-abort",
    why: "V8 and Go abort without an exception. What V8 did last before the heap was full varies; the end of the line does not.",
    strength: 94,
    prefer: "first",
    pattern: /^(?:FATAL ERROR|fatal error): (?:.{0,200} - )?(.+)$/,
    read: (match) => ({ message: match[1] as string }),
    examples: [
      [
        "<--- Last few GCs --->\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
        "JavaScript heap out of memory",
      ],
      ["fatal error: all goroutines are asleep - deadlock!", "deadlock!"],
    ],
  },
  {
    name: "python-error",
    why: "Below a traceback the last error is the one nobody caught.",
    strength: 92,
    prefer: "last",
    pattern: /^([A-Za-z_][\w.]{1,150})(?:: (.*))?$/,
    read: (match, lines, at) => {
      const name = lastPart(match[1] as string);
      if (!isErrorName(name)) return undefined;
      for (let i = at - 1; i >= Math.max(0, at - 60); i--) {
        if (lines[i]?.startsWith("Traceback (most recent call last)")) return { name, message: match[2] ?? "" };
      }
      return undefined;
    },
    examples: [
      [
        "Traceback (most recent call last):\n  File \"a.py\", line 3, in <module>\n    go()\nKeyError: 'port'",
        "'port'",
      ],
    ],
  },
  {
    name: "rust-panic",
    why: "The message stands on the next line since Rust 1.73, in quotes before.",
    strength: 92,
    prefer: "first",
    pattern: /^thread '[^']{0,100}' (?:\(\d{1,12}\) )?panicked at (?:'(.*)', \S{1,300}|(.*))$/,
    read: (match, lines, at) => ({ name: "panic", message: match[1] ?? lines[at + 1] ?? "" }),
    examples: [
      [
        "thread 'main' panicked at src/main.rs:4:5:\nindex out of bounds: the len is 3 but the index is 7",
        "index out of bounds: the len is 3 but the index is 7",
      ],
    ],
  },
  {
    name: "go-panic",
    why: "The first panic of a Go program; goroutine dumps follow.",
    strength: 92,
    prefer: "first",
    pattern: /^panic: (.*)$/,
    read: (match) => ({ name: "panic", message: match[1] as string }),
    examples: [
      [
        "panic: runtime error: index out of range [5] with length 3\n\ngoroutine 1 [running]:",
        "runtime error: index out of range [5] with length 3",
      ],
    ],
  },
  {
    name: "typed-error",
    why: "`Name: message` as Node, browsers, Java and most runtimes print it. The first is the outermost; wrapped ones are found above.",
    strength: 90,
    prefer: "first",
    pattern: TYPED,
    read: (match, lines, at) => {
      const found = readTyped(match, lines, at);
      if (found === undefined || isWrapper(found.message)) return undefined;
      // An AggregateError without a message is explained by the errors that it lists below.
      return found.name === "AggregateError" && found.message === "" ? undefined : found;
    },
    examples: [
      [
        "node:events:486\n      throw er;\n\nError: listen EADDRINUSE: address already in use :::8080\n    at x",
        "listen EADDRINUSE: address already in use :::8080",
      ],
      ["java.lang.NullPointerException\n\tat a.B.c(B.java:3)", ""],
    ],
  },
  {
    name: "typescript",
    why: "The first error; later ones often follow from it.",
    strength: 88,
    prefer: "first",
    pattern: /\berror (TS\d{3,5}): (.*)$/,
    read: (match) => ({ code: match[1], message: `${match[1]}: ${match[2]}` }),
    examples: [
      [
        "src/a.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.",
        "TS2322: Type 'string' is not assignable to type 'number'.",
      ],
    ],
  },
  {
    name: "rust-compiler",
    why: "As above.",
    strength: 88,
    prefer: "first",
    pattern: /^error\[(E\d{4})\]: (.*)$/,
    read: (match) => ({ code: match[1], message: `${match[1]}: ${match[2]}` }),
    examples: [["error[E0308]: mismatched types\n --> src/main.rs:2:5", "E0308: mismatched types"]],
  },
  {
    name: "maven-compiler",
    why: "`cannot find symbol` means nothing without the symbol two lines below.",
    strength: 87,
    prefer: "first",
    pattern: /^\[ERROR\] \S{1,400}\.\w{1,10}:\[\d{1,7},\d{1,7}\] (?:error: )?(.*)$/,
    read: (match, lines, at) => {
      const symbol = lines
        .slice(at + 1, at + 4)
        .map((line) => /\bsymbol: {1,8}(.*)$/.exec(line)?.[1])
        .find((text) => text !== undefined);
      return { message: symbol === undefined ? (match[1] as string) : `${match[1]}: ${symbol}` };
    },
    examples: [
      [
        "[ERROR] /w/A.java:[3,7] cannot find symbol\n[ERROR]   symbol:   class Ledger\n[ERROR]   location: package x",
        "cannot find symbol: class Ledger",
      ],
    ],
  },
  {
    name: "compiler",
    why: "gcc, clang, javac, Go: `file:line[:column]: error: message`.",
    strength: 86,
    prefer: "first",
    pattern: /^\S{1,400}:\d{1,7}(?::\d{1,7})?: (?:fatal )?error: (.*)$/,
    read: (match) => ({ message: match[1] as string }),
    examples: [["main.c:3:10: fatal error: zlib.h: No such file or directory", "zlib.h: No such file or directory"]],
  },
  {
    name: "curl",
    why: "curl numbers its errors.",
    strength: 86,
    prefer: "last",
    pattern: /^(curl: \(\d{1,2}\) .*)$/,
    read: (match) => ({ message: match[1] as string }),
    examples: [
      [
        "  % Total\ncurl: (22) The requested URL returned error: 404",
        "curl: (22) The requested URL returned error: 404",
      ],
    ],
  },
  {
    name: "interpreter",
    why: "The `#!` line names a program that is not there; one that ends with a carriage return is a file with Windows line ends.",
    strength: 86,
    prefer: "first",
    pattern:
      /^(?:(?:\/[\w./-]{1,100}\/)?env: ['\u2018]?([^'\u2019\n]{1,100}?)['\u2019]?: No such file or directory|.{0,300}: ([^\s:]{1,100}): bad interpreter: .*)$/,
    read: (match) => {
      const program = (match[1] ?? match[2]) as string;
      return {
        message: /(?:\\r|\^M|\r)$/.test(program)
          ? "interpreter with a carriage return: not found"
          : `interpreter ${program}: not found`,
      };
    },
    examples: [
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
  },
  {
    name: "shell",
    why: "`sh: 1: ...`, `bash: line 3: ...`, `./x.sh: 3: ...`: a shell names itself or the script, and the line.",
    strength: 85,
    prefer: "first",
    pattern:
      /^(?:(?:\/[\w/.-]{0,100}\/)?(?:sh|bash|zsh|dash|ash|ksh|env): (?:(?:line )?\d{1,6}: )?|\S{1,300}: (?:line )?\d{1,6}: )(.*)$/,
    read: (match) => ({ message: match[1] as string }),
    examples: [
      ["sh: 1: jq: not found", "jq: not found"],
      ["./build-7.sh: line 12: rsync: command not found", "rsync: command not found"],
    ],
  },
  {
    name: "npm",
    why: "npm gives a code on one line and its meaning on the next ones. `ELIFECYCLE` only says that a script failed.",
    strength: 84,
    prefer: "first",
    pattern: /^npm (?:ERR!|error) code (E\w{2,40})$/,
    read: (match, lines, at) => {
      if (match[1] === "ELIFECYCLE") return undefined;
      for (const line of lines.slice(at + 1, at + 12)) {
        const text = /^npm (?:ERR!|error) (?!(?:code|errno|syscall|path|dest|signal|command) )(?:\d{3} )?(.{3,})$/.exec(
          line,
        )?.[1];
        if (text !== undefined) return { code: match[1], message: `${match[1]}: ${text}` };
      }
      return { code: match[1], message: match[1] as string };
    },
    examples: [
      [
        "npm error code E404\nnpm error 404 Not Found - GET https://r.test/x - Not found",
        "E404: Not Found - GET https://r.test/x - Not found",
      ],
    ],
  },
  {
    name: "git",
    why: "git, ld and many C tools: `fatal: ...`.",
    strength: 82,
    prefer: "first",
    pattern: /^(?:fatal|error|FATAL|ERROR): (.*)$/,
    read: (match) => (isWrapper(match[1] as string) ? undefined : { message: match[1] as string }),
    examples: [
      [
        "fatal: not a git repository (or any of the parent directories): .git",
        "not a git repository (or any of the parent directories): .git",
      ],
    ],
  },
  {
    name: "system-tool",
    why: "`tool: what: reason of the operating system`. Up to three: a path split at a space is named piece by piece.",
    strength: 80,
    prefer: "first-of-3",
    pattern: new RegExp(`^([\\w.+/-]{1,200}): (.{0,400}?)(${STRERROR})\\b.{0,100}$`, "i"),
    read: (match) => {
      const [, tool, what, reason] = match as unknown as readonly [string, string, string, string];
      // `ENOENT: no such file or directory, open 'x'` is Node's sentence, and its end counts.
      if (/^E[A-Z0-9]{2,20}$/.test(tool)) return undefined;
      // What has no quotes is one name, as the user gave it; words of the tool (`cannot stat 'x'`) come with quotes.
      const operand = /^\/.*: $/.test(what) ? "/path: " : /^[^'"\u2018:]{1,400}: $/.test(what) ? "name: " : what;
      return { message: `${tool.slice(tool.lastIndexOf("/") + 1)}: ${operand}${reason}` };
    },
    examples: [
      [
        "cp: cannot create regular file '/mnt/a': Read-only file system",
        "cp: cannot create regular file '/mnt/a': Read-only file system",
      ],
      [
        "cat: /data/My: No such file or directory\ncat: Files/a.txt: No such file or directory",
        "cat: /path: No such file or directory",
      ],
    ],
  },
  {
    name: "aggregate",
    why: "Several attempts failed (Node tries all addresses of a name) and none of them is shown.",
    strength: 76,
    prefer: "first",
    pattern: /^\s{0,40}(?:Uncaught )?AggregateError(?: \[(\w{2,80})\])?: ?$/,
    read: (match, lines, at) => ({ name: "AggregateError", code: match[1] ?? codeBelow(lines, at), message: "" }),
    examples: [["AggregateError [ECONNREFUSED]: \n    at internalConnectMultiple (node:net:1134:18)", ""]],
  },
  {
    name: "typed-error-inline",
    why: "A typed error behind a prefix of the program's own: `build failed: TypeError: x`.",
    strength: 75,
    prefer: "first",
    pattern: /(?:^|[\s:([])([A-Z][A-Za-z]{1,60}(?:Error|Exception))(?: \[(\w{2,80})\])?: (.+)$/,
    read: (match, lines, at) => ({
      name: match[1],
      code: match[2] ?? codeBelow(lines, at),
      message: match[3] as string,
    }),
    examples: [["12:04:01 job 3: RangeError: Invalid array length", "Invalid array length"]],
  },
  {
    name: "errno",
    why: "A line with a symbolic code of the operating system, of Node or of OpenSSL.",
    strength: 72,
    prefer: "first",
    pattern:
      /^(.*\b(?:ERR_[A-Z0-9_]{2,60}|UND_ERR_[A-Z_]{2,40}|HPE_[A-Z_]{2,40}|E(?:ACCES|ADDRINUSE|ADDRNOTAVAIL|AGAIN|AI_AGAIN|BADF|BUSY|CONNABORTED|CONNREFUSED|CONNRESET|DQUOT|EXIST|FBIG|HOSTUNREACH|INVAL|IO|ISDIR|LOOP|MFILE|MLINK|NAMETOOLONG|NETUNREACH|NFILE|NOBUFS|NOENT|NOEXEC|NOMEM|NOSPC|NOTCONN|NOTDIR|NOTEMPTY|NOTFOUND|NOTSUP|NXIO|PERM|PIPE|PROTO|ROFS|SRCH|TIMEDOUT|TXTBSY|XDEV|2BIG)|[A-Z_]{0,40}CERT[A-Z_]{0,40}_[A-Z_]{1,40}|[A-Z]{1,20}_[A-Z_]{0,40}CERT[A-Z_]{0,40})\b.*)$/,
    read: (match) =>
      /^\s{0,20}(?:code|errno|syscall): /.test(match[1] as string) ? undefined : { message: match[1] as string },
    examples: [["upload stopped (ENOSPC) after 3 files", "upload stopped (ENOSPC) after 3 files"]],
  },
  {
    name: "http-status",
    why: "A status of 400 or more.",
    strength: 70,
    prefer: "last",
    pattern:
      /^(.*\b(?:HTTP(?:\/\d(?:\.\d)?)?|[Ss]tatus(?: ?[Cc]ode)?|responded with|answered(?: with)?|returned error)"?[ :=]{1,3}[45]\d\d\b.*)$/,
    read: (match) => ({ message: (match[1] as string).replace(/^[<>*] /, "") }),
    examples: [["> GET /x HTTP/1.1\n< HTTP/1.1 503 Service Unavailable", "HTTP/1.1 503 Service Unavailable"]],
  },
  {
    name: "killed",
    why: "The shell's last word on a process that a signal ended.",
    strength: 68,
    prefer: "last",
    pattern:
      /^(?:\S{1,200}: )?((?:Killed|Segmentation fault|Bus error|Aborted|Terminated|Illegal instruction|Floating point exception)(?: \(core dumped\))?)$/,
    read: (match) => ({ message: (match[1] as string).replace(" (core dumped)", "") }),
    examples: [["step 3\nSegmentation fault (core dumped)", "Segmentation fault"]],
  },
  {
    name: "maven-goal",
    why: "Maven's summary; only the end of the sentence says why.",
    strength: 60,
    prefer: "first",
    pattern:
      /^\[ERROR\] (?:Failed to execute goal (?:.{0,300} )?on project [^:]{1,100}|Plugin \S{1,200} or one of its dependencies could not be resolved): (.*)$/,
    read: (match) =>
      /^(?:Compilation failure|There (?:are|were) test failures|Some Enforcer rules|Execution |There was an error|Command execution failed)/.test(
        match[1] as string,
      )
        ? undefined
        : { message: match[1] as string },
    examples: [
      [
        "[ERROR] Failed to execute goal on project x: Could not resolve dependencies for y",
        "Could not resolve dependencies for y",
      ],
    ],
  },
  {
    name: "generic",
    why: "Words of failure. Tools end with what stopped them, so the last ones; three, because one alone is often a summary.",
    strength: 40,
    prefer: "last-of-3",
    pattern:
      /\b(?:fatal|error|exception|fail(?:s|ed|ure)?|panic|denied|refused|cannot|can't|could not|couldn't|unable|invalid|missing|not found|not set|not allowed|no such|tim(?:ed|e)[ -]?out|unexpected|unsupported|unrecognized|expired|unknown|abort(?:ed)?|rejected|mismatch|exceed(?:s|ed)?|conflict|too (?:many|long|large|small|big|deep)|required|locked|corrupt(?:ed)?|stale|undefined|overflow)\b/i,
    read: (match) => {
      const message = match.input.replace(/^\[ERROR\] {0,8}/, "");
      return message === "" || isWrapper(message) ? undefined : { message };
    },
    examples: [["reading\nledger is locked by another run\nbye", "ledger is locked by another run"]],
  },
  {
    name: "wrapper",
    why: "It failed, and no more is known than how it ended.",
    strength: 15,
    prefer: "last",
    pattern: /^.*\b(?:Command failed|exit(?:ed|s)?|code|status|signal|failed|Error)\b.*$/i,
    read: (match) => ({ message: match[0] }),
    examples: [["Command failed with exit code 3", "Command failed with exit code 3"]],
  },
  {
    name: "last-line",
    why: "Whatever was said last.",
    strength: 10,
    prefer: "last",
    pattern: /^.*[^\s].*$/,
    read: (match) => ({ message: match[0] }),
    examples: [["one\ntwo", "two"]],
  },
];

/** Messages that only say that something else failed. */
const isWrapper = (message: string): boolean =>
  /^(?:\S{1,40}: )?(?:Command failed|Process (?:exited|completed|failed)|Command exited|Program exited|exited with|exit (?:code|status)|Script .{0,80} exited|spawn .{0,200} exited|child process (?:exited|failed)|make(?:\[\d{1,3}\])?: \*\*\*|ELIFECYCLE|Lifecycle script|BUILD FAILURE|Build failed\.?$|Task failed\.?$|Task .{0,80} failed with exit code|There (?:are|were) test failures|Some Enforcer rules have failed|There was an error in the forked process|Tests? run:|Tests? failures?:|After correcting the problems|mvn <|\[Help 1\]|For more information about the errors|Re-run Maven|To see the full stack trace|A complete log of this run)/i.test(
    message,
  );
