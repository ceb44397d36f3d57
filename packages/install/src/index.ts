/**
 * @herdmind/install: a coding assistant's own configuration, with a node of herdmind in it: its server, hooks that ask when something failed,
 * rules that teach when to ask. Each edit leaves every other byte as it is, is proven by reading the file again, and can be taken back.
 */
export { type Checked, type CheckOptions, checkServer } from "./check.js";
export type { Chunk, Fault } from "./edit.js";
export type { JsonData } from "./json-edit.js";
export { type Launch, type LaunchOptions, launchOf } from "./launch.js";
export type { LedgerEntry } from "./ledger.js";
export type { Places } from "./places.js";
export {
  type CarriedOut,
  type Change,
  carryOut,
  diffOf,
  type Installation,
  isChanged,
  type Plan,
  planInstall,
  planUninstall,
  type Written,
} from "./plan.js";
export { type InstallState, listTargets, type TargetStatus } from "./status.js";
export { type Scope, TARGETS, type Target } from "./targets.js";
export type { TextFile } from "./text-file.js";
export type { Want, WantKind } from "./want.js";
