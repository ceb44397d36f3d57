/** `herdmind alias`: which problems are held to be one, and an operator's word on it. */
import type { Answers } from "@herdmind/local/client";
import type { JsonObject } from "@herdmind/protocol";
import { askShell, toFailure } from "./agent-commands.js";
import { EXIT, type ExitCode, type Failure, wrongUsage } from "./exit-codes.js";
import { rows } from "./output.js";
import { oneLine } from "./printable.js";
import type { Shell } from "./shell.js";
import { isFailure } from "./standard-input.js";

export interface AliasFlags {
  readonly reason?: string;
  readonly undo?: boolean;
}

const aliasInput = (
  from: string | undefined,
  to: string | undefined,
  { reason, undo }: AliasFlags,
): JsonObject | Failure => {
  if (from === undefined)
    return reason === undefined && undo === undefined
      ? {}
      : wrongUsage("Name two problems: herdmind alias FROM TO --reason TEXT.");
  if (to === undefined) return wrongUsage("Name the other problem as well: herdmind alias FROM TO --reason TEXT.");
  if (reason === undefined || reason.trim() === "")
    return wrongUsage("Say why, with --reason: it stands in canon, for everybody who asks later.");
  return { set: { from, to, reason, ...(undo === true ? { undo } : {}) } };
};

export const alias = async (
  shell: Shell,
  [from, to]: readonly (string | undefined)[],
  flags: AliasFlags,
): Promise<ExitCode> => {
  const { output } = shell;
  const input = aliasInput(from, to, flags);
  if (isFailure(input)) return output.fail(input);
  const answer = await askShell(shell, "alias", input);
  if (!answer.ok) return output.fail(toFailure(answer));
  const value = answer.value as Answers["alias"];
  output.answer(value, (paint) =>
    value.aliases.length === 0
      ? ["No aliases: each fingerprint is a problem of its own."]
      : rows(
          paint,
          value.aliases.map((one) => [
            oneLine(one.from),
            `${one.from === one.to ? "apart" : oneLine(one.to)}, ${oneLine(one.reason)}`,
          ]),
        ),
  );
  return EXIT.ok;
};
