/**
 * What happens when a command has ended: on failure what is known, on success after a failure what solved it. It is said on standard error,
 * because standard output is the command's, and changes nothing of how the command ended.
 */
import { type Memory, openMemory, type Remembered, takeSnapshot } from "@herdmind/shell";
import { aside } from "./aside.js";
import { holdsPeer, noPeerIn } from "./asking.js";
import { type EndedCommand, problemText } from "./ended-command.js";
import { isSameProblem, type KnownEntry, knownOf, offer, showKnown } from "./known-failure.js";
import { jsonLine, oneLine } from "./printable.js";
import { askLine } from "./prompts.js";
import type { Shell } from "./shell.js";
import { type Telling, tellOutcome, tellSolved } from "./solved-failure.js";

/** Whether a person wants it run again. */
export const afterCommand = async (shell: Shell, ended: EndedCommand, telling: Telling): Promise<boolean> => {
  const memory = openMemory(shell.dir);
  const before = holdsPeer(shell.dir) ? await memory.find(ended.key, ended.cwd) : undefined;
  try {
    if (ended.code === 0) {
      await afterSuccess(shell, ended, memory, before, telling);
      return false;
    }
    return await afterFailure(shell, ended, memory, before, telling);
  } catch (error) {
    // Ctrl-C at a question, or while the node was asked: that was all.
    if (shell.interrupt.code !== undefined || (error instanceof Error && error.name === "ExitPromptError"))
      return false;
    throw error;
  }
};

const afterSuccess = async (
  shell: Shell,
  ended: EndedCommand,
  memory: Memory,
  before: Remembered | undefined,
  telling: Telling,
): Promise<void> => {
  const { say } = aside(shell);
  let reported: string | undefined;
  if (before === undefined) {
    if (telling.report !== undefined) say("no failure of this command is remembered here, so nothing was reported.");
  } else if (before.applied !== undefined && telling.report === undefined) {
    await memory.forget(ended.key, ended.cwd);
    if (await tellOutcome(shell, before.applied, true, telling.as))
      say("it works: told the swarm that the remedy worked.");
  } else if (shell.interactive || telling.report !== undefined) {
    // First, because whoever is asked once and says no is not asked again.
    await memory.forget(ended.key, ended.cwd);
    reported = await tellSolved(shell, ended, before, telling);
    // Nobody was asked, so nobody said no: it can be told with the next success.
    if (reported === undefined && telling.report !== undefined) await memory.keep(ended.key, ended.cwd, before);
  }
  if (shell.output.json) shell.io.stderr.write(`${jsonLine({ code: 0, reported: reported ?? null })}\n`);
};

const afterFailure = async (
  shell: Shell,
  ended: EndedCommand,
  memory: Memory,
  before: Remembered | undefined,
  { as }: Telling,
): Promise<boolean> => {
  const { say } = aside(shell);
  const { json } = shell.output;
  const tellJson = (entries: readonly KnownEntry[], why?: string): void => {
    const document = { code: ended.code, known: entries, ...(why === undefined ? {} : { unavailable: why }) };
    if (json) shell.io.stderr.write(`${jsonLine(document)}\n`);
  };
  const text = problemText(ended);
  if (text === undefined) {
    tellJson([]);
    return false;
  }
  const unavailable = (message: string): false => {
    if (shell.interrupt.code === undefined) say(`the swarm could not be asked: ${oneLine(message, 300)}`);
    tellJson([], message);
    return false;
  };
  if (!holdsPeer(shell.dir)) return unavailable(noPeerIn(shell.dir).message);
  const [answer, noted] = await Promise.all([knownOf(shell, text), note(ended, text)]);
  if (!answer.ok) {
    await remember(memory, ended, noted, []);
    return unavailable(answer.message);
  }
  const failed = before?.applied;
  if (failed !== undefined && (await isSameProblem(shell, before?.text ?? "", text))) {
    if (await tellOutcome(shell, failed, false, as))
      say("it still fails: told the swarm that the remedy did not work.");
  }
  const entries = answer.known.entries.filter(({ id }) => id !== failed);
  if (entries.length > 0) showKnown(shell, entries);
  tellJson(entries);
  const failure = await remember(memory, ended, noted, entries);
  if (!shell.interactive) return false;
  const applied = await offer(shell, entries);
  if (applied === undefined) return false;
  if (applied.code === 0) await memory.keep(ended.key, ended.cwd, { ...failure, applied: applied.entry.id });
  const said = await askLine(shell, `Run ${oneLine(ended.shown, 120)} again? [Y/n]`);
  return /^y?(?:es)?$/i.test(said.trim());
};

type Note = Pick<Remembered, "at" | "code" | "text" | "snapshot">;

/** What there is to keep of a failure: without its secrets, and how the work tree stood. */
export const note = async ({ cwd, code }: EndedCommand, text: string): Promise<Note> => {
  const [{ redact }, snapshot] = await Promise.all([import("herdmind"), takeSnapshot(cwd)]);
  const clean = (await redact(text)).value;
  return { at: Date.now(), code, text: clean, ...(snapshot === undefined ? {} : { snapshot }) };
};

/** Keeps a failure for when the command works again. */
export const remember = async (
  memory: Memory,
  { key, cwd }: EndedCommand,
  noted: Note,
  entries: readonly KnownEntry[],
): Promise<Remembered> => {
  const shown = entries.map(({ id, mitigation }) => ({ id, text: oneLine(mitigation.text, 200) }));
  const failure = { ...noted, shown };
  await memory.keep(key, cwd, failure);
  return failure;
};
