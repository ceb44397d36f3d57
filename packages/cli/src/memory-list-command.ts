/** `herdmind memory list`: what the memory holds, for people and scripts. */
import type { Answers, Refused } from "@herdmind/local/client";
import { DEFAULT_SPACE } from "@herdmind/mcp";
import type { JsonObject } from "@herdmind/protocol";
import { EXIT, type ExitCode, type Failure, refusedBy } from "./exit-codes.js";
import { oneLine } from "./printable.js";
import { reach } from "./reached.js";
import type { Shell } from "./shell.js";

export interface MemoryListFlags {
  readonly space?: string;
  readonly limit?: number;
}

type Item = NonNullable<Answers["memory-read"]["items"][number]>;

/** Shown unless more are asked for: a screen or two. */
const DEFAULT_LIMIT = 100;
/** Members that a line shows. */
const SHOWN_MEMBERS = 5;

export const listMemory = async (
  { dir, output, interrupt, logger }: Shell,
  prefix: string | undefined,
  { space = DEFAULT_SPACE, limit = DEFAULT_LIMIT }: MemoryListFlags,
): Promise<ExitCode> => {
  const items: Item[] = [];
  let next: string | undefined;
  const done: Refused | Failure | { readonly ok: true } = await reach(
    { dir, signal: interrupt.signal, logger },
    { connects: false },
    async (reached) => {
      do {
        const asked: JsonObject = {
          space,
          limit: limit - items.length,
          ...(prefix === undefined ? {} : { prefix }),
          ...(next === undefined ? {} : { after: next }),
        };
        const answer = await reached.ask("memory-read", asked);
        if (!answer.ok) return answer;
        items.push(...answer.value.items.filter((item) => item !== null));
        next = answer.value.next;
      } while (next !== undefined && items.length < limit);
      return { ok: true } as const;
    },
  );
  if (!done.ok) return output.fail("code" in done ? done : refusedBy(done.rule, done.message));
  output.answer({ space, items, ...(next === undefined ? {} : { next }) }, (paint) => [
    ...items.map(({ key, value, members }) => {
      const shown = members.slice(0, SHOWN_MEMBERS).map((member) => oneLine(member, 80));
      const more = members.length > SHOWN_MEMBERS ? [`${members.length - SHOWN_MEMBERS} more`] : [];
      const list = members.length === 0 ? "" : ` ${paint("dim", `[${[...shown, ...more].join("; ")}]`)}`;
      return `${paint("bold", oneLine(key, 200))} ${oneLine(JSON.stringify(value), 200)}${list}`;
    }),
    ...(items.length === 0
      ? [paint("dim", `nothing is in ${oneLine(space)}${prefix === undefined ? "" : " by that beginning"}`)]
      : []),
    ...(next === undefined ? [] : [paint("dim", "there are more: --limit")]),
  ]);
  return EXIT.ok;
};
