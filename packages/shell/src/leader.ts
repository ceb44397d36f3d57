/**
 * The script of the shell that leads the session of a command's terminal: it gives the command the terminal, takes it back when the command is
 * stopped, says so on 3, and goes on with it when it hears a line there.
 *
 * `$1` is the terminal, `$2` its settings as `stty -g` says them, `$3` is "terminal" where standard error is one, then comes the command. `exec`
 * runs no builtin, and keeps the name that the command was called by. bash sets the terminal's owner through its own standard error, so that
 * is the terminal, and the command's is kept at 4.
 */
export const LEADER = `exec 4>&2 0<>"$1" 1>&0 2>&0
[ "$3" = terminal ] && exec 4>&0
stty "$2"
shift 3
set -m
(exec "$@" 2>&4 3>&- 4>&-)
code=$?
while kill -0 %% 2>/dev/null; do
  echo stopped >&3
  read -r _ <&3
  fg >/dev/null
  code=$?
done
exit $code`;
