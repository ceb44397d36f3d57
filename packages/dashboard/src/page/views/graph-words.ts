import type { GraphEdge, GraphNode } from "../../api.js";
import type { IconName } from "../parts/icon.js";

export const KINDS = ["problem", "remedy", "agent", "domain"] as const;

export const KIND_WORDS: {
  readonly [kind in GraphNode["kind"]]: { readonly one: string; readonly many: string; readonly icon: IconName };
} = {
  problem: { one: "Problem", many: "Problems", icon: "problem" },
  remedy: { one: "Remedy", many: "Remedies", icon: "remedy" },
  agent: { one: "Agent", many: "Agents", icon: "agent" },
  domain: { one: "Domain", many: "Domains", icon: "domain" },
};

/** How an edge reads from the node that it leaves, and from the one that it reaches. */
export const EDGE_WORDS: { readonly [kind in GraphEdge["kind"]]: readonly [out: string, into: string] } = {
  solves: ["solves", "is solved by"],
  alias: ["is the same as", "is the same as"],
  wrote: ["wrote", "was written by"],
  worked: ["says it worked:", "worked for"],
  failed: ["says it failed:", "failed for"],
  in: ["belongs to", "holds"],
};
