/** Recognisers of what a program prints when an error ends it: stack traces with their wrapped causes, panics, aborts. */
import { type Found, isErrorName, isWrapper, lastPart, type Recogniser, STRERROR } from "./recogniser.js";

const TYPED =
  /^\s{0,40}(?:<ref \*\d{1,3}> )?(?:Uncaught )?(?:\(in promise\) )?(?:\[ERROR\] )?(?:Exception in thread "[^"]{0,100}" )?\[?([A-Za-z_$][\w$.]{1,150})(?: \[(\w{2,80})\])?(?::(?: (.*))?)?$/;

/** Node prints an error's own properties below its stack: `code: 'EADDRINUSE'`. */
const codeBelow = (lines: readonly string[], at: number): string | undefined => {
  for (let i = at + 1; i < Math.min(lines.length, at + 40); i++) {
    const match = /^\s{0,8}code: '([A-Z][A-Z0-9_]{2,60})',?$/.exec(lines[i] as string);
    if (match !== null) return match[1];
    if (i > at + 1 && TYPED.test(lines[i] as string)) return undefined;
  }
  return undefined;
};

/** Node prints what it was given below a stack: `input: 'undefined'` is an unset variable, any other input is data. */
const missingInput = (lines: readonly string[], at: number): string => {
  for (let i = at + 1; i < Math.min(lines.length, at + 40); i++) {
    const match = /^\s{0,8}input: ('(?:undefined|null|NaN|\[object Object\])?'),?$/.exec(lines[i] as string);
    if (match !== null) return ` (input ${match[1]})`;
  }
  return "";
};

const readTyped = (match: RegExpExecArray, lines: readonly string[], at: number): Found | undefined => {
  const name = lastPart(match[1] as string);
  if (!isErrorName(name) || match[1] === "code") return undefined;
  // Node prints an error without a stack in brackets: `[TypeError: x]`.
  const message = match[3] ?? "";
  const said = /^\s{0,40}\[(?!ERROR\])/.test(match.input) ? message.replace(/\](?: \{)?$/, "") : message;
  return { name, code: match[2] ?? codeBelow(lines, at), message: said + missingInput(lines, at) };
};

const indentOf = (line: string): number => line.length - line.trimStart().length;

/** What Java suppressed while it closed resources has causes of its own, at the same depth. They are not the problem's. */
const isSuppressed = (lines: readonly string[], at: number): boolean => {
  const depth = indentOf(lines[at] as string);
  for (let i = at - 1; i >= Math.max(0, at - 400); i--) {
    const match = /^(\s{0,40})(?:Suppressed|Caused by): /.exec(lines[i] as string);
    if (match === null || (match[1] as string).length > depth) continue;
    return (match[1] as string).length === depth && (lines[i] as string).includes("Suppressed: ");
  }
  return false;
};

/** Python prints the cause first: what an error was raised `from` stands above it, and was met already. */
const DIRECT_CAUSE = "The above exception was the direct cause of the following exception:";

/** First line of the traceback that ends at `at`, if one does: between the two, everything is indented. */
const tracebackAbove = (lines: readonly string[], at: number, prefix: string): number | undefined => {
  for (let i = at - 1; i >= Math.max(0, at - 200); i--) {
    const line = lines[i] as string;
    if (!line.startsWith(prefix)) return undefined;
    const rest = line.slice(prefix.length);
    if (rest.startsWith("Traceback (most recent call last)")) return i;
    if (rest !== "" && rest[0] !== " " && rest[0] !== "\t" && !rest.startsWith("[Previous line")) return undefined;
  }
  return undefined;
};

const readPython = (match: RegExpExecArray, lines: readonly string[], at: number): Found | undefined => {
  const prefix = match[1] as string;
  const start = tracebackAbove(lines, at, prefix);
  if (start === undefined) return undefined;
  for (let i = start - 1; i >= Math.max(0, start - 3); i--) {
    if ((lines[i] as string).trimEnd() === prefix + DIRECT_CAUSE) return undefined;
    if ((lines[i] as string).slice(prefix.length) !== "") break;
  }
  return { name: lastPart(match[2] as string), message: match[3] ?? "" };
};

const BARE_STRERROR = new RegExp(`^(?:${STRERROR})(?: \\(os error \\d{1,5}\\))?\\.?$`, "i");

/**
 * The innermost of a list of reasons below `Caused by:`. A bare sentence of the operating system (`No such file or directory`) is
 * met in every program: it counts together with what it ended.
 */
