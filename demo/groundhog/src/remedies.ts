/**
 * The toolbox: generic changes of how a program is run. None knows a task or a cause; each does to any program what its
 * description says, and most of the time that does not help.
 */
import { dataRemedies } from "./remedies-data.js";
import { runtimeRemedies } from "./remedies-runtime.js";
import type { Remedy } from "./remedy.js";

export const remedies: readonly Remedy[] = [...dataRemedies, ...runtimeRemedies];
export const remediesByName: ReadonlyMap<string, Remedy> = new Map(remedies.map((remedy) => [remedy.name, remedy]));
