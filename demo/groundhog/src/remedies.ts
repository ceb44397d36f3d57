/**
 * The toolbox: generic changes of how a program is run. None knows a task or a cause; each does to any program what its
 * description says, and most of the time that does not help.
 */
import type { Change } from "./plan.js";
import { dataRemedies } from "./remedies-data.js";
import { runtimeRemedies } from "./remedies-runtime.js";

export interface Remedy {
  readonly name: string;
  /** One imperative sentence: the text of a mitigation. */
  readonly description: string;
  readonly apply: Change;
}

export const remedies: readonly Remedy[] = [...dataRemedies, ...runtimeRemedies];
export const remediesByName: ReadonlyMap<string, Remedy> = new Map(remedies.map((remedy) => [remedy.name, remedy]));