const innermost = (reasons: readonly string[]): Found | undefined => {
  const last = reasons.at(-1);
  if (last === undefined || last === "") return undefined;
  const before = reasons.at(-2);
  return { message: BARE_STRERROR.test(last) && before !== undefined ? `${before}: ${last}` : last };
};

/** Rust's error reports: `Caused by:` and one reason a line, numbered when there are several; cargo repeats the heading. */
const reasonsBelow = (lines: readonly string[], at: number): readonly string[] => {
  const reasons: string[] = [];
  for (let i = at + 1; i < Math.min(lines.length, at + 40); i++) {
    const line = lines[i] as string;
    if (line === "" && reasons.length === 0) continue;
    const match = /^\s{1,12}(?:(\d{1,2}): )?(\S.*)$/.exec(line);
    if (match === null) break;
    // The second line of one reason is its detail, unless reasons are numbered.
    if (match[1] !== undefined || reasons.length === 0) reasons.push(match[2] as string);
  }
  return reasons;
};

/** What stands right above the first `Caused by:` of a report: the error that names what was attempted. */
const attemptAbove = (lines: readonly string[], at: number): string | undefined => {
  for (let i = at - 1; i >= Math.max(0, at - 6); i--) {
    const line = lines[i] as string;
    if (line.trim() !== "") return line.trim().replace(/^(?:Error|error): /, "");
  }
  return undefined;
};

const readCauseList = (lines: readonly string[], at: number): Found | undefined => {
  const reasons = reasonsBelow(lines, at);
  const attempt = attemptAbove(lines, at);
  return reasons.length === 1 && attempt !== undefined ? innermost([attempt, ...reasons]) : innermost(reasons);
};

