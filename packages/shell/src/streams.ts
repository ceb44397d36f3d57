/** What a command is run with, and what came of it. */
import type { Readable, Writable } from "node:stream";

/** Our own standard streams; they must be those of this process, because the command inherits them. */
export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

export interface Ran {
  /** The exit code; 128 and the signal's number where a signal ended it, 127 where there is no such program, 126 where it may not be run. */
  readonly code: number;
  /** Somebody asked it to end: Ctrl-C, Ctrl-\, or a signal to us that was handed on. */
  readonly isInterrupted: boolean;
  /** The beginning and the end of what it wrote, as bytes; `undefined` where it could not be seen. */
  readonly output: Uint8Array | undefined;
}
