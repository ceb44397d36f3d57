/**
 * What a shell inside `herdmind shell` is told to do, and how it is started so that it does. Between two prompts it says what ended, waits
 * for one line, and shows what is known when there is something. It starts no process for a command that has nothing to say.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { printedMarks } from "./marks.js";

export const SHELLS = ["bash", "zsh"] as const;
export type ShellName = (typeof SHELLS)[number];

/** What `after` ends with when the command is to be run again. */
export const AGAIN = 10;

export interface Session {
  /** A folder of the user alone. */
  readonly folder: string;
  readonly secret: string;
  /** How herdmind is called. */
  readonly herdmind: readonly string[];
}

export const asksPath = ({ folder }: Session): string => join(folder, "asks");
export const answersPath = ({ folder }: Session): string => join(folder, "answers");
export const endedPath = ({ folder }: Session, name: string): string => join(folder, `${name}.json`);

export const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** `$1`: exit code, `$2`: the line. Sets `__herdmind_code`. Runs in bash and in zsh. */
const common = (session: Session): string => {
  const { begin, end } = printedMarks(session.secret);
  return `__herdmind_count=0
__herdmind_ended() {
  local name answer
  __herdmind_code=$1
  while :; do
    __herdmind_count=$((__herdmind_count + 1))
    name=$$-$__herdmind_count
    printf '${end}' "$name" >/dev/tty
    printf '%s\\0' "$name" "$__herdmind_code" "$PWD" "$2" >${quote(asksPath(session))}
    answer=
    while IFS= read -r answer <${quote(answersPath(session))}; do
      case $answer in "$name "*) break ;; esac
    done
    case $answer in "$name tell") ;; *) break ;; esac
    ${session.herdmind.map(quote).join(" ")} after ${quote(session.folder)}/"$name.json"
    [ $? -eq ${AGAIN} ] || break
    printf '${begin}' >/dev/tty
    eval "$2"
    __herdmind_code=$?
  done
}
`;
};

const bash = (session: Session): string => `${common(session)}
case :\${HISTCONTROL-}: in
  *:ignoreboth:*) __herdmind_private=1 HISTCONTROL=ignoredups ;;
  *:ignorespace:*) __herdmind_private=1 HISTCONTROL=\${HISTCONTROL//ignorespace/} ;;
  *) __herdmind_private= ;;
esac
__herdmind_ran= __herdmind_last=
__herdmind_prompt() {
  local code=$? entry number='' line=''
  [ -n "$__herdmind_ran" ] || return $code
  __herdmind_ran=
  entry=$(HISTTIMEFORMAT= builtin history 1)
  if [[ $entry =~ ^\\ *([0-9]+)[*\\ ]\\ (.*)$ ]]; then
    number=\${BASH_REMATCH[1]} line=\${BASH_REMATCH[2]}
  fi
  # Left out of the history: it is not the line that ran.
  if [ -n "\${HISTIGNORE-}" ] && [ "$number" = "$__herdmind_last" ]; then line=; fi
  __herdmind_last=$number
  case $line in
    ' '*)
      if [ -n "$__herdmind_private" ]; then
        builtin history -d "$number"
        __herdmind_last=
        return $code
      fi
      ;;
  esac
  __herdmind_ended "$code" "$line"
  return $__herdmind_code
}
PS0="\${PS0-}"'${printedMarks(session.secret).begin.replace("\\033", "\\e").replace("\\007", "\\a")}\${__herdmind_count:$((__herdmind_ran=1,0)):0}'
if [[ "$(declare -p PROMPT_COMMAND 2>/dev/null)" == 'declare -a'* ]]; then
  PROMPT_COMMAND=(__herdmind_prompt "\${PROMPT_COMMAND[@]}")
else
  PROMPT_COMMAND="__herdmind_prompt\${PROMPT_COMMAND:+; $PROMPT_COMMAND}"
fi
`;

const zsh = (session: Session): string => `${common(session)}
__herdmind_ran= __herdmind_line=
__herdmind_preexec() {
  __herdmind_ran=1 __herdmind_line=\${1:-$3}
  printf '${printedMarks(session.secret).begin}' >/dev/tty
}
__herdmind_precmd() {
  local code=$?
  [[ -n $__herdmind_ran ]] || return $code
  __herdmind_ran=
  if [[ -o hist_ignore_space && $__herdmind_line == ' '* ]]; then return $code; fi
  emulate -L zsh
  __herdmind_ended $code "$__herdmind_line"
  return $__herdmind_code
}
preexec_functions+=(__herdmind_preexec)
precmd_functions=(__herdmind_precmd $precmd_functions)
`;

/** Files that a shell reads when it starts, written into the session's folder, and how it is started with them. */
export const startOf = (
  shell: ShellName,
  session: Session,
): { readonly args: readonly string[]; readonly env: { readonly [name: string]: string } } => {
  const write = (name: string, text: string): string => {
    const path = join(session.folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  if (shell === "bash") {
    const path = write(
      "bashrc",
      `__herdmind_inside=1
[ ! -r ~/.bashrc ] || . ~/.bashrc\n${bash(session)}`,
    );
    return { args: ["--rcfile", path, "-i"], env: {} };
  }
  // zsh has no flag for it: it looks for its files where ZDOTDIR says, and gets its own place back before the user's files are read.
  const own = process.env.ZDOTDIR;
  const restore = own === undefined ? "unset ZDOTDIR" : `ZDOTDIR=${quote(own)}`;
  const place = quote(session.folder);
  write(
    ".zshenv",
    `${restore}
[[ ! -r \${ZDOTDIR:-$HOME}/.zshenv ]] || source \${ZDOTDIR:-$HOME}/.zshenv
__herdmind_place=\${ZDOTDIR-}
ZDOTDIR=${place}
`,
  );
  write(
    ".zshrc",
    `__herdmind_inside=1
if [[ -n $__herdmind_place ]]; then ZDOTDIR=$__herdmind_place; else unset ZDOTDIR; fi
[[ \${HISTFILE-} != ${place}/* ]] || HISTFILE=\${ZDOTDIR:-$HOME}/\${HISTFILE:t}
[[ ! -r \${ZDOTDIR:-$HOME}/.zshrc ]] || source \${ZDOTDIR:-$HOME}/.zshrc
${zsh(session)}`,
  );
  return { args: ["-i"], env: { ZDOTDIR: session.folder } };
};
