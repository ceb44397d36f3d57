/** How many agents a node may host, counted by the keys that it keeps: over all restarts, not only since this one. */
import { refuse } from "@herdmind/protocol";
import { refusalError } from "./failure.js";
import type { Vault } from "./vault.js";

/**
 * Each agent is a log and a member at every peer, for ever. A program that names itself anew for each of its runs would add one a run.
 * 512 connections may hold a name at once (`@herdmind/local`); the rest is for names that people chose.
 */
const MAX_AGENTS = 1024;

const PREFIX = "agent-";

/** Gives the name of an agent's key. Throws a refusal where a new name would be one too many. */
export const createAgentNames = (vault: Vault): ((name: string) => Promise<string>) => {
  // This process alone adds to the vault, so it is read once.
  let reading: Promise<Set<string>> | undefined;
  return async (name) => {
    reading ??= vault.keyNames().then((names) => new Set(names.filter((one) => one.startsWith(PREFIX))));
    const known = await reading;
    const keyName = `${PREFIX}${name}`;
    if (!known.has(keyName) && known.size >= MAX_AGENTS)
      throw refusalError(
        refuse(
          "L7",
          "none",
          `This node has ${known.size} agents, and takes ${MAX_AGENTS} at most. Use a name again instead of a new one.`,
        ),
      );
    known.add(keyName);
    return keyName;
  };
};
