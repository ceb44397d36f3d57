/** Asking a person for what is missing. Questions go to stderr: stdout is for the answer. */
import { setTimeout as pause } from "node:timers/promises";
import type { ReadStream } from "node:tty";
import type { Shell } from "./shell.js";

type Prompts = typeof import("@inquirer/prompts");

const asking = async <T>(
  { interrupt, io }: Shell,
  question: (prompts: Prompts, context: object) => Promise<T>,
): Promise<T> =>
  // Loaded here, because most calls never ask and all of them would wait for it.
  question(await import("@inquirer/prompts"), {
    input: io.stdin,
    output: io.stderr,
    signal: interrupt.signal,
    clearPromptOnDone: false,
  });

export const askText = (shell: Shell, message: string): Promise<string> =>
  asking(shell, ({ input }, context) => input({ message, required: true }, context));

export const askOptionalText = (shell: Shell, message: string): Promise<string | undefined> =>
  asking(
    shell,
    async ({ input }, context) => (await input({ message: `${message} (may stay empty)` }, context)) || undefined,
  );

/** Longer than it takes to read what has been typed already. */
const TYPED_MS = 50;

/**
 * Throws away what was typed before a question stands there: a key that was meant for something else must not say yes to it. On a
 * terminal only.
 */
const forgetTyped = async ({ io: { stdin } }: Shell): Promise<void> => {
  const { setRawMode } = stdin as Partial<ReadStream>;
  if (setRawMode === undefined) return;
  const forget = (): void => undefined;
  // Otherwise a line that is not finished would wait for its end, which is the answer's.
  setRawMode.call(stdin, true);
  stdin.on("data", forget);
  await pause(TYPED_MS);
  stdin.off("data", forget);
  stdin.pause();
  setRawMode.call(stdin, false);
};

/** One line, which may stay empty; `draft` can be edited. Asked unexpectedly, when a command has ended. */
export const askLine = async (shell: Shell, message: string, draft?: string): Promise<string> => {
  await forgetTyped(shell);
  return asking(shell, ({ input }, context) =>
    input({ message, ...(draft === undefined ? {} : { default: draft, prefill: "editable" as const }) }, context),
  );
};

export const askYesNo = (shell: Shell, message: string): Promise<boolean> =>
  asking(shell, ({ select }, context) =>
    select(
      {
        message,
        choices: [
          { name: "it worked", value: true },
          { name: "it failed", value: false },
        ],
      },
      context,
    ),
  );

export const askConfirm = (shell: Shell, message: string): Promise<boolean> =>
  asking(shell, ({ confirm }, context) => confirm({ message, default: false }, context));

/** A ticket is a secret: it is not shown while it is typed. */
export const askSecret = (shell: Shell, message: string): Promise<string> =>
  asking(shell, ({ password }, context) => password({ message, mask: true }, context));
