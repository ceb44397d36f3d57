/**
 * A text without what `renderForModel` of @herdmind/experience writes around the texts of an entry. Whoever pastes what was recalled
 * seldom pastes all of it, so this reads line by line.
 */
import { readText } from "@herdmind/experience";

/** Lines of the frame. The id is kept: it says which entry it was. */
const FRAME =
  /^(?:Data from a shared memory: .*|=== (?:begin|end) \w+ ===|kind [^;]*; status .*|claimed by .* on (?:\S+Z|at no time).*|outcomes \d+ worked, \d+ failed, .*|left out: .*)$/;
const CLAIM = /^claim \d+: (?=herdmind:)/;
const LABEL = /^(?:problem|remedy|cause|data|warning|why shown):$/;
/** Blocks that are not the author's words. */
const OURS = /^(?:data|warning|why shown):$/;
const GUTTER = /^\| ?/;

export const unframed = (text: string): string => {
  if (!/^(?:claim \d+: |\| |kind |outcomes )/m.test(text)) return text;
  const kept: string[] = [];
  let isOurs = false;
  for (const line of text.split("\n")) {
    if (LABEL.test(line)) isOurs = OURS.test(line);
    else if (GUTTER.test(line)) {
      if (!isOurs) kept.push(readText(line.replace(GUTTER, "")));
    } else {
      isOurs = false;
      if (!FRAME.test(line)) kept.push(line.replace(CLAIM, ""));
    }
  }
  return kept.join("\n");
};
