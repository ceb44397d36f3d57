/** Recognisers of what package managers and build tools print about dependencies. */
import { isWrapper, type Recogniser } from "./recogniser.js";

const NPM = /^npm (?:ERR!|error) (?!(?:code|errno|syscall|path|dest|signal|command) )(?:\d{3} )?(.{3,})$/;

/** What npm says below a code. Which package is not there, or cannot be satisfied, tells one problem from the next. */
const npmMessage = (code: string, lines: readonly string[], at: number): string => {
  const below = lines.slice(at + 1, at + 30).filter((line) => line.startsWith("npm "));
  for (const line of below) {
    const missing = /\s'(@?[\w./-]{1,214})@[^']{0,200}' (?:is not in|could not be found)/.exec(line);
    if (missing !== null) return `${code}: package '${missing[1]}' not found`;
    const peer =
      /\speer(?:Optional)? (@?[\w./-]{1,214})@"[^"]{0,100}" from (?:the root project|(@?[\w./-]{1,214})@)/.exec(line);
    if (peer !== null) return `${code}: peer ${peer[1]} of ${peer[2] ?? "the root project"}`;
  }
  const first = below.map((line) => NPM.exec(line)?.[1]).find((text) => text !== undefined);
  return first === undefined ? code : `${code}: ${first}`;
};

/** Gradle indents each reason below the one that it caused; the deepest is the cause. */
const gradleReason = (lines: readonly string[], at: number): string | undefined => {
  let reason: string | undefined;
  for (const line of lines.slice(at + 1, at + 40)) {
    if (line.startsWith("* ")) break;
    const match = /^(\s{0,40}> )?(\S.*)$/.exec(line);
    if (match !== null && (match[1] !== undefined || reason === undefined)) reason = match[2] as string;
  }
  return reason;
};

export const packageRecognisers: readonly Recogniser[] = [
  // npm gives a code on one line and its meaning on the next ones. `ELIFECYCLE` only says that a script failed.
  {
    name: "npm",
    strength: 84,
    prefer: "first",
    needs: "npm ",
    pattern: /^npm (?:ERR!|error) code (E\w{2,40})$/,
    read: (match, lines, at) =>
      match[1] === "ELIFECYCLE" ? undefined : { code: match[1], message: npmMessage(match[1] as string, lines, at) },
  },
  // What stopped the build of a native module, inside the output of npm.
  {
    name: "node-gyp",
    strength: 85,
    prefer: "first",
    needs: "gyp ERR! ",
    pattern: /^(?:npm (?:ERR!|error) )?gyp ERR! (?:stack |find \w{1,20} )(?:Error: )?(.*)$/,
    read: (match) =>
      isWrapper(match[1] as string) || /^\s{0,8}at /.test(match[1] as string)
        ? undefined
        : { message: match[1] as string },
  },
  // pnpm and Yarn put a code before the sentence; Yarn 1 has none.
  {
    name: "pnpm-yarn",
    strength: 84,
    prefer: "first",
    pattern:
      /^[\s\u2009]{0,4}(?:(ERR_PNPM_\w{2,60})\s{1,4}(.*)|\u27a4 (YN\d{4}): [\u2502\u2514\u250c]\s{0,4}(.*)|error (?!Command failed)(An unexpected error occurred: .*|[A-Z].*))$/,
    read: (match) => {
      const code = match[1] ?? match[3];
      const message = (match[2] ?? match[4] ?? match[5]) as string;
      // YN0000 frames everything else that Yarn says.
      if (code === "YN0000" || isWrapper(message)) return undefined;
      return code === undefined ? { message } : { code, message: `${code}: ${message}` };
    },
  },
  // uv and other tools with diagnostics in boxes: the last reason of the tree.
  {
    name: "diagnostic-tree",
    strength: 84,
    prefer: "first",
    pattern: /^\s{1,4}[\u00d7\u2716] (.*)$/,
    read: (match, lines, at) => {
      let message = match[1] as string;
      let inReason = false;
      for (const line of lines.slice(at + 1, at + 30)) {
        const reason = /^\s{1,8}(?:\u2570|\u251c)\u2500\u25b6 (.*)$/.exec(line)?.[1];
        if (reason !== undefined) message = reason;
        else if (inReason && /^\s{6,10}\S/.test(line) && !/[\u2500-\u257f]/.test(line)) message += ` ${line.trim()}`;
        else if (inReason) break;
        inReason = reason !== undefined || inReason;
      }
      return isWrapper(message) ? undefined : { message };
    },
  },
  // Gradle nests what went wrong.
  {
    name: "gradle",
    strength: 83,
    prefer: "first",
    needs: "* What went wrong:",
    pattern: /^\* What went wrong:$/,
    read: (_, lines, at) => {
      const reason = gradleReason(lines, at);
      return reason === undefined ||
        isWrapper(reason) ||
        /^(?:Compilation (?:failed|error)|Process 'command .{0,300}finished with non-zero|A failure occurred while executing)/.test(
          reason,
        )
        ? undefined
        : { message: reason };
    },
  },
  // apt says E for an error; what it names is a package.
  {
    name: "apt",
    strength: 83,
    prefer: "first",
    needs: "E: ",
    pattern: /^E: (.*)$/,
    read: (match) =>
      isWrapper(match[1] as string) || /^Sub-process .{0,200} returned an error code/.test(match[1] as string)
        ? undefined
        : { message: match[1] as string },
  },
  // dpkg names the package, and on the next line what is wrong with it.
  {
    name: "dpkg",
    strength: 84,
    prefer: "first",
    needs: "dpkg: ",
    pattern:
      /^dpkg: (?:error processing (?:package|archive) (\S{1,200}) \(--\w{1,20}\):|dependency problems prevent configuration of (\S{1,200}):)$/,
    read: (match, lines, at) => ({
      message: `${match[1] === undefined ? "dependency problems of " : ""}package '${(match[1] ?? match[2]) as string}': ${(lines[at + 1] ?? "").trim()}`,
    }),
  },
  // Maven's summary; only the end of the sentence says why.
  {
    name: "maven-goal",
    strength: 60,
    prefer: "first",
    needs: "[ERROR] ",
    pattern:
      /^\[ERROR\] (?:Failed to execute goal (?:.{0,300} )?on project [^:]{1,100}|Plugin \S{1,200} or one of its dependencies could not be resolved): (.*)$/,
    read: (match) =>
      /^(?:Compilation failure|There (?:are|were) test failures|Some Enforcer rules|Execution |There was an error|Command execution failed)/.test(
        match[1] as string,
      )
        ? undefined
        : // Whose dependencies could not be resolved does not matter.
          { message: (match[1] as string).replace(/ for project \S{1,300}:(?= )/, ":") },
  },
];
