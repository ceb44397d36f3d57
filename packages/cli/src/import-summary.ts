/** What `herdmind import` did: its answer with `--json`. */
import type { SwarmId } from "@herdmind/protocol";
import type { Passed } from "herdmind";

export interface ImportSummary {
  /** The swarm of the file. */
  from: SwarmId | null;
  isDryRun: boolean;
  imported: number;
  /** Canon has it, or this agent has imported it before. */
  known: number;
  /** Refused here, with what is wrong. */
  rejected: number;
  /** Lines that are no record. */
  bad: number;
  /** Secrets that were replaced before signing (E2). */
  redactions: number;
  /** Lines that propose nothing, and why. */
  passed: { [why in Passed]: number };
  /** Imported, and not judged when the command ended. */
  pending: number;
  /** The file has its last line. */
  isWhole: boolean;
}
