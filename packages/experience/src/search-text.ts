/** What similarity search reads of a problem. */
import { searchLine } from "./normalise.js";

/** Characters of the text for search: enough for any cause, a twentieth of what a record may hold. */
const MAX_SEARCH_CHARS = 1200;

/** Text for search: the lines that matter, each normalised but with its names. */
export const searchTextOf = (lines: readonly string[]): string => {
  const parts: string[] = [];
  let length = 0;
  for (const line of new Set(lines.map(searchLine))) {
    if (line === "") continue;
    if (length + line.length > MAX_SEARCH_CHARS) break;
    parts.push(line);
    length += line.length + 1;
  }
  return parts.join("\n");
};
