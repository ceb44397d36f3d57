/** In a page: the parts come with a request of their own, which begins at once and holds up nothing. See `deferred.ts`. */
type Parts = typeof import("./deferred-parts.js");

let parts: Parts | undefined;

export const deferredParts: Promise<unknown> = import("./deferred-parts.js").then((loaded) => {
  parts = loaded;
});
// Whoever waits for it hears of the failure; nobody else needs to.
deferredParts.catch(() => undefined);

const here = (): Parts => {
  if (parts === undefined) throw new Error("Wait for deferredParts before anything is recalled or reported.");
  return parts;
};

export const askerOf: Parts["askerOf"] = (...given) => here().askerOf(...given);
export const concerns: Parts["concerns"] = (...given) => here().concerns(...given);
export const createIndex: Parts["createIndex"] = (...given) => here().createIndex(...given);
export const createProvisional: Parts["createProvisional"] = (...given) => here().createProvisional(...given);
export const identify: Parts["identify"] = (...given) => here().identify(...given);
export const identifyProblem: Parts["identifyProblem"] = (...given) => here().identifyProblem(...given);
export const nameProblem: Parts["nameProblem"] = (...given) => here().nameProblem(...given);
export const outcomeVerdictOf: Parts["outcomeVerdictOf"] = (...given) => here().outcomeVerdictOf(...given);
export const placeOf: Parts["placeOf"] = (...given) => here().placeOf(...given);
export const prepare: Parts["prepare"] = (...given) => here().prepare(...given);
export const readAppliesTo: Parts["readAppliesTo"] = (...given) => here().readAppliesTo(...given);
export const readTask: Parts["readTask"] = (...given) => here().readTask(...given);
export const verdictOf: Parts["verdictOf"] = (...given) => here().verdictOf(...given);
