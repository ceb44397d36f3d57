/** A rule as a label. A peer of a newer version, or one that lies, may name any: those count together. */
const RULE = /^(?:L[1-8]|A[1-4]|E(?:[1-9]|1[01])|R1|S[1-5]|T[1-6])$/;

export const ruleLabel = (rule: string): string => (RULE.test(rule) ? rule : "other");
