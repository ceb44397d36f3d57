/** Starts a server as an assistant would, with the official client, and asks it for its tools: what was written is known to work. */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { getDefaultEnvironment, StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

export interface CheckOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Besides the few variables that an assistant hands on. */
  readonly env?: { readonly [name: string]: string };
  readonly signal?: AbortSignal;
}

export type Checked =
  | { readonly ok: true; readonly tools: readonly string[] }
  | { readonly ok: false; readonly reason: string };

/** Milliseconds: the server starts a node first, on a machine that may be busy. */
const PATIENCE_MS = 30_000;
/** Characters of what a server said on stderr. */
const MAX_SAID = 2000;

export const checkServer = async ({ command, args, env = {}, signal }: CheckOptions): Promise<Checked> => {
  const transport = new StdioClientTransport({
    command,
    args: [...args],
    env: { ...getDefaultEnvironment(), ...env },
    stderr: "pipe",
  });
  let said = "";
  transport.stderr?.on("data", (part: Buffer) => {
    said = (said + part.toString("utf8")).slice(-MAX_SAID);
  });
  const client = new Client({ name: "herdmind-install", version: "1.0.0" });
  const late = AbortSignal.timeout(PATIENCE_MS);
  const ending = signal === undefined ? late : AbortSignal.any([late, signal]);
  try {
    await client.connect(transport, { signal: ending, timeout: PATIENCE_MS });
    const { tools } = await client.listTools({}, { signal: ending, timeout: PATIENCE_MS });
    if (tools.length === 0) return { ok: false, reason: "it has no tools" };
    return { ok: true, tools: tools.map(({ name }) => name) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, reason: said.trim() === "" ? message : said.trim() };
  } finally {
    await client.close();
  }
};
