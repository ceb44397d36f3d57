/** What one row of the tables of recognisers says, and the words that they share. */
export type Found = {
  readonly name?: string | undefined;
  readonly code?: string | undefined;
  readonly message: string;
};

export interface Recogniser {
  readonly name: string;
  readonly strength: number;
  /** Which of several matches is the cause. `*-of-3`: up to three together. */
  readonly prefer: "first" | "last" | "first-of-3" | "last-of-3";
  readonly pattern: RegExp;
  /**
   * A line without this text cannot match, so the pattern is not tried: most lines of a log meet a handful of patterns
   * instead of sixty. Saves time, never changes a result (tested).
   */
  readonly needs?: string;
  readonly read?: (match: RegExpExecArray, lines: readonly string[], at: number) => Found | undefined;
}

/** How operating systems word their errors. */
export const STRERROR =
  "No such file or directory|Permission denied|Not a directory|Is a directory|File exists|Directory not empty|" +
  "No space left on device|Disk quota exceeded|Read-only file system|Too many open files|Argument list too long|File name too long|" +
  "Too many levels of symbolic links|Invalid cross-device link|Text file busy|Exec format error|Connection refused|" +
  "Connection reset by peer|Connection timed out|Network is unreachable|No route to host|Broken pipe|" +
  "Resource temporarily unavailable|Cannot allocate memory|Operation not permitted|Operation not supported|" +
  "Device or resource busy|Address already in use|Name or service not known|Input/output error|Bad file descriptor|Invalid argument";

/** Names that say only "an error": with and without them it is the same problem. */
export const PLAIN_NAMES = new Set(["Error", "Exception", "Throwable", "error"]);

/** `java.net.BindException`, `shop::LedgerError`, `System.IO.IOException`: the type without its package. */
export const lastPart = (name: string): string =>
  name.slice(Math.max(name.lastIndexOf("."), name.lastIndexOf(":")) + 1);

export const isErrorName = (name: string): boolean =>
  /(?:Error|Exception|Failure|Fault|Throwable|Panic|Interrupt|Exit|Timeout)$/.test(name);

/** Messages that only say that something else failed. */
export const isWrapper = (message: string): boolean =>
  /^(?:\S{1,40}: )?(?:Command failed|Process (?:exited|completed|failed)|Command exited|Program exited|exited with|exit (?:code|status)|Script .{0,80} exited|spawn .{0,200} exited|child process (?:exited|failed)|make(?:\[\d{1,3}\])?: \*\*\* .{0,300}(?:Error \d|Waiting for unfinished)|ELIFECYCLE|Lifecycle script|BUILD FAIL(?:URE|ED)|Build failed\.?(?: |$)|Task failed\.?$|Task .{0,80} failed with exit code|Execution failed for task|There (?:are|were) (?:test failures|failing tests)|Some Enforcer rules have failed|There was an error in the forked process|Tests? run:|Tests? failures?:|After correcting the problems|mvn <|\[Help 1\]|For more information about the errors|Re-run Maven|To see the full stack trace|A complete log of this run|could not compile|aborting due to|test failed, to rerun|ld returned \d|linker command failed|subprocess-exited-with-error|metadata-generation-failed|failed to push some refs|build stopped)/i.test(
    message,
  );
