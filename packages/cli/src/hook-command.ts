/**
 * `herdmind hook ASSISTANT`: an assistant's hook. Reads what the assistant says of a tool that ran, recalls through the node of this machine, and
 * writes what the assistant is to read, or nothing. It never stands in the assistant's way: its patience is short, it always ends with 0, and
 * what goes wrong here is told to the node's log.
 */
import { askedBy, hookAnswer, isHooked } from "@herdmind/install/hook";
import { askNode, ensureNode, noteInNodeLog, socketPath, type VerbAnswer } from "@herdmind/local/client";
import type { JsonObject } from "@herdmind/protocol";
import { holdsPeer } from "./asking.js";
import { EXIT, type ExitCode } from "./exit-codes.js";
import type { Io } from "./io.js";
import type { Shell } from "./shell.js";

/** Milliseconds from the beginning to the answer: a recall takes a few, a node that has to start first about a thousand. */
const PATIENCE_MS = 1500;
/** Bytes of what an assistant says: a tool's whole output is in it. More is not looked at. */
const MAX_BYTES = 8 * 1024 * 1024;

const readInput = async ({ stdin }: Io, signal: AbortSignal): Promise<unknown> => {
  const parts: Buffer[] = [];
  let bytes = 0;
  // Nobody may ever end it: then nothing is said.
  const give = (): void => void stdin.destroy();
  signal.addEventListener("abort", give, { once: true });
  for await (const part of stdin as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MAX_BYTES) throw new Error(`what the assistant said has more than ${MAX_BYTES} bytes`);
    parts.push(part);
  }
  signal.removeEventListener("abort", give);
  return JSON.parse(Buffer.concat(parts).toString("utf8")) as unknown;
};

/** Where no node is up although there is a peer, one is started: the next failure finds it, if this one does not. */
const recallAt = async (
  dir: string,
  query: JsonObject,
  signal: AbortSignal,
): Promise<VerbAnswer<"recall"> | undefined> => {
  const answer = await askNode(socketPath(dir), "recall", query, signal);
  if (answer !== undefined || !holdsPeer(dir)) return answer;
  const ensured = await ensureNode({ dir, patienceMs: PATIENCE_MS, signal });
  if (!ensured.ok) throw new Error(ensured.refusal.message);
  return askNode(ensured.value.socket, "recall", query, signal);
};

export const hook = async ({ dir, io }: Shell, assistant: string): Promise<ExitCode> => {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    if (!isHooked(assistant)) throw new Error("this assistant has no hook here");
    const asked = askedBy(assistant, await readInput(io, signal));
    if (asked === undefined) return EXIT.ok;
    const known = await recallAt(dir, asked.query, signal);
    if (known?.ok === false) throw new Error(`${known.rule}: ${known.message}`);
    const text = known?.value.rendered?.text;
    if (known !== undefined && known.value.entries.length > 0 && text !== undefined)
      io.stdout.write(`${hookAnswer(assistant, asked.event, text)}\n`);
  } catch (error) {
    const why = signal.aborted ? `nothing was known within ${PATIENCE_MS} ms` : String(error);
    if (holdsPeer(dir)) await noteInNodeLog(dir, `hook ${assistant}: ${why}`).catch(() => undefined);
  }
  return EXIT.ok;
};
