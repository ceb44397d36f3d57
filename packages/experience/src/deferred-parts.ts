/** What names, finds and judges: no page needs it before it opens a peer, and it weighs more than the rest of this package. */
export { askerOf } from "./asked.js";
export { identify, identifyProblem, nameProblem } from "./identity.js";
export { prepare, readTask } from "./prepare.js";
export { createProvisional } from "./provisional.js";
export { createIndex } from "./recall.js";
export { concerns, readAppliesTo } from "./relevance.js";
export { outcomeVerdictOf, placeOf, verdictOf } from "./verdict.js";
