import type { JsonObject } from "@herdmind/protocol";

/** Asks a node one of its verbs: JSON in, JSON out. Rejects when the node cannot be reached. */
export type Ask = (
  verb: "recall" | "prepare" | "report" | "outcome" | "claim" | "status" | "inspect" | "memory-read" | "memory-write",
  input: JsonObject,
  signal?: AbortSignal,
) => Promise<
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly rule: string; readonly message: string }
>;
