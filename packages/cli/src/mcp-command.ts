/** `herdmind mcp`: the Model Context Protocol over this process's standard streams, through the node of the directory. */
import { askNode, createNodeNaming, type EnsuredNode, ensureNode } from "@herdmind/local/client";
import { type Ask, serveMcpStdio } from "@herdmind/mcp";
import { EXIT, type ExitCode, refusedBy } from "./exit-codes.js";
import type { Shell } from "./shell.js";
import { version } from "./version.js";

export interface McpFlags {
  readonly as?: string;
  readonly create?: string;
}

/** What a swarm is called that begins because an assistant was started. */
const DEFAULT_SWARM = "herd";

export const mcp = async (
  { dir, output, interrupt }: Shell,
  { as, create = DEFAULT_SWARM }: McpFlags,
): Promise<ExitCode> => {
  /** The node may end between two calls, for example because nobody used it for a while: then another one is started. */
  const node = async (): Promise<EnsuredNode> => {
    const ensured = await ensureNode({ dir, create, signal: interrupt.signal });
    if (!ensured.ok) throw new Error(ensured.refusal.message);
    return ensured.value;
  };
  try {
    await node();
  } catch (error) {
    if (interrupt.signal.aborted) return EXIT.ok;
    // Before the client hears anything, so that it shows why it has no tools.
    return output.fail(refusedBy("unavailable", error instanceof Error ? error.message : String(error)));
  }
  const ask: Ask = async (verb, input, signal) => {
    for (;;) {
      const { socket } = await node();
      const answered = await askNode(socket, verb, input, signal);
      if (answered !== undefined) return answered;
    }
  };
  using naming = createNodeNaming(async () => (await node()).socket);
  const named = as === undefined ? { naming } : { naming, as };
  await serveMcpStdio(ask, { version: version(), signal: interrupt.signal, ...named });
  return EXIT.ok;
};
