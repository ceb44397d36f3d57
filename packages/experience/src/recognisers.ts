/**
 * One row per kind of tool: how it says why it failed. Rows stand in order of strength, so that the first one to match a line is
 * the strongest. Each is tested from its own examples, in `recogniser-examples.fixture.ts`.
 */
type Found = { readonly name?: string | undefined; readonly code?: string | undefined; readonly message: string };

export interface Recogniser {
  readonly name: string;
  readonly strength: number;
  /** Which of several matches is the cause. `*-of-3`: up to three together. */
  readonly prefer: "first" | "last" | "first-of-3" | "last-of-3";
  readonly pattern: RegExp;
  readonly read?: (match: RegExpExecArray, lines: readonly string[], at: number) => Found | undefined;
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
  // The last `Caused by` is where the chain began.
  {
    name: "java-cause",
    strength: 95,
    prefer: "last",
    pattern: /^\s{0,40}(?:\[ERROR\] )?Caused by: ([\w$.]{1,200})(?:: (.*))?$/,
    read: (match) => ({ name: lastPart(match[1] as string), message: match[2] ?? "" }),
  },
  // `fetch failed` says nothing; its `[cause]` does.
  {
    name: "node-cause",
    strength: 95,
    prefer: "last",
    pattern: /^\s{0,40}\[cause\]: \[?([A-Za-z_$][\w$.]{0,100})(?: \[(\w{2,80})\])?(?::(?: (.*))?)?$/,
    read: (match, lines, at) => ({
      name: lastPart(match[1] as string),
      code: match[2] ?? codeBelow(lines, at),
      message: (match[3] ?? "").replace(/\](?: \{)?$| \{$/, ""),
    }),
  },
  // V8 and Go abort without an exception. What V8 did last before the heap was full varies; the end of the line does not.
  {
    name: "runtime-abort",
    strength: 94,
    prefer: "first",
    pattern: /^(?:FATAL ERROR|fatal error): (?:.{0,200} - )?(.+)$/,
    read: (match) => ({ message: match[1] as string }),
  },
  // Below a traceback the last error is the one nobody caught.
  {
    name: "python-error",
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
  },
  // The message stands on the next line since Rust 1.73, in quotes before.
  {
    name: "rust-panic",
    strength: 92,
    prefer: "first",
    pattern: /^thread '[^']{0,100}' (?:\(\d{1,12}\) )?panicked at (?:'(.*)', \S{1,300}|(.*))$/,
    read: (match, lines, at) => ({ name: "panic", message: match[1] ?? lines[at + 1] ?? "" }),
  },
  // The first panic of a Go program; goroutine dumps follow.
  {
    name: "go-panic",
    strength: 92,
    prefer: "first",
    pattern: /^panic: (.*)$/,
    read: (match) => ({ name: "panic", message: match[1] as string }),
  },
  // `Name: message` as Node, browsers, Java and most runtimes print it. The first is the outermost; wrapped ones are found
  // above.
  {
    name: "typed-error",
    strength: 90,
    prefer: "first",
    pattern: TYPED,
    read: (match, lines, at) => {
      const found = readTyped(match, lines, at);
      if (found === undefined || isWrapper(found.message)) return undefined;
      // An AggregateError without a message is explained by the errors that it lists below.
      return found.name === "AggregateError" && found.message === "" ? undefined : found;
    },
  },
  // The first error; later ones often follow from it.
  {
    name: "typescript",
    strength: 88,
    prefer: "first",
    pattern: /\berror (TS\d{3,5}): (.*)$/,
    read: (match) => ({ code: match[1], message: `${match[1]}: ${match[2]}` }),
  },
  // As above.
  {
    name: "rust-compiler",
    strength: 88,
    prefer: "first",
    pattern: /^error\[(E\d{4})\]: (.*)$/,
    read: (match) => ({ code: match[1], message: `${match[1]}: ${match[2]}` }),
  },
  // `cannot find symbol` means nothing without the symbol two lines below.
  {
    name: "maven-compiler",
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
  },
  // gcc, clang, javac, Go: `file:line[:column]: error: message`.
  {
    name: "compiler",
    strength: 86,
    prefer: "first",
    pattern: /^\S{1,400}:\d{1,7}(?::\d{1,7})?: (?:fatal )?error: (.*)$/,
    read: (match) => ({ message: match[1] as string }),
  },
  // curl numbers its errors.
  {
    name: "curl",
    strength: 86,
    prefer: "last",
    pattern: /^(curl: \(\d{1,2}\) .*)$/,
    read: (match) => ({ message: match[1] as string }),
  },
  // The `#!` line names a program that is not there; one that ends with a carriage return is a file with Windows line
  // ends.
  {
    name: "interpreter",
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
  },
  // `sh: 1: ...`, `bash: line 3: ...`, `./x.sh: 3: ...`: a shell names itself or the script, and the line.
  {
    name: "shell",
    strength: 85,
    prefer: "first",
    pattern:
      /^(?:(?:\/[\w/.-]{0,100}\/)?(?:sh|bash|zsh|dash|ash|ksh|env): (?:(?:line )?\d{1,6}: )?|\S{1,300}: (?:line )?\d{1,6}: )(.*)$/,
    read: (match) => ({ message: match[1] as string }),
  },
  // npm gives a code on one line and its meaning on the next ones. `ELIFECYCLE` only says that a script failed.
  {
    name: "npm",
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
  },
  // git, ld and many C tools: `fatal: ...`.
  {
    name: "git",
    strength: 82,
    prefer: "first",
    pattern: /^(?:fatal|error|FATAL|ERROR): (.*)$/,
    read: (match) => (isWrapper(match[1] as string) ? undefined : { message: match[1] as string }),
  },
  // `tool: what: reason of the operating system`. Up to three: a path split at a space is named piece by piece.
  {
    name: "system-tool",
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
  },
  // Several attempts failed (Node tries all addresses of a name) and none of them is shown.
  {
    name: "aggregate",
    strength: 76,
    prefer: "first",
    pattern: /^\s{0,40}(?:Uncaught )?AggregateError(?: \[(\w{2,80})\])?: ?$/,
    read: (match, lines, at) => ({ name: "AggregateError", code: match[1] ?? codeBelow(lines, at), message: "" }),
  },
  // A typed error behind a prefix of the program's own: `build failed: TypeError: x`.
  {
    name: "typed-error-inline",
    strength: 75,
    prefer: "first",
    pattern: /(?:^|[\s:([])([A-Z][A-Za-z]{1,60}(?:Error|Exception))(?: \[(\w{2,80})\])?: (.+)$/,
    read: (match, lines, at) => ({
      name: match[1],
      code: match[2] ?? codeBelow(lines, at),
      message: match[3] as string,
    }),
  },
  // A line with a symbolic code of the operating system, of Node or of OpenSSL.
  {
    name: "errno",
    strength: 72,
    prefer: "first",
    pattern:
      /^(.*\b(?:ERR_[A-Z0-9_]{2,60}|UND_ERR_[A-Z_]{2,40}|HPE_[A-Z_]{2,40}|E(?:ACCES|ADDRINUSE|ADDRNOTAVAIL|AGAIN|AI_AGAIN|BADF|BUSY|CONNABORTED|CONNREFUSED|CONNRESET|DQUOT|EXIST|FBIG|HOSTUNREACH|INVAL|IO|ISDIR|LOOP|MFILE|MLINK|NAMETOOLONG|NETUNREACH|NFILE|NOBUFS|NOENT|NOEXEC|NOMEM|NOSPC|NOTCONN|NOTDIR|NOTEMPTY|NOTFOUND|NOTSUP|NXIO|PERM|PIPE|PROTO|ROFS|SRCH|TIMEDOUT|TXTBSY|XDEV|2BIG)|[A-Z_]{0,40}CERT[A-Z_]{0,40}_[A-Z_]{1,40}|[A-Z]{1,20}_[A-Z_]{0,40}CERT[A-Z_]{0,40})\b.*)$/,
    read: (match) =>
      /^\s{0,20}(?:code|errno|syscall): /.test(match[1] as string) ? undefined : { message: match[1] as string },
  },
  // A status of 400 or more.
  {
    name: "http-status",
    strength: 70,
    prefer: "last",
    pattern:
      /^(.*\b(?:HTTP(?:\/\d(?:\.\d)?)?|[Ss]tatus(?: ?[Cc]ode)?|responded with|answered(?: with)?|returned error)"?[ :=]{1,3}[45]\d\d\b.*)$/,
    read: (match) => ({ message: (match[1] as string).replace(/^[<>*] /, "") }),
  },
  // The shell's last word on a process that a signal ended.
  {
    name: "killed",
    strength: 68,
    prefer: "last",
    pattern:
      /^(?:\S{1,200}: )?((?:Killed|Segmentation fault|Bus error|Aborted|Terminated|Illegal instruction|Floating point exception)(?: \(core dumped\))?)$/,
    read: (match) => ({ message: (match[1] as string).replace(" (core dumped)", "") }),
  },
  // Maven's summary; only the end of the sentence says why.
  {
    name: "maven-goal",
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
  },
  // Words of failure. Tools end with what stopped them, so the last ones; three, because one alone is often a summary.
  {
    name: "generic",
    strength: 40,
    prefer: "last-of-3",
    pattern:
      /\b(?:fatal|error|exception|fail(?:s|ed|ure)?|panic|denied|refused|cannot|can't|could not|couldn't|unable|invalid|missing|not found|not set|not allowed|no such|tim(?:ed|e)[ -]?out|unexpected|unsupported|unrecognized|expired|unknown|abort(?:ed)?|rejected|mismatch|exceed(?:s|ed)?|conflict|too (?:many|long|large|small|big|deep)|required|locked|corrupt(?:ed)?|stale|undefined|overflow)\b/i,
    read: (match) => {
      const message = match.input.replace(/^\[ERROR\] {0,8}/, "");
      return message === "" || isWrapper(message) ? undefined : { message };
    },
  },
  // It failed, and no more is known than how it ended.
  {
    name: "wrapper",
    strength: 15,
    prefer: "last",
    pattern: /^.*\b(?:Command failed|exit(?:ed|s)?|code|status|signal|failed|Error)\b.*$/i,
    read: (match) => ({ message: match[0] }),
  },
  // Whatever was said last.
  {
    name: "last-line",
    strength: 10,
    prefer: "last",
    pattern: /^.*[^\s].*$/,
    read: (match) => ({ message: match[0] }),
  },
];

/** Messages that only say that something else failed. */
const isWrapper = (message: string): boolean =>
  /^(?:\S{1,40}: )?(?:Command failed|Process (?:exited|completed|failed)|Command exited|Program exited|exited with|exit (?:code|status)|Script .{0,80} exited|spawn .{0,200} exited|child process (?:exited|failed)|make(?:\[\d{1,3}\])?: \*\*\*|ELIFECYCLE|Lifecycle script|BUILD FAILURE|Build failed\.?$|Task failed\.?$|Task .{0,80} failed with exit code|There (?:are|were) test failures|Some Enforcer rules have failed|There was an error in the forked process|Tests? run:|Tests? failures?:|After correcting the problems|mvn <|\[Help 1\]|For more information about the errors|Re-run Maven|To see the full stack trace|A complete log of this run)/i.test(
    message,
  );
