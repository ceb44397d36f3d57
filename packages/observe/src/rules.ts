/** Rules as labels. A peer of a newer version, or one that lies, may name any: those count together. */
import type { Rule } from "@herdmind/protocol";

/** All of them, so that each counts from 0 on: what Prometheus sees first as 1 has, for it, not grown. */
const RULES: { readonly [Name in Rule]: true } = {
  ...{ L1: true, L2: true, L3: true, L4: true, L5: true, L6: true, L7: true, L8: true },
  ...{ A1: true, A2: true, A3: true, A4: true },
  ...{ E1: true, E2: true, E3: true, E4: true, E5: true, E6: true, E7: true, E8: true, E9: true, E10: true, E11: true },
  ...{ R1: true, S1: true, S2: true, S3: true, S4: true, S5: true },
  ...{ T1: true, T2: true, T3: true, T4: true, T5: true, T6: true },
};
const OTHER = "other";

export const ruleLabels: readonly string[] = [...Object.keys(RULES), OTHER];

export const ruleLabel = (rule: string): string => (Object.hasOwn(RULES, rule) ? rule : OTHER);
