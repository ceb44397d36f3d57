/** `herdmind mcp`: the Model Context Protocol over this process's standard streams, through the node of the directory. */
import { createNodeNaming } from "@herdmind/local/client";
import { serveMcpStdio, serveMemoryStdio } from "@herdmind/mcp";
import { EXIT, type ExitCode, refusedBy, wrongUsage } from "./exit-codes.js";
import { keepNode } from "./kept-node.js";
import type { Shell } from "./shell.js";

export interface McpFlags {
  readonly as?: string;
  readonly create?: string;
  readonly memory?: boolean;
  readonly space?: string;
}

export const mcp = async (
  { dir, output, interrupt }: Shell,
  { as, create, memory = false, space }: McpFlags,
): Promise<ExitCode> => {
  if (space !== undefined && !memory)
    return output.fail(wrongUsage("--space names a part of the memory: give --memory, too."));
  const { node, ask } = keepNode(dir, create, interrupt.signal);
  try {
    await node();
  } catch (error) {
    if (interrupt.signal.aborted) return EXIT.ok;
    // Before the client hears anything, so that it shows why it has no tools.
    return output.fail(refusedBy("unavailable", error instanceof Error ? error.message : String(error)));
  }
  using naming = createNodeNaming(async () => (await node()).socket);
  const named = as === undefined ? { naming } : { naming, as };
  const serving = { signal: interrupt.signal, ...named };
  if (memory) await serveMemoryStdio(ask, space === undefined ? serving : { ...serving, space });
  else await serveMcpStdio(ask, serving);
  return EXIT.ok;
};
