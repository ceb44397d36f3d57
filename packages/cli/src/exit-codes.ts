/** Exit codes of the command: part of its public surface, listed in the help and in the README. */
export const EXIT = {
  ok: 0,
  refused: 1,
  usage: 2,
  unknown: 3,
  unavailable: 4,
  bug: 70,
  couldNot: 125,
  interrupted: 130,
  terminated: 143,
} as const;

/** One of these; of `exec`, `shell` and `after` that of the command. */
export type ExitCode = number;

export const EXIT_CODE_WORDS: readonly (readonly [ExitCode, string])[] = [
  [EXIT.ok, "done; also the normal end of up, join and watch by Ctrl-C"],
  [EXIT.refused, "refused: the message names the rule; nothing was written, or canon rejected it"],
  [EXIT.usage, "wrong usage: unknown command or option, missing or malformed input"],
  [EXIT.unknown, "recall, prepare, replay: nothing is known about this problem; why: nothing held here has this id"],
  [EXIT.unavailable, "the node, its directory, its port or the swarm is not available"],
  [EXIT.bug, "an error of herdmind itself"],
  [EXIT.couldNot, "shell: it could not be begun, and nothing was run"],
  [EXIT.interrupted, "interrupted (Ctrl-C), or forced by a second Ctrl-C"],
  [EXIT.terminated, "ended by SIGTERM before it was done"],
];

/** Why a command failed: what `--json` prints on stderr, and the exit code. */
export interface Failure {
  readonly ok: false;
  /** A rule id of PROTOCOL.md, or `usage`, `unavailable`, `interrupted`, `internal`. */
  readonly rule: string;
  readonly message: string;
  readonly code: ExitCode;
}

/** Rules of storage (`S*`) are about the directory: trying again elsewhere or later may help, so scripts can tell them apart. */
export const refusedBy = (rule: string, message: string): Failure => ({
  ok: false,
  rule,
  message,
  code: /^S\d/.test(rule) || rule === "unavailable" ? EXIT.unavailable : rule === "internal" ? EXIT.bug : EXIT.refused,
});

export const wrongUsage = (message: string): Failure => ({ ok: false, rule: "usage", message, code: EXIT.usage });
