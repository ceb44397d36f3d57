/**
 * Exit codes that say something other than "it failed". Asking about them would only bring remedies for something that is no problem.
 *
 * - A program that answers a question by its code: `grep` found nothing, `diff` found a difference, `test` is false. Code 1 only: they use
 *   greater ones for failures.
 * - A program in which a person did other things: an editor, a pager, a shell, another machine. Its code is that of the last of them.
 *   And herdmind, which says itself what there is to say.
 * - Ended on purpose: Ctrl-C, Ctrl-\, or nobody read what it wrote. Stopped, which is no end.
 */

const ANSWERS = new Set([
  ...["grep", "egrep", "fgrep", "zgrep", "bzgrep", "xzgrep", "rg", "ag", "ack", "ugrep", "pcregrep"],
  ...["test", "[", "[[", "((", "false", "expr", "let"],
  ...["diff", "diff3", "cmp", "comm", "colordiff", "wdiff", "sdiff", "icdiff", "delta"],
  ...["pgrep", "pidof", "pkill", "killall", "which", "type", "hash", "look", "getent", "mountpoint"],
]);

/** Subcommands that answer a question, too. */
const ANSWERING: { readonly [program: string]: ReadonlySet<string> } = {
  git: new Set(["diff", "grep", "merge-base", "show-ref", "config", "check-ignore", "ls-files", "rev-parse"]),
  systemctl: new Set(["is-active", "is-enabled", "is-failed", "status"]),
  npm: new Set(["outdated"]),
  pnpm: new Set(["outdated"]),
  yarn: new Set(["outdated"]),
  svn: new Set(["diff"]),
  hg: new Set(["diff"]),
};

/** Codes above 1 that are answers. */
const SYSTEMCTL_INACTIVE = 3;

const VISITED = new Set([
  ...["herdmind", "hm"],
  ...["vi", "vim", "nvim", "nano", "emacs", "hx", "micro", "less", "more", "most", "man", "info", "watch"],
  ...[
    "top",
    "htop",
    "btop",
    "tig",
    "lazygit",
    "mc",
    "ranger",
    "screen",
    "tmux",
    "su",
    "ssh",
    "mosh",
    "telnet",
    "ftp",
    "sftp",
  ],
]);

const SHELLS = new Set(["sh", "bash", "zsh", "fish", "dash", "ksh"]);
/** They run what stands behind them. */
const PREFIXES = new Set([
  "sudo",
  "doas",
  "env",
  "nice",
  "nohup",
  "time",
  "exec",
  "command",
  "builtin",
  "noglob",
  "stdbuf",
  "ionice",
]);

const SIGNAL = 128;
/** Of these and by these somebody ended it, or stopped it: SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGSTOP and its kin. */
const PURPOSEFUL = new Set([1, 2, 3, 13, 15, 19, 20, 21, 22].map((signal) => SIGNAL + signal));

const baseName = (word: string): string => word.slice(word.lastIndexOf("/") + 1);

/** The program itself: without assignments, and without what only changes how it is run. */
const programOf = (words: readonly string[]): readonly string[] => {
  let at = 0;
  while (at < words.length) {
    const word = words[at] as string;
    const isPrefix = PREFIXES.has(baseName(word)) && at + 1 < words.length;
    if (!isPrefix && !/^\w+=/.test(word) && !(at > 0 && word.startsWith("-"))) break;
    at += 1;
  }
  return words.slice(at);
};

/** Whether a person does other things in it: what it draws is no output, and its code is not its own. */
export const isVisit = (words: readonly string[]): boolean => VISITED.has(baseName(programOf(words)[0] ?? ""));

/** Whether an exit code says that something failed. */
export const isFailure = (words: readonly string[], code: number): boolean => {
  if (code === 0 || PURPOSEFUL.has(code)) return false;
  const [word = "", ...rest] = programOf(words);
  const program = baseName(word);
  const [subcommand = ""] = rest.filter((one) => !one.startsWith("-"));
  if (isVisit(words)) return false;
  if (SHELLS.has(program) && rest.every((one) => one.startsWith("-") && !one.includes("c"))) return false;
  const isAnswering = ANSWERS.has(program) || ANSWERING[program]?.has(subcommand) === true;
  if (isAnswering && code === 1) return false;
  return !(program === "systemctl" && isAnswering && code === SYSTEMCTL_INACTIVE);
};

/**
 * The words of the last command of a line, as far as they can be told without being a shell: its code is the line's. Quotes group words,
 * and substitutions are left as they stand.
 */
export const lastWords = (line: string): readonly string[] => {
  let words: string[] = [];
  let word: string | undefined;
  let quote = "";
  const end = (): void => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  for (let at = 0; at < line.length; at++) {
    const char = line[at] as string;
    if (quote !== "") {
      if (char === quote) quote = "";
      else word = `${word ?? ""}${char}`;
    } else if (char === "'" || char === '"') {
      quote = char;
      word ??= "";
    } else if (char === "\\") {
      at += 1;
      word = `${word ?? ""}${line[at] ?? ""}`;
    } else if (/\s/.test(char) && char !== "\n") {
      end();
    } else if ((char === "&" && /[<>]/.test(line[at - 1] ?? "")) || (char === "&" && line[at + 1] === ">")) {
      word = `${word ?? ""}${char}`;
    } else if (/[|;&\n]/.test(char)) {
      end();
      if (line.slice(at + 1).trim() !== "") words = [];
    } else word = `${word ?? ""}${char}`;
  }
  end();
  return words;
};
