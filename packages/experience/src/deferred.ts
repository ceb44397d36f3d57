/**
 * The parts that a page loads after its start. Everywhere else they are just here: a bundle for pages takes `deferred-in-page.ts` in
 * place of this module, as `imports` of this package's manifest says.
 */
export * from "./deferred-parts.js";

/** Resolves when the parts are here. A page must wait for it before it folds canon or recalls. */
export const deferredParts: Promise<unknown> = Promise.resolve();
