/** One tool of the toolbox. */
import type { Change } from "./plan.js";

export interface Remedy {
  readonly name: string;
  /** One imperative sentence: the text of a mitigation. */
  readonly description: string;
  readonly apply: Change;
}
