/** @herdmind/cli: the `herdmind` command, callable from a program. How to work through a running node: @herdmind/local. */
export { EXIT, type ExitCode } from "./exit-codes.js";
export type { Io } from "./io.js";
export { run } from "./run.js";
