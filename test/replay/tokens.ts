/** What an answer costs a language model to read. */
import type { RecalledEntry } from "herdmind";

/** Characters of English and of code in one token, roughly: an estimate, the same for every model. */
const CHARS_PER_TOKEN = 4;

/** Tokens of the entries as JSON, with what an agent needs of them. */
export const tokensOf = (entries: readonly RecalledEntry[]): number => {
  const shown = entries.map(({ title, discovery, mitigation, why }) => ({ title, discovery, mitigation, why }));
  return entries.length === 0 ? 0 : Math.ceil(JSON.stringify(shown).length / CHARS_PER_TOKEN);
};
