/**
 * Stack frames: the first one of the program's own. A runtime's or a library's frame says where the error was noticed; the
 * own frame says who caused it. Frames are part of the text for search, and of a problem's identity only where its message
 * says nothing (`NullPointerException`, `list index out of range`), because functions are renamed more often than errors.
 * A failed test stands for the frame: its name is all that tells one `expected 3 to be 4` from the next.
 */

/** Places of what a program did not write itself: runtimes, installed packages, bundled vendors, extensions of a browser. */
const LIBRARY_PLACE =
  /node:|node_modules|^internal\/|\(native\)|^<anonymous>|^native$|\[native code\]|(?:^|[/\\])(?:site|dist)-packages[/\\]|[/\\]lib[/\\]python|^<frozen |\/rustc\/|\.cargo\/registry|\.rustup\/|\/usr\/(?:local\/)?(?:lib\/)?go(?:-[\d.]{1,8})?\/|\/go\/pkg\/mod\/|\/goroot\/|^(?:ext|bun|deno):|(?:chrome|moz|safari-web)-extension:|webpack\/(?:runtime|bootstrap)|[/.-]vendors?[/.~-]|cdn\.|unpkg\.com|esm\.sh|jsr\.io|\/\.vite\/deps\//i;

/** Symbols of the same, where the place does not tell. */
const LIBRARY_SYMBOL =
  /^(?:java|javax|jakarta|jdk|sun|com\.sun|kotlin|kotlinx|scala|groovy|clojure|android|androidx|dalvik|org\.(?:junit|testng|mockito|hamcrest|assertj|opentest4j|apache|codehaus|gradle|springframework|eclipse|hibernate|slf4j|jetbrains)|junit|reactor|io\.netty|com\.(?:google\.(?:common|inject)|fasterxml|intellij)|ch\.qos\.logback|System|Microsoft|Xunit|NUnit)\.|^(?:<?(?:std|core|alloc|tokio|futures\w{0,20}|anyhow|eyre|color_eyre|backtrace|test)\b.{0,3}::|rust_begin_unwind|__rust|_?start\b|__libc|<.{1,200} as (?:core|std|alloc)::)|^(?:runtime|testing|panic|reflect|sync|net|net\/http|syscall|os)\b[.(]/;

interface Shape {
  /** Groups: symbol, place. The place may stand on the next line. */
  readonly pattern: RegExp;
  /** Where the place is when it is not in the line: on the next one. */
  readonly below?: RegExp;
  /** Python prints the innermost frame last, everyone else first. */
  readonly innermost: "first" | "last";
}

const SHAPES: readonly Shape[] = [
  // Java, Kotlin, Scala: at package.Class.method(File.java:31), possibly behind a module or a class loader.
  {
    pattern:
      /^\s{1,20}at (?:[\w.@-]{0,80}\/{1,2}){0,3}([\w.$<>-]{1,200})\(((?:[\w$-]{1,120}\.(?:java|kt|scala|groovy|clj)(?::\d{1,7})?|Native Method|Unknown Source))\)/,
    innermost: "first",
  },
  // Node, Chromium, Deno, Bun: at symbol (place)
  {
    pattern: /^\s{1,20}at (?:async |new ){0,2}([^\s()/\\:]{1,120}(?: \[as [^\]]{1,80}\])?) \(([^)]{1,300})\)$/,
    innermost: "first",
  },
  // .NET: at Namespace.Type.Method(String x) in /place:line 31
  { pattern: /^\s{1,20}at ([\w.`<>[\]+]{1,200})\([^)]{0,200}\)(?: in (.{1,300}):line \d{1,7})?$/, innermost: "first" },
  // Firefox, Safari: symbol@place
  {
    pattern:
      /^([\w$.*/<[\]]{1,120})@((?:https?|file|webpack|chrome-extension|moz-extension):\/\/.{1,300}|\[native code\])$/,
    innermost: "first",
  },
  // Python, also inside a group of exceptions and below pytest's margin.
  { pattern: /^[\s|]{1,40}File "([^"]{1,300})", line \d{1,7}, in ([\w<>.]{1,100})$/, innermost: "last" },
  // Go: package.Function(0x1, ...), the place below behind a tab.
  {
    pattern: /^((?:[\w.@~-]{1,80}\/){0,12}[\w.-]{1,80}\.[\w.()*[\]\u00b7]{1,120})\(.{0,300}\)$/,
    below: /^\t(\S{1,300}):\d{1,7}/,
    innermost: "first",
  },
  // Rust: 4: shop::ledger::post, the place below.
  {
    pattern: /^\s{1,8}\d{1,4}: (?:0x[0-9a-f]{4,16} - )?([\w<>:& ,{}[\]#$*()-]{1,300})$/,
    below: /^\s{4,30}at (\S{1,300}):\d{1,7}/,
    innermost: "first",
  },
];

const ownSymbol = (shape: Shape, match: RegExpExecArray, next: string | undefined): string | undefined => {
  const isPython = shape.innermost === "last";
  const symbol = (isPython ? match[2] : match[1]) as string;
  let place = isPython ? match[1] : match[2];
  if (shape.below !== undefined) {
    place = shape.below.exec(next ?? "")?.[1];
    // A line of prose may look like a call; a frame has a place.
    if (place === undefined) return undefined;
  }
  if (LIBRARY_SYMBOL.test(symbol) || (place !== undefined && LIBRARY_PLACE.test(place))) return undefined;
  if (/<anonymous>|^<module>$|^<lambda>$|^(?:eval|Object|Module)\.?$/.test(symbol)) return undefined;
  // Hashes of a build, numbers of closures.
  return symbol
    .replace(/::h[0-9a-f]{16}$/, "")
    .replace(/(?:\.func\d{1,4}|\$\d{1,4}|\{\{closure\}\})(?:\.\d{1,4})?$/, "");
};

/** Symbol of the first own frame, without line numbers; `undefined` when there is none. */
export const ownFrame = (lines: readonly string[]): string | undefined => {
  let last: string | undefined;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string;
    if (line.length > 400 || line.length < 5) continue;
    for (const shape of SHAPES) {
      const match = shape.pattern.exec(line);
      if (match === null) continue;
      const symbol = ownSymbol(shape, match, lines[i + 1]);
      if (symbol === undefined) break;
      if (shape.innermost === "first") return last ?? symbol;
      last = symbol;
      break;
    }
  }
  return last;
};

/** How test runners name a test that failed. */
const TESTS: readonly RegExp[] = [
  // vitest: file > suite > test
  /^\s{1,4}(?:FAIL|\u00d7)\s{1,4}\S{1,300}\.\w{1,4} > (.{1,300})$/,
  // jest: suite \u203a test
  /^\s{2,4}\u25cf ((?!Console$|Test suite failed).{1,300})$/,
  // node:test, with its duration
  /^\s{0,40}\u2716 (.{1,300}?) \(\d[\d.]{0,20}ms\)$/,
  /^\s{0,40}not ok \d{1,6} - (.{1,300})$/,
  // pytest
  /^(?:FAILED|ERROR) [^\s:]{1,300}::(\S{1,300})/,
  /^_{3,80} (?:ERROR (?:at setup of|collecting) )?(\S.{0,200}?) _{3,80}$/,
  // unittest
  /^(?:FAIL|ERROR): (\w{1,200}) \(/,
  // Go, Gradle, Surefire, cargo
  /^\s{0,40}--- FAIL: (\S{1,300}) \(/,
  /^(\S{1,200} > .{1,200}) FAILED$/,
  /^\[ERROR\] {1,6}([\w$.]{1,300}(?:\([^)]{0,100}\))?)(?: -- | {1,2})Time elapsed: /,
  /^---- (\S{1,300}) stdout ----$/,
  // mocha numbers what failed; the next line ends the name of the test.
  /^\s{2,4}\d{1,4}\) (.{1,300}?):?$/,
];

/** Name of the first test that failed; `undefined` when no runner names one. */
export const failedTest = (lines: readonly string[]): string | undefined => {
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string;
    if (line.length > 400 || line.length < 5) continue;
    for (const pattern of TESTS) {
      const name = pattern.exec(line)?.[1];
      if (name === undefined) continue;
      const below = /^\s{2,4}\d{1,4}\) /.test(line)
        ? /^\s{5,12}(\S.{0,300}):$/.exec(lines[i + 1] ?? "")?.[1]
        : undefined;
      return below === undefined ? name : `${name} ${below}`;
    }
  }
  return undefined;
};
