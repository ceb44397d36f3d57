/** In whose name a connection's client works: as it calls itself, cut to what a node takes. */
import { isPrintable } from "@herdmind/protocol";
import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { Naming } from "./naming.js";

const MAX_AS_CHARS = 64;
/** What a node takes: bytes of the name in a URL, nine for a character of most scripts. */
const MAX_AS_BYTES = 180;

export const agentName = (
  server: McpServer,
  { as, naming }: { readonly as?: string; readonly naming?: Naming },
): (() => Promise<string>) => {
  const ownName = (): string => {
    const named = as ?? server.server.getClientVersion()?.name ?? "assistant";
    const short = [...named].slice(0, MAX_AS_CHARS);
    if (!isPrintable(short.join("")) || short.join("").trim() === "") return "assistant";
    while (encodeURIComponent(short.join("")).length > MAX_AS_BYTES) short.pop();
    return short.join("");
  };
  return async () => naming?.as(ownName()) ?? ownName();
};
