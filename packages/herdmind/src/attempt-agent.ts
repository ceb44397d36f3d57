/**
 * What the loop needs of an agent, and one that is asked over something that can fail. Whoever wraps work around it must not lose that work, or its own error, because
 * a node has ended: then nothing is known, nothing was told, and somebody hears why.
 */
import { NOTHING_HIDDEN, type RecalledEntry } from "@herdmind/experience";
import { refuse } from "@herdmind/protocol";
import { refusalError } from "./failure.js";
import type { Known, RecallQuery, Receipt, Report } from "./report.js";

/** What the loop needs of an agent. */
export interface AttemptAgent {
  recall(query: RecallQuery): Promise<Known>;
  report(report: Report): Promise<Receipt>;
  outcome(entry: Pick<RecalledEntry, "id">, outcome: { readonly success: boolean }): Promise<Receipt>;
}

/** `error`: what asking ended with, or what was refused. */
export type OnUnreachable = (error: unknown, verb: "recall" | "prepare" | "report" | "outcome" | "claim") => void;

/** What is known where nobody could be asked. */
const NOTHING: Known = {
  entries: [],
  hidden: NOTHING_HIDDEN,
  searched: [],
  pending: 0,
  unembedded: undefined,
  fingerprints: [],
  position: undefined,
  freshness: {
    asOf: undefined,
    held: 0,
    known: 0,
    ageMs: undefined,
    heardMs: undefined,
    rolledBack: false,
    historyUnverified: false,
  },
};

export const sheltered = (agent: AttemptAgent, onUnreachable: OnUnreachable): AttemptAgent => {
  const told = async (verb: "report" | "outcome", tell: () => Promise<Receipt>): Promise<Receipt> => {
    try {
      const receipt = await tell();
      if (!receipt.ok) onUnreachable(refusalError(receipt), verb);
      return receipt;
    } catch (error) {
      onUnreachable(error, verb);
      return refuse("S4", "none", `The ${verb} could not be written: ${why(error)}`);
    }
  };
  return {
    async recall(query) {
      try {
        return await agent.recall(query);
      } catch (error) {
        onUnreachable(error, "recall");
        return NOTHING;
      }
    },
    report: (report) => told("report", () => agent.report(report)),
    outcome: (entry, outcome) => told("outcome", () => agent.outcome(entry, outcome)),
  };
};

const why = (error: unknown): string => (error instanceof Error ? error.message : String(error));
