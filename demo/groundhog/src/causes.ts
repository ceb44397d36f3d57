/** All root causes. Each really fails on a Linux or macOS machine with Node 22 or later, as root or not. */
import type { Cause } from "./cause.js";
import { dataCauses } from "./causes-data.js";
import { networkCauses } from "./causes-network.js";
import { processCauses } from "./causes-process.js";

export const causes: readonly Cause[] = [...dataCauses, ...processCauses, ...networkCauses];
export const causesByName: ReadonlyMap<string, Cause> = new Map(causes.map((cause) => [cause.name, cause]));