export const traceRecognisers: readonly Recogniser[] = [
  // The last `Caused by` is where the chain began. What was suppressed on the way has causes of its own.
  {
    name: "java-cause",
    strength: 95,
    prefer: "last",
    needs: "Caused by: ",
    pattern: /^\s{0,40}(?:\[ERROR\] )?Caused by: ([\w$.]{1,200})(?:: (.*))?$/,
    read: (match, lines, at) =>
      isSuppressed(lines, at) ? undefined : { name: lastPart(match[1] as string), message: match[2] ?? "" },
  },
  // As above, in words: uv, cargo's tools, DevTools.
  {
    name: "cause-in-words",
    strength: 95,
    prefer: "last",
    needs: "Caused by: ",
    pattern: /^\s{0,40}Caused by: (.*\s.*)$/,
    read: (match, lines, at) => (isSuppressed(lines, at) ? undefined : { message: match[1] as string }),
  },
  // `fetch failed` says nothing; its `[cause]` does.
  {
    name: "node-cause",
    strength: 95,
    prefer: "last",
    needs: "[cause]: ",
    pattern: /^\s{0,40}\[cause\]: \[?([A-Za-z_$][\w$.]{0,100})(?: \[(\w{2,80})\])?(?::(?: (.*))?)?$/,
    read: (match, lines, at) => ({
      name: lastPart(match[1] as string),
      code: match[2] ?? codeBelow(lines, at),
      message: (match[3] ?? "").replace(/\](?: \{)?$| \{$/, ""),
    }),
  },
  // Rust's anyhow and eyre, and cargo: the last reason of the last list.
  {
    name: "rust-cause",
    strength: 95,
    prefer: "last",
    needs: "Caused by:",
    pattern: /^\s{0,20}Caused by:$/,
    read: (_, lines, at) => readCauseList(lines, at),
  },
  // .NET prints the outermost first and each inner exception behind an arrow.
  {
    name: "dotnet-cause",
    strength: 95,
    prefer: "last",
    needs: "---> ",
    pattern: /^\s{0,20}(?:\(Inner Exception #\d{1,3}\) )?---> ([\w.]{1,200})(?: \(([\w-]{1,20})\))?: (.*?)(?:<---)?$/,
    read: (match) => ({ name: lastPart(match[1] as string), message: match[3] as string }),
  },
  // V8 and Go abort without an exception. What V8 did last before the heap was full varies; the end of the line does not.
  {
    name: "runtime-abort",
    strength: 94,
    prefer: "first",
    pattern: /^(?:FATAL ERROR|fatal error): (?:.{0,200} - )?(.+)$/,
    read: (match) => ({ message: match[1] as string }),
  },
  // Rust's eyre without a heading: `Error:` alone, and numbered reasons below.
  {
    name: "numbered-causes",
    strength: 93,
    prefer: "first",
    needs: "Error:",
    pattern: /^Error:$/,
    read: (_, lines, at) =>
      /^\s{1,12}0: /.test(lines[at + 1] ?? "") || /^\s{1,12}0: /.test(lines[at + 2] ?? "")
        ? innermost(reasonsBelow(lines, at))
        : undefined,
  },
  // The first of a group of exceptions: asyncio cancels the others because of it.
  {
    name: "python-group",
    strength: 93,
    prefer: "first",
    needs: "| ",
    pattern: /^(\s{2,40}\| )([A-Za-z_][\w.]{1,150})(?:: (.*))?$/,
    read: (match, lines, at) =>
      /(?:^|\.)(?:Base)?ExceptionGroup$/.test(match[2] as string) ? undefined : readPython(match, lines, at),
  },
  // Below a traceback the last error is the one nobody caught; what it was raised `from` is its cause.
  {
    name: "python-error",
    strength: 92,
    prefer: "last",
    pattern: /^()([A-Za-z_][\w.]{1,150})(?:: (.*))?$/,
    read: readPython,
  },
  // The message stands on the next line since Rust 1.73, in quotes before.
  {
    name: "rust-panic",
    strength: 92,
    prefer: "first",
    needs: "panicked at ",
    pattern: /^thread '[^']{0,100}' (?:\(\d{1,12}\) )?panicked at (?:'(.*)', \S{1,300}|(.*))$/,
    read: (match, lines, at) => ({ name: "panic", message: match[1] ?? lines[at + 1] ?? "" }),
  },
  // The first panic of a Go program; goroutine dumps follow.
  {
    name: "go-panic",
    strength: 92,
    prefer: "first",
    needs: "panic: ",
    pattern: /^panic: (.*)$/,
    read: (match) => ({ name: "panic", message: (match[1] as string).replace(/ \[recovered\]$/, "") }),
  },
  // PHP ends a script with a line of its own form; the place stands at its end.
  {
    name: "php",
    strength: 91,
    prefer: "first",
    needs: "PHP ",
    pattern:
      /^(?:\[[^\]]{1,60}\] )?PHP (?:Fatal error|Parse error|Catchable fatal error): {1,4}(?:Uncaught (?:([\w\\]{1,100}): )?)?(.*?)(?: in \S{1,300}(?: on line |:)\d{1,7})?$/,
    read: (match) => ({ name: match[1]?.slice(match[1].lastIndexOf("\\") + 1), message: match[2] as string }),
  },
  // Ruby names the type behind the message.
  {
    name: "ruby",
    strength: 91,
    prefer: "first",
    needs: ".rb:",
    pattern: /^\S{1,300}\.rb:\d{1,7}:in ['`][^']{1,100}': (.*) \(([A-Z][\w:]{1,100})\)$/,
    read: (match) => ({ name: lastPart(match[2] as string), message: match[1] as string }),
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
  // .NET, at its end.
  {
    name: "dotnet-unhandled",
    strength: 90,
    prefer: "first",
    needs: "Unhandled exception",
    pattern: /^Unhandled exception\. ([\w.]{1,200})(?: \([\w-]{1,20}\))?: (.*)$/,
    read: (match) => ({ name: lastPart(match[1] as string), message: match[2] as string }),
  },
  // Several attempts failed (Node tries all addresses of a name) and none of them is shown.
  {
    name: "aggregate",
    strength: 76,
    prefer: "first",
    needs: "AggregateError",
    pattern: /^\s{0,40}(?:Uncaught )?AggregateError(?: \[(\w{2,80})\])?: ?$/,
    read: (match, lines, at) => ({ name: "AggregateError", code: match[1] ?? codeBelow(lines, at), message: "" }),
  },
  // A typed error behind a prefix of the program's own: `build failed: TypeError: x`.
  {
    name: "typed-error-inline",
    strength: 75,
    prefer: "first",
    pattern: /(?:^|[\s:([.])([A-Z][A-Za-z]{1,60}(?:Error|Exception))(?: \[(\w{2,80})\])?: (.+)$/,
    read: (match, lines, at) => ({
      name: match[1],
      code: match[2] ?? codeBelow(lines, at),
      message: match[3] as string,
    }),
  },
];
