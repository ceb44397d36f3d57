/** Words of a text for similarity search: the same on every platform, placeholders and noise left out. */

/** Words that every failure is full of. They find everything, so they find nothing. */
const STOP = new Set(
  "a an and are as at be been but by can could did do does for from had has have if in into is it its more no not of on or so than that the their then there this to was were what when which while will with would you your error errors failed failure exception caused".split(
    " ",
  ),
);

/** Words of one text that count: what is beyond is data. */
const MAX_TERMS = 64;

const WORD = /[a-z0-9_$\u00aa-\uffff]{2,60}/g;
/** A package in a version (`coordinates.ts`), on a line of its own: its parts are common, the whole is not. */
const COORDINATE = /^[^\s<>]{1,119}@\d[\w.+-]{1,60}$/gm;

export const isCoordinate = (term: string): boolean => term.includes("@");

/**
 * Distinct words of a text that is already normalised: coordinates, then the others in order of first appearance. Numbers that
 * survived normalisation are words: a status, an exit code.
 */
export const termsOf = (text: string): readonly string[] => {
  const terms = new Set<string>();
  let words = text;
  if (text.includes("@")) {
    for (const [coordinate] of text.matchAll(COORDINATE)) {
      if (terms.size < MAX_TERMS) terms.add(coordinate);
    }
    words = text.replace(COORDINATE, " ");
  }
  for (const [word] of words.replace(/<[a-z0-9-]{1,20}>/g, " ").matchAll(WORD)) {
    if (terms.size >= MAX_TERMS) break;
    if (!STOP.has(word)) terms.add(word);
  }
  return [...terms];
};

/** Symbolic codes, statuses and compiler codes, in lower case. */
const CODE =
  /^(?:err_\w+|hpe_\w+|und_err_\w+|\w+_cert\w*|cert_\w+|ts\d{3,5}|e\d{4}|[1-5]\d\d|e(?:acces|addrinuse|addrnotavail|again|ai_again|badf|busy|connaborted|connrefused|connreset|exist|fbig|hostunreach|inval|io|isdir|loop|mfile|nametoolong|netunreach|nfile|nobufs|noent|noexec|nomem|nospc|notconn|notdir|notempty|notfound|notsup|perm|pipe|proto|rofs|srch|timedout|txtbsy|xdev|2big|resolve|404|401|403))$/;

/**
 * Two texts that both carry codes, and none in common, are about different problems however alike their words are:
 * `answered HTTP 429` and `answered HTTP 401`.
 */
export const codesDiffer = (a: readonly string[], b: readonly string[]): boolean => {
  const codes = a.filter((term) => CODE.test(term));
  if (codes.length === 0) return false;
  const others = b.filter((term) => CODE.test(term));
  return others.length > 0 && !codes.some((code) => others.includes(code));
};
