/**
 * @herdmind/cq: experience as cq knowledge units, and back. Pure: it reads no file and opens no connection; `herdmind export --format cq`
 * and `herdmind import --format cq` do.
 */
export { fromKnowledgeUnit, type ReadUnit } from "./from-unit.js";
export { toKnowledgeUnit, toKnowledgeUnits, type UnitLine } from "./to-units.js";
export type { KnowledgeUnit } from "./unit.js";
