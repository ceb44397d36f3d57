/**
 * @herdmind/shell: runs a command with its terminal untouched and sees what it says; hosts a shell in which that is done for every command.
 * It knows no swarm: whoever calls it asks one.
 */
export { createExcerpt, type Excerpt, HEAD_BYTES, TAIL_BYTES } from "./excerpt.js";
export { type EndedLine, type HostOptions, hostShell } from "./host-shell.js";
export { isFailure, lastWords } from "./ordinary-codes.js";
export { boundedText, plainText } from "./plain-text.js";
export { openPseudoTerminal, type PseudoTerminal, type Size } from "./pseudo-terminal.js";
export { mitigationOf, type RemedyCommand, remedyCommand, shownCommand } from "./remedy.js";
export { type Memory, openMemory, type Remembered } from "./remembered.js";
export { type RunOptions, runCommand } from "./run-command.js";
export { AGAIN, SHELLS, type ShellName } from "./shell-hooks.js";
export { COULD_NOT, type InitOptions, shellInit } from "./shell-init.js";
export { type ChangedFile, type Changes, changesSince, type Snapshot, summaryOf, takeSnapshot } from "./snapshot.js";
export type { Ran, Streams } from "./streams.js";
