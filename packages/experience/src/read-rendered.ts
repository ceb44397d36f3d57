/** Recognises text that `renderForModel` made, and reads it again. */
import { type EntryId, isEntryId } from "@herdmind/protocol";
import { end, GUTTER } from "./render.js";
import { readText } from "./shown-text.js";

/** An entry as it was rendered: times to the millisecond, confidence to two digits, the author's first 12 characters. */
export interface RenderedEntry {
  readonly id: string;
  readonly type: string;
  readonly status: string;
  readonly unconfirmed: boolean;
  readonly author: string;
  readonly at: string;
  readonly worked: number;
  readonly failed: number;
  readonly independent: number;
  readonly confidence: number;
  readonly texts: { readonly [label: string]: string };
}

const HEAD = /^claim \d+: herdmind:(?<id>[\w-]+)$/;
const KIND = /^kind (?<type>[^;]*); status (?<status>[^;]*)(?<unconfirmed>; unconfirmed)?$/;
const AUTHOR = /^claimed by (?<author>.*?) on (?<at>\S+Z|at no time)(?: \(.*\))?$/;
const OUTCOMES =
  /^outcomes (?<worked>\d+) worked, (?<failed>\d+) failed, (?<independent>\d+) independent; confidence (?<confidence>[\d.]+)$/;

/** Reads a rendered text again; `undefined` when it is none. */
export const readRendered = (text: string): readonly RenderedEntry[] | undefined => {
  const lines = text.split("\n");
  const mark = /^=== begin (\w+) ===$/.exec(lines[1] ?? "")?.[1];
  const last = mark === undefined ? -1 : lines.indexOf(end(mark));
  if (last !== lines.length - 1) return undefined;
  const entries: RenderedEntry[] = [];
  let at = 2;
  const next = (pattern: RegExp): { readonly [name: string]: string | undefined } | undefined =>
    pattern.exec(lines[at++] ?? "")?.groups;
  while (at < last && !lines[at]?.startsWith("left out: ")) {
    const [head, kind, claimed, outcomes] = [next(HEAD), next(KIND), next(AUTHOR), next(OUTCOMES)];
    if (head === undefined || kind === undefined || claimed === undefined || outcomes === undefined) return undefined;
    const texts: { [label: string]: string } = {};
    while (at < last && /^[a-z ]+:$/.test(lines[at] ?? "")) {
      const label = (lines[at++] as string).slice(0, -1);
      const own: string[] = [];
      while (lines[at]?.startsWith(GUTTER)) own.push((lines[at++] as string).slice(GUTTER.length));
      texts[label] = readText(own.join("\n"));
    }
    entries.push({
      id: head["id"] as string,
      type: readText(kind["type"] as string),
      status: readText(kind["status"] as string),
      unconfirmed: kind["unconfirmed"] !== undefined,
      author: readText(claimed["author"] as string),
      at: claimed["at"] as string,
      worked: Number(outcomes["worked"]),
      failed: Number(outcomes["failed"]),
      independent: Number(outcomes["independent"]),
      confidence: Number(outcomes["confidence"]),
      texts,
    });
  }
  return entries;
};

/** Ids looked for in one text: more would be the work of somebody who wants work done. */
const MAX_IDS = 100;

/**
 * Ids of entries that were rendered into this text: whoever reports such a text quotes what was known. A hint, because anybody can
 * write an id; in the text of an entry it is never rendered so that it would be found here.
 */
export const renderedIdsIn = (text: string): readonly EntryId[] => {
  const ids = new Set<EntryId>();
  for (const [, id] of text.matchAll(/\bherdmind:([\w-]{43})(?![\w-])/g)) {
    if (isEntryId(id)) ids.add(id);
    if (ids.size >= MAX_IDS) break;
  }
  return [...ids];
};
