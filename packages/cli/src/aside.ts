/** What is said beside a command's own output: lines of ours on standard error, marked as such. */
import { styleText } from "node:util";
import type { Shell } from "./shell.js";

type Style = Parameters<typeof styleText>[0];

export interface Aside {
  say(line: string): void;
  paint(style: Style, text: string): string;
}

export const aside = ({ io: { stderr }, output: { json } }: Pick<Shell, "io" | "output">): Aside => {
  const paint = (style: Style, text: string): string => styleText(style, text, { stream: stderr });
  return {
    paint,
    say: (line) => {
      if (!json) stderr.write(`${paint("cyan", "herdmind")} ${line}\n`);
    },
  };
};
