/** `herdmind install --list`: the assistants that are known, what of them is on this machine, and how far herdmind is installed there. */
import { type Launch, listTargets, type Places } from "@herdmind/install";
import { EXIT, type ExitCode } from "./exit-codes.js";
import { rows } from "./output.js";
import { oneLine } from "./printable.js";
import type { Shell } from "./shell.js";

const COLOUR = { installed: "green", differs: "yellow", partly: "yellow", absent: "dim", broken: "red" } as const;

export const showTargets = async ({ output }: Shell, places: Places, launch: Launch): Promise<ExitCode> => {
  const targets = await listTargets(places, launch);
  output.answer({ targets }, (paint) =>
    rows(
      paint,
      targets.flatMap(({ target, title, isFound, scopes }) => [
        [target, `${title}${isFound ? "" : paint("dim", " (not found here)")}`] as const,
        ...scopes.map(({ scope, state, files, faults }) => {
          const places = [...new Set(files.map(({ file }) => oneLine(file)))].join(", ");
          const broken = faults.map(({ file, line, reason }) => oneLine(`${file}:${line ?? 1}: ${reason}`)).join("; ");
          return [
            "",
            `${scope.padEnd(8)}${paint(COLOUR[state], state.padEnd(10))}${broken === "" ? paint("dim", places) : broken}`,
          ] as const;
        }),
      ]),
    ),
  );
  return EXIT.ok;
};
