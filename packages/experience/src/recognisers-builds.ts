/** Recognisers of what compilers and bundlers, test runners and linters print. */
import { type Found, isWrapper, type Recogniser } from "./recogniser.js";

/** javac names the symbol that it cannot find two lines below; without it the sentence fits every typing error. */
const withSymbol = (message: string, lines: readonly string[], at: number): string => {
  if (!message.includes("cannot find symbol")) return message;
  const symbol = lines
    .slice(at + 1, at + 6)
    .map((line) => /\bsymbol: {1,8}(.*)$/.exec(line)?.[1])
    .find((text) => text !== undefined);
  return symbol === undefined ? message : `${message}: ${symbol}`;
};

const wholeMessage = (match: RegExpExecArray): Found | undefined =>
  isWrapper(match[1] as string) ? undefined : { message: match[1] as string };

/** The first line with text below a heading, at most `within` lines down. */
const firstBelow = (lines: readonly string[], at: number, within: number): string | undefined =>
  lines
    .slice(at + 1, at + 1 + within)
    .find((line) => line.trim() !== "")
    ?.trim();

export const buildRecognisers: readonly Recogniser[] = [
  // jest prints an expectation that failed without a type, below the name of its test.
  {
    name: "jest",
    strength: 91,
    prefer: "first",
    needs: "expect(",
    pattern: /^\s{4,8}(expect\(.{0,300}\)\.?.{0,200})$/,
    read: (match, lines, at) =>
      lines.slice(Math.max(0, at - 4), at).some((line) => /^\s{2,4}\u25cf /.test(line))
        ? { name: "AssertionError", message: match[1] as string }
        : undefined,
  },
  // pytest marks what failed with an E; the first line of the first failure is its error.
  {
    name: "pytest",
    strength: 91,
    prefer: "first",
    pattern: /^E {3,7}(?:([A-Za-z_][\w.]{1,150})(?:: (.*))?|(assert .*))$/,
    read: (match) =>
      match[3] === undefined
        ? { name: (match[1] as string).slice((match[1] as string).lastIndexOf(".") + 1), message: match[2] ?? "" }
        : { name: "AssertionError", message: match[3] },
  },
  // A test of Go says what differed, below its name; compilers print the same form without indentation.
  {
    name: "go-test",
    strength: 91,
    prefer: "first",
    needs: "_test.go:",
    pattern: /^\s{4,16}\w{1,100}_test\.go:\d{1,7}: ?(.*)$/,
    read: (match, lines, at) => {
      if (match[1] !== "") return { message: match[1] as string };
      // testify puts a table below, the error in one of its rows.
      const row = lines
        .slice(at + 1, at + 8)
        .map((line) => /^\s{4,20}Error:\s{1,12}(\S.*)$/.exec(line)?.[1])
        .find((text) => text !== undefined);
      return row === undefined ? undefined : { message: row };
    },
  },
  // Node's test runner and others that speak TAP give the error as a field of the failed test.
  {
    name: "tap",
    strength: 89,
    prefer: "first",
    needs: "error: ",
    pattern: /^\s{2,40}error: (?:'(.*)'|"(.*)"|\|-?|>-?)$/,
    read: (match, lines, at) => {
      if (!lines.slice(Math.max(0, at - 12), at).some((line) => /^\s{0,40}not ok \d/.test(line))) return undefined;
      const message = match[1] ?? match[2] ?? firstBelow(lines, at, 3) ?? "";
      // A suite whose tests failed says only that.
      return /^\d{1,6} subtests? failed$/.test(message) ? undefined : { message };
    },
  },
  // The first error; later ones often follow from it. TypeScript, and Microsoft's other compilers in the same form.
  {
    name: "coded-compiler",
    strength: 88,
    prefer: "first",
    needs: "error ",
    pattern: /\berror ((?:TS|CS|BC|FS|C|LNK|MSB|NU|NETSDK|CA|IDE)\d{3,5}) ?: (.*?)(?: \[[^\]]{1,300}proj\])?$/,
    read: (match) => ({ code: match[1], message: `${match[1]}: ${match[2]}` }),
  },
  // As above.
  {
    name: "rust-compiler",
    strength: 88,
    prefer: "first",
    needs: "error[",
    pattern: /^error\[(E\d{4})\]: (.*)$/,
    read: (match) => ({ code: match[1], message: `${match[1]}: ${match[2]}` }),
  },
  // `cannot find symbol` means nothing without the symbol two lines below.
  {
    name: "maven-compiler",
    strength: 87,
    prefer: "first",
    needs: "[ERROR] ",
    pattern: /^\[ERROR\] \S{1,400}\.\w{1,10}:\[\d{1,7},\d{1,7}\] (?:error: )?(.*)$/,
    read: (match, lines, at) => ({ message: withSymbol(match[1] as string, lines, at) }),
  },
  // A symbol that no object file or library defines: the linker's own words, around which compilers print theirs.
  {
    name: "linker",
    strength: 87,
    prefer: "first",
    pattern:
      /(?:^|: )((?:undefined reference to|multiple definition of|undefined symbol:|duplicate symbol|cannot find -l|library not found for -l|library '?\w{1,80}'? not found|unable to find library -l).*)$/,
    read: (match, lines, at) => {
      const message = (match[1] as string).replace(/; \S{1,300}first defined here$/, "");
      // Apple's linker names the symbol on the next line.
      return {
        message:
          /[:']$/.test(message) && message.endsWith(":") ? `${message} ${firstBelow(lines, at, 1) ?? ""}` : message,
      };
    },
  },
  // As above, in Apple's words.
  {
    name: "apple-linker",
    strength: 87,
    prefer: "first",
    needs: "Undefined symbol",
    pattern: /^Undefined symbols? for architecture \w{1,20}:$/,
    read: (_, lines, at) => {
      const symbol = /"([^"]{1,300})"/.exec(lines[at + 1] ?? "")?.[1];
      return { message: symbol === undefined ? "undefined symbols" : `undefined symbol: ${symbol}` };
    },
  },
  // gcc, clang, javac, swiftc, kotlinc, scalac: `file:line[:column]: error: message`.
  {
    name: "compiler",
    strength: 86,
    prefer: "first",
    needs: "error: ",
    pattern: /^(?:\[error\] )?\S{1,400}:\d{1,7}(?::\d{1,7})?: (?:fatal )?error: (.*)$/,
    read: (match, lines, at) => ({ message: withSymbol(match[1] as string, lines, at) }),
  },
  // Kotlin below Gradle: `e:`, and the place in one of two forms.
  {
    name: "kotlin-compiler",
    strength: 86,
    prefer: "first",
    pattern: /^e: (?:\S{1,400}\.kts?(?::\d{1,7}:\d{1,7}:?|: \(\d{1,7}, \d{1,7}\):) )?(.*)$/,
    read: wholeMessage,
  },
  // Scala below sbt.
  {
    name: "scala-compiler",
    strength: 86,
    prefer: "first",
    needs: "[error] ",
    pattern: /^\[error\] (?:-- \[(E\d{3})\] .{0,300}|\S{1,400}\.scala:\d{1,7}(?::\d{1,7})?: (.*))$/,
    read: (match, lines, at) => {
      if (match[2] !== undefined) return { message: match[2] };
      const below = lines
        .slice(at + 1, at + 8)
        .map((line) => /^\[error\] \s{0,12}\|\s{1,12}([^\s^|].*)$/.exec(line)?.[1])
        .find((text) => text !== undefined);
      return below === undefined ? undefined : { code: match[1], message: below };
    },
  },
  // Go's compiler and vet do not say "error". Without a column it is a line of a log.
  {
    name: "go-compiler",
    strength: 86,
    prefer: "first",
    needs: ".go:",
    pattern: /^(?:vet: )?(?:\.{1,2}[\\/])?[\w.@/\\-]{1,300}\.go:\d{1,7}:\d{1,7}: (.*)$/,
    read: (match) => ({ message: (match[1] as string).replace(/; to add it:$/, "") }),
  },
  // esbuild and Vite; webpack says which module was not found, and where, in the line after it.
  {
    name: "bundler",
    strength: 86,
    prefer: "first",
    pattern:
      /^(?:\S{1,3} \[ERROR\] (.*)|(?:error during build:\s)?\[vite\](?:: |\]? )(Rollup .*)|(Module not found: .*)|(?:\[vite\] )?Internal server error: (.*))$/,
    read: (match) => {
      const message = (match[1] ?? match[2] ?? match[3] ?? match[4]) as string;
      return {
        message: message
          .replace(/^Module not found: Error: /, "Module not found: ")
          .replace(/ \[plugin [\w:-]{1,80}\]$/, ""),
      };
    },
  },
  // Surefire's summary names test, line and reason.
  {
    name: "surefire",
    strength: 83,
    prefer: "first",
    needs: "[ERROR] ",
    pattern: /^\[ERROR\] {2,6}([\w$]{1,150})(?:\.[\w$]{1,150}(?:\([^)]{0,200}\))?)?:\d{1,6}(?:->\S{1,200}){0,6} (.*)$/,
    read: (match) => {
      const said = /^(?:\u00bb |\? {1,2})?(\w{1,80}?)(?:Exception|Error)?(?: (.*))?$/.exec(match[2] as string);
      return (match[2] as string).startsWith("\u00bb") && said !== null
        ? { name: said[1], message: said[2] ?? "" }
        : { message: match[2] as string };
    },
  },
  // Linters list what they found below the file.
  {
    name: "linter",
    strength: 81,
    prefer: "first",
    needs: "error",
    pattern: /^\s{1,6}\d{1,6}:\d{1,6}\s{1,8}error\s{1,8}(\S.{0,300}?)\s{2,60}([@\w/-]{2,100})$/,
    read: (match) => ({ code: match[2], message: `${match[2]}: ${match[1]}` }),
  },
];
