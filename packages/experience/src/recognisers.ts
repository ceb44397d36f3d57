/**
 * One row per kind of tool: how it says why it failed. Rows stand in order of strength, so that the first one to match a line is
 * the strongest; rows of equal strength in the order of the four tables. Each is tested from its own examples, in
 * `recogniser-examples.fixture.ts`.
 */
import type { Recogniser } from "./recogniser.js";
import { buildRecognisers } from "./recognisers-builds.js";
import { packageRecognisers } from "./recognisers-packages.js";
import { systemRecognisers } from "./recognisers-systems.js";
import { traceRecognisers } from "./recognisers-traces.js";

export const recognisers: readonly Recogniser[] = [
  ...traceRecognisers,
  ...buildRecognisers,
  ...packageRecognisers,
  ...systemRecognisers,
].sort((a, b) => b.strength - a.strength);
