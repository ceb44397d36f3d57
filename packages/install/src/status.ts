/** What of an assistant is on this machine, and how far it is installed there. */
import type { Fault } from "./edit.js";
import type { Launch } from "./launch.js";
import type { Places } from "./places.js";
import { type Scope, TARGETS } from "./targets.js";
import { readText } from "./text-file.js";
import { stateOf, type WantKind } from "./want.js";

/** `differs`: it is there, and would be changed, for example because it names an older command. `partly`: some of it is missing. */
export type InstallState = "installed" | "differs" | "partly" | "absent" | "broken";

export interface TargetStatus {
  readonly target: string;
  readonly title: string;
  /** Something of the assistant is on this machine or in this project. */
  readonly isFound: boolean;
  readonly scopes: readonly {
    readonly scope: Scope;
    readonly state: InstallState;
    readonly files: readonly { readonly file: string; readonly what: WantKind }[];
    readonly faults: readonly (Fault & { readonly file: string })[];
  }[];
}

export const listTargets = async (places: Places, launch: Launch): Promise<readonly TargetStatus[]> =>
  Promise.all(
    TARGETS.map(async (target) => ({
      target: target.name,
      title: target.title,
      isFound: target.signs(places).some((sign) => places.exists(sign)),
      scopes: await Promise.all(
        target.scopes.map(async (scope) => {
          const states: string[] = [];
          const faults: (Fault & { file: string })[] = [];
          const wants = target.wants(places, scope, launch).filter(({ as }) => as !== "default");
          for (const want of wants) {
            const read = await readText(want.file, scope === "project" ? places.project : undefined);
            const state = read.ok ? stateOf(read.file.text, want) : read;
            if (typeof state === "string") states.push(state);
            else faults.push({ ...state, file: want.file });
          }
          const files = wants.map(({ file, what }) => ({ file, what }));
          return { scope, state: summary(states, faults.length > 0), files, faults };
        }),
      ),
    })),
  );

const summary = (states: readonly string[], isBroken: boolean): InstallState => {
  if (isBroken) return "broken";
  if (states.every((state) => state === "present")) return "installed";
  if (states.includes("other")) return "differs";
  return states.every((state) => state === "absent") ? "absent" : "partly";
};
