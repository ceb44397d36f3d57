/** A storage that cannot be opened, as a refusal of the directory or database that it is in (rules S2 to S5). */
import type { StorageFault } from "@herdmind/log";
import { type Refused, refuse } from "@herdmind/protocol";

const RULE_BY_FAULT = { held: "S2", newer: "S3", "read-only": "S4", full: "S4", io: "S5", closed: "S5" } as const;

export const directoryRefusal = (fault: StorageFault): Refused =>
  refuse(RULE_BY_FAULT[fault.kind], "none", fault.message);
