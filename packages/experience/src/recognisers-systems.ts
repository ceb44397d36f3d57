/** Recognisers of what shells, tools of the operating system, HTTP clients and logs say, down to words of failure. */
import { type Found, isWrapper, type Recogniser, STRERROR } from "./recogniser.js";

/** Every shell words it in its own way; the command that is missing is the cause. */
const NOT_FOUND: readonly RegExp[] = [
  /^(?:zsh: |fish: )?(?:command not found|[Uu]nknown command): ['"]?([^\s'"]{1,100})['"]?$/,
  /^['"]?([^\s'"]{1,100})['"]?: (?:command )?not found$/,
  /^'([^'\s]{1,100})' is not recognized as an internal or external command/,
  /\bThe term '([^'\s]{1,100})' is not recognized as /,
];

const missingCommand = (message: string): string | undefined => {
  for (const pattern of NOT_FOUND) {
    const command = pattern.exec(message)?.[1];
    if (command !== undefined) return `${command}: command not found`;
  }
  return undefined;
};

/** The value of a field in a line of JSON, with its escapes undone as far as they are usual. */
const jsonField = (line: string, names: string): string | undefined => {
  const match = new RegExp(`"(?:${names})"\\s{0,4}:\\s{0,4}"((?:[^"\\\\]|\\\\.){1,400})"`).exec(line);
  return match?.[1]?.replace(/\\(["\\/])/g, "$1").replace(/\\[nrt]/g, " ");
};

/** What an operation of Go's standard library failed with; what stands before it was wrapped around it with `%w`. */
const GO_OPERATION =
  "open|read|write|stat|lstat|mkdir|mkdirat|remove|unlinkat|rename|chmod|chown|readdirent|fork/exec|exec|pipe|symlink|dial|listen|accept|lookup|" +
  "x509|tls|strconv\\.\\w{1,20}|json|xml|yaml|sql|pq|parse|rpc error|net/http|http2?|proxyconnect|invalid character|asn1|hex|base64";

const STRUCTURED = /^\{.*"(?:level|lvl|severity|status|error|err|message|msg|errors?|code|detail|title)"\s{0,4}:/;

export const systemRecognisers: readonly Recogniser[] = [
  // curl numbers its errors.
  {
    name: "curl",
    strength: 86,
    prefer: "last",
    needs: "curl: ",
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
  // A command that is not installed, in the words of sh, bash, zsh, fish, cmd and PowerShell.
  {
    name: "missing-command",
    strength: 85,
    prefer: "first",
    pattern:
      /^(?:(?:\/[\w/.-]{0,100}\/)?(?:sh|bash|zsh|dash|ash|ksh|fish)(?:\[\d{1,6}\])?: (?:(?:line )?\d{1,6}: )?|\S{1,300}: (?:line )?\d{1,6}: |\S{1,100} ?: (?=The term ))?(.*(?:not found|[Uu]nknown command|command not found: |is not recognized as ).*)$/,
    read: (match) => {
      const message = missingCommand(match[1] as string);
      // Without a shell's name before it, `x: not found` may be any sentence.
      return message === undefined || (match[1] === match[0] && !/command|recognized/.test(match[0]))
        ? undefined
        : { message };
    },
  },
  // `sh: 1: ...`, `bash: line 3: ...`, `./x.sh: 3: ...`: a shell names itself or the script, and the line.
  {
    name: "shell",
    strength: 85,
    prefer: "first",
    needs: ": ",
    pattern:
      /^(?:(?:\/[\w/.-]{0,100}\/)?(?:sh|bash|zsh|dash|ash|ksh|env): (?:(?:line )?\d{1,6}: )?|\S{1,300}: (?:line )?\d{1,6}: )(.*)$/,
    read: (match) => ({ message: match[1] as string }),
  },
  // make has no rule, or cannot read its file. A command that failed says so itself, above.
  {
    name: "make",
    strength: 83,
    prefer: "first",
    needs: "*** ",
    pattern: /^(?:g?make(?:\[\d{1,3}\])?|\S{1,300}:\d{1,7}): \*\*\* (.*?)\. {1,2}Stop\.$/,
    read: (match) => ({ message: (match[1] as string).replace(/, needed by '[^']{0,300}'$/, "") }),
  },
  // What git's server, or a merge, said no to; the summary below does not.
  {
    name: "git-refusal",
    strength: 83,
    prefer: "first",
    pattern:
      /^(?: ! \[(?:remote )?rejected\] .{0,300}\((.*)\)|(CONFLICT \([^)]{1,60}\)): .*|remote: (?:error|fatal|ERROR): (.*))$/,
    read: (match) => ({
      message: match[1] === undefined ? ((match[2] ?? match[3]) as string) : `push rejected: ${match[1]}`,
    }),
  },
  // docker's client repeats what its daemon answered.
  {
    name: "docker",
    strength: 83,
    prefer: "first",
    needs: "from daemon: ",
    pattern: /Error response from daemon: (.*)$/,
    read: (match) => ({ message: match[1] as string }),
  },
  // git, ld and many C tools: `fatal: ...`.
  {
    name: "git",
    strength: 82,
    prefer: "first",
    pattern: /^(?:fatal|error|FATAL|ERROR): (.*)$/,
    read: (match) => (isWrapper(match[1] as string) ? undefined : { message: match[1] as string }),
  },
  // Go wraps errors in a line: `load config: open /x: no such file or directory`. The operation that failed is the cause.
  {
    name: "go-wrapped",
    strength: 81,
    prefer: "last",
    needs: ": ",
    pattern: new RegExp(
      `^(?:.{0,400}: )?((?:${GO_OPERATION})(?: \\S{1,300}| \\w{1,8} \\S{1,300})?: (?:.{0,200}: )?(?:no such file or directory|permission denied|file exists|not a directory|is a directory|directory not empty|no space left on device|read-only file system|too many open files|connection refused|connection reset by peer|broken pipe|address already in use|cannot assign requested address|network is unreachable|no route to host|i/o timeout|no such host|server misbehaving|executable file not found in \\$PATH|exec format error|context deadline exceeded|context canceled|certificate .{0,200}|first record does not look like a TLS handshake|invalid syntax|value out of range|cannot unmarshal .{0,200}|unexpected end of JSON input|EOF)[^:]{0,100})$`,
    ),
    read: (match) => ({ message: match[1] as string }),
  },
  // `tool: what: reason of the operating system`. Up to three: a path split at a space is named piece by piece.
  {
    name: "system-tool",
    strength: 80,
    prefer: "first-of-3",
    needs: ": ",
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
  // A line of a structured log, or the body of an answer: its quoted values are what it says.
  {
    name: "json-line",
    strength: 77,
    prefer: "last",
    needs: "{",
    pattern: /^(?:\S{1,40} )?(\{.*"(?:error|err|message|msg|detail|title|errors)"\s{0,4}:.*)$/,
    read: (match): Found | undefined => {
      const line = match[1] as string;
      if (
        !STRUCTURED.test(line) ||
        /"(?:level|lvl|severity)"\s{0,4}:\s{0,4}(?:"(?:trace|debug|info|notice|warn)|[1-4]0\b)/i.test(line)
      )
        return undefined;
      const error = jsonField(line, "error|err");
      const isWord = error !== undefined && /^[\w.-]{1,60}$/.test(error);
      const message =
        jsonField(line, "error_description|detail") ??
        (isWord ? undefined : error) ??
        jsonField(line, "message|msg") ??
        jsonField(line, "title") ??
        "";
      // `"error": "invalid_grant"` is a code; what it means stands beside it.
      const code =
        /"(?:code|error_code|errorCode|type)"\s{0,4}:\s{0,4}"([\w.-]{2,80})"/.exec(line)?.[1] ??
        (isWord ? error : undefined);
      if (message === "" && code === undefined) return undefined;
      return {
        message: code === undefined || message.includes(code) ? message : message === "" ? code : `${code}: ${message}`,
      };
    },
  },
  // As above, written as fields: `level=error msg="..." err="..."`.
  {
    name: "logfmt",
    strength: 77,
    prefer: "last",
    needs: "=",
    pattern: /^.{0,200}\blevel=(?:error|fatal|panic|crit|critical|err)\b.*$/i,
    read: (match): Found | undefined => {
      const line = match[0];
      const field = (name: string) =>
        new RegExp(`\\b${name}=(?:"((?:[^"\\\\]|\\\\.){1,400})"|(\\S{1,300}))`).exec(line);
      const found = field("(?:err|error)") ?? field("msg") ?? field("message");
      const message = found?.[1] ?? found?.[2];
      return message === undefined ? undefined : { message: message.replace(/\\(["\\])/g, "$1") };
    },
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
      /^(.*\b(?:HTTP(?:\/\d(?:\.\d)?)?|[Ss]tatus(?: ?[Cc]ode)?|responded with|answered(?: with)?|returned error|ERROR)"?[ :=]{1,3}[45]\d\d\b.*)$/,
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
