/** What `herdmind shell-init` prints, for a line in `.bashrc` or `.zshrc`. */
import { quote, type ShellName } from "./shell-hooks.js";

/** The exit code of herdmind where it could not do its part; nothing was run. `env` and `timeout` use the same. */
export const COULD_NOT = 125;

export interface InitOptions {
  /** How herdmind is called. */
  readonly herdmind: readonly string[];
  /** Every interactive shell runs inside `herdmind shell`. */
  readonly isForAll: boolean;
}

const keyOf: { readonly [shell in ShellName]: string } = {
  bash: `__herdmind_prefix() {
  case $READLINE_LINE in 'hm '*) ;; *) READLINE_LINE="hm $READLINE_LINE" READLINE_POINT=$((READLINE_POINT + 3)) ;; esac
}
bind -x '"\\C-xh": __herdmind_prefix' 2>/dev/null`,
  zsh: `__herdmind_prefix() {
  [[ $BUFFER == 'hm '* ]] || { BUFFER="hm $BUFFER"; CURSOR=$((CURSOR + 3)) }
}
zle -N __herdmind_prefix
bindkey '^Xh' __herdmind_prefix`,
};

/** A script for `eval`. It does nothing in a shell that is not interactive, and nothing inside `herdmind shell` but the prefix. */
export const shellInit = (shell: ShellName, { herdmind, isForAll }: InitOptions): string => {
  const call = herdmind.map(quote).join(" ");
  const all = `  if [ -t 0 ] && [ -t 1 ] && [ -t 2 ] && [ "\${TERM-dumb}" != dumb ] && [ "\${HERDMIND_SHELL-}" != "$(tty)" ] &&
    [ -z "\${__herdmind_inside-}\${BASH_EXECUTION_STRING-}\${ZSH_EXECUTION_STRING-}" ]; then
    ${call} shell ${shell}
    __herdmind_code=$?
    # Where it could not be begun, this shell goes on without.
    [ $__herdmind_code -eq ${COULD_NOT} ] || exit $__herdmind_code
    unset __herdmind_code
  fi
`;
  return `case $- in *i*)
${isForAll ? all : ""}  hm() { ${call} exec -- "$@"; }
${keyOf[shell].replace(/^/gm, "  ")}
;; esac
`;
};
