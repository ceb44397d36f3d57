/**
 * What differs between two occurrences of one problem, and what stands in its place.
 *
 * The table is the specification: masks apply in this order, each to the whole line, and each is tested from its own
 * examples in `mask-examples.fixture.ts` (which run through the *whole* table, so an example also shows that no later mask spoils it). A mask whose
 * replacement is `KEEP` shields what it matches from all later ones; it is how a number that distinguishes causes (an HTTP
 * status, an exit code) survives in a table that masks numbers.
 *
 * Every pattern is linear: no quantifier inside a quantifier over the same characters, every run bounded or anchored at
 * its start. Lines are cut to `MAX_LINE_CHARS` before a pattern sees them. Changing anything here changes fingerprints:
 * that is a new `FINGERPRINT_VERSION`, not an edit.
 */
import { kept } from "./kept.js";
import type { Mask } from "./mask.js";
import { masked } from "./masked.js";

export const masks: readonly Mask[] = [...kept, ...masked];
