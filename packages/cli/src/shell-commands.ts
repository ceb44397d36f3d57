/** `herdmind shell` and `shell-init`: the same as `exec`, for every command of an interactive shell. */
import { spawnSync } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { askNode, dataDir, socketPath } from "@herdmind/local/client";
import {
  AGAIN,
  COULD_NOT,
  type EndedLine,
  hostShell,
  lastWords,
  openMemory,
  SHELLS,
  type ShellName,
  shellInit,
} from "@herdmind/shell";
import { afterCommand, note, remember } from "./after-command.js";
import { holdsPeer } from "./asking.js";
import { type EndedCommand, problemText } from "./ended-command.js";
import { EXIT, type ExitCode, refusedBy, wrongUsage } from "./exit-codes.js";
import { MAX_SHOWN } from "./known-failure.js";
import type { Shell } from "./shell.js";

/** How this program is called again, for the same directory. */
const callOf = (dir: string): readonly string[] => [
  process.execPath,
  fileURLToPath(new URL("main.js", import.meta.url)),
  ...(dir === dataDir(undefined) ? [] : ["--dir", dir]),
];

const isShell = (name: string): name is ShellName => (SHELLS as readonly string[]).includes(name);

const shellOf = (given: string | undefined): ShellName | undefined => {
  const name = given ?? basename(process.env.SHELL ?? "");
  return isShell(name) ? name : undefined;
};

const noShell = (given: string | undefined) =>
  wrongUsage(`${given === undefined ? "Name the shell" : `"${given}" is not supported`}: ${SHELLS.join(" or ")}.`);

export const initShell = (
  { output, io, dir }: Shell,
  given: string | undefined,
  { all = false }: { readonly all?: boolean },
): ExitCode => {
  const shell = shellOf(given);
  if (shell === undefined) return output.fail(noShell(given));
  const script = shellInit(shell, { herdmind: callOf(dir), isForAll: all });
  if (output.json) output.answer({ shell, script }, () => []);
  else io.stdout.write(script);
  return EXIT.ok;
};

const endedOf = ({ line, cwd, code, isInterrupted, output }: EndedLine): EndedCommand => ({
  words: lastWords(line),
  key: [line],
  shown: line,
  cwd,
  code,
  isInterrupted,
  output: Buffer.from(output, "base64"),
});

/** A prompt waits for it: a node that is up answers in a few milliseconds. */
const PROMPT_MS = 500;
/** A swarm that cannot be asked is spoken of so often. */
const SILENT_MS = 10 * 60_000;

export const hostedShell = async (shell: Shell, given: string | undefined): Promise<ExitCode> => {
  const { dir, output, io, interrupt } = shell;
  const name = shellOf(given);
  if (name === undefined) return output.fail(noShell(given));
  if (!shell.interactive) return couldNot(shell, "herdmind shell needs a terminal: standard input, output and error.");
  if (process.env.HERDMIND_SHELL === ttyOf()) return couldNot(shell, "This is a shell of herdmind shell already.");
  interrupt[Symbol.dispose]();
  const memory = openMemory(dir);
  let saidAt = Number.NEGATIVE_INFINITY;
  /** What is being written down of the command before; the one after it may be its success. */
  let remembering: Promise<unknown> = Promise.resolve();

  const hasNews = async (line: EndedLine): Promise<boolean> => {
    if (!holdsPeer(dir)) return false;
    const ended = endedOf(line);
    await Promise.race([remembering, pause(PROMPT_MS, undefined, { ref: false })]);
    const before = line.line === "" ? undefined : await memory.find(ended.key, ended.cwd);
    if (ended.code === 0) return before !== undefined;
    const text = problemText(ended);
    if (text === undefined) return false;
    if (before?.applied !== undefined) return true;
    const asked = { text, limit: MAX_SHOWN };
    const answer = await askNode(socketPath(dir), "recall", asked, AbortSignal.timeout(PROMPT_MS)).catch(
      () => undefined,
    );
    if (answer?.ok === true) {
      if (answer.value.entries.length > 0) return true;
    } else if (performance.now() - saidAt > SILENT_MS) {
      // It starts the node, or says that it cannot.
      saidAt = performance.now();
      return true;
    }
    if (line.line !== "")
      remembering = note(ended, text)
        .then((noted) => remember(memory, ended, noted, []))
        .catch(() => undefined);
    return false;
  };
  const code = await hostShell(name, { streams: io, herdmind: callOf(dir), hasNews });
  return code === COULD_NOT ? couldNot(shell, `${name} could not be run in a terminal of its own here.`) : code;
};

/** The terminal that this process stands on. */
const ttyOf = (): string => spawnSync("tty", { stdio: ["inherit", "pipe", "ignore"], encoding: "utf8" }).stdout.trim();

const couldNot = ({ output }: Shell, message: string): ExitCode => {
  output.fail(refusedBy("unavailable", message));
  return COULD_NOT;
};

/** `herdmind after FILE`, called by a hosted shell between two prompts. */
export const after = async (shell: Shell, path: string | undefined): Promise<ExitCode> => {
  let ended: EndedCommand;
  try {
    ended = endedOf(JSON.parse(await readFile(path ?? "", "utf8")) as EndedLine);
    await rm(path ?? "");
  } catch {
    return shell.output.fail(wrongUsage("It is called by a shell of herdmind shell, with a file of its session."));
  }
  return (await afterCommand(shell, ended, {})) ? AGAIN : EXIT.ok;
};
