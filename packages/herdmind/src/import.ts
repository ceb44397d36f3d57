/**
 * Import proposes again, and never overwrites: each proposal of a file becomes a new signal of the importing agent, which canon judges
 * like any other. What is known is left alone, so the same file twice adds nothing, and an import that was interrupted goes on.
 */
import { identify, sameProblem } from "@herdmind/experience";
import { type ImportedFrom, originOf, type ProposedAgain } from "@herdmind/history";
import type { Logs } from "@herdmind/log";
import type { EntryId, JsonObject, JsonValue, Signal } from "@herdmind/protocol";
import type { Agent } from "./agent.js";
import type { Peer } from "./peer.js";
import { type Redaction, redact } from "./redact.js";
import type { Receipt } from "./report.js";

export type Imported =
  /** A new signal; with `isDryRun` it would be one. `id` is missing then. */
  | { readonly status: "imported"; readonly id?: EntryId; readonly redactions: readonly Redaction[] }
  /** `entry`: canon has this remedy of this problem. Without one: this agent has imported it before. */
  | { readonly status: "known"; readonly entry?: EntryId }
  | { readonly status: "rejected"; readonly rule: string; readonly reason: string };

export interface Importer {
  /** Durable when it answers, as a report is. */
  take(proposal: ProposedAgain, options?: { readonly isDryRun?: boolean }): Promise<Imported>;
}

/** What a signal's context says of its origin, as whoever wrote it claims. */
const importedFrom = ({ context }: Signal): JsonObject | undefined => {
  const from = context?.importedFrom;
  return typeof from === "object" && from !== null && !Array.isArray(from) ? (from as JsonObject) : undefined;
};

/** What this agent has imported, judged or not, by origin. */
const readImported = async (logs: Logs, agent: Agent): Promise<Set<string>> => {
  const keys = new Set<string>();
  for (const { writer, generation } of logs.ofWriter(agent.id)) {
    for await (const { records } of logs.read({ writer, generation })) {
      for (const record of records) {
        const from = record.type === "signal" ? importedFrom(record.body) : undefined;
        if (from !== undefined) keys.add(originOf(from as unknown as ImportedFrom));
      }
    }
  }
  return keys;
};

/** An importer for one agent of a peer. Its log is read once, and kept in mind: 90 bytes a proposal. */
export const createImporter = (peer: Pick<Peer, "swarm" | "logs" | "canon">, agent: Agent): Importer => {
  let imported: Promise<Set<string>> | undefined;
  const known = (): Promise<Set<string>> => {
    imported ??= readImported(peer.logs, agent);
    // A storage that could not be read is asked again.
    imported.catch(() => {
      imported = undefined;
    });
    return imported;
  };

  /** As it will be signed: canon has its name without the secrets (E2). */
  const findKnown = async (
    signal: Signal,
  ): Promise<EntryId | undefined | Extract<Imported, { status: "rejected" }>> => {
    const { view } = peer.canon;
    const { value } = await redact(signal as unknown as JsonObject);
    const named = identify(value as unknown as Signal, view.signalTypes);
    if (!named.ok) return { status: "rejected", rule: named.refusal.rule, reason: named.refusal.message };
    for (const fingerprint of sameProblem(view, named.value.fingerprint)) {
      for (const id of view.problems.get(fingerprint) ?? [])
        if (view.entries.get(id)?.immunization.remedyId === named.value.remedyId) return id;
    }
    return undefined;
  };

  return {
    take: async ({ signal, from }, { isDryRun = false } = {}) => {
      const key = originOf(from);
      if ("swarm" in from && from.swarm === peer.swarm && peer.canon.view.entries.has(from.entry))
        return { status: "known", entry: from.entry };
      const keys = await known();
      if (keys.has(key)) return { status: "known" };
      // In the same turn as the look: the same proposal may stand twice in one batch.
      keys.add(key);
      let isTaken = false;
      try {
        const found = await findKnown(signal);
        if (typeof found === "object") return found;
        if (found !== undefined) return { status: "known", entry: found };
        if (isDryRun) return { status: "imported", redactions: [] };
        const receipt = await report(agent, signal, from);
        if (!receipt.ok) return { status: "rejected", rule: receipt.refusal.rule, reason: receipt.refusal.message };
        isTaken = true;
        return { status: "imported", id: receipt.id, redactions: receipt.redactions };
      } finally {
        if (!isTaken) keys.delete(key);
      }
    },
  };
};

/** A new signal of this agent, with its own time; the author's stands in `importedFrom`. */
const report = (agent: Agent, signal: Signal, from: ImportedFrom): Promise<Receipt> => {
  const { type, problem, discovery, mitigation, appliesTo, tags, context } = signal;
  const before = importedFrom(signal);
  // What was imported there before: its first origin, not the whole way, which would grow with each swarm.
  const first = before === undefined ? undefined : (before.first ?? before);
  return agent.report({
    type,
    problem,
    mitigation,
    ...(discovery === undefined ? {} : { discovery }),
    ...(appliesTo === undefined ? {} : { appliesTo }),
    ...(tags === undefined ? {} : { tags }),
    context: {
      ...context,
      importedFrom: { ...from, ...(first === undefined ? {} : { first: first as JsonValue }) } as unknown as JsonObject,
    },
  });
};
