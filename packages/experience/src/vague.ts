/**
 * Messages that name a kind of mistake and nothing of the program that made it: every program can fail with `list index out of
 * range`, and no remedy helps two of them. There the own frame, or the failed test, and what stands below are part of identity.
 */

/** The words of a normalised line, placeholders not counted. */
const WORD = /[a-z\u00aa-\uffff][a-z'\u00aa-\uffff]+/g;
const PLACEHOLDER = /<[\w-]{1,20}>/g;

export const words = (line: string): number => line.replace(PLACEHOLDER, " ").match(WORD)?.length ?? 0;

/** What assertion libraries say around the values that they compared. */
const ASSERTION = new Set(
  (
    "expect expected expects to be equal equals but was got want wanted actual received value values assert assertion asserts failed fails failure " +
    "error not deep deeply strictly strict loosely same identical left right true false truthy falsy null undefined none defined contain contains " +
    "include includes have has length of the that it is does do match matches throw thrown should toequal tobe in instead and or than greater less " +
    "least most called times call calls with nothing any something object array list is's test tests reference structure diff lists differ " +
    "type types instance instanceof empty close within approximately at more exactly once twice promise resolved rejected comparison equality an arrays"
  ).split(" "),
);

/** Sentences of runtimes about a mistake that any line of code can hold. What has run out (stack, memory, files) is none: more of it helps. */
const ANYWHERE = [
  /runtime error: .*/,
  /runtime error/,
  /invalid memory address or nil pointer dereference/,
  /(?:\w{1,20} )?index (?:<n> |\[<n>\] )?out of (?:range|bounds).*/,
  /(?:list|tuple|string|pop|bytearray|array) (?:assignment )?index (?:<n> )?out of (?:range|bounds).*/,
  /pop from (?:an )?empty .*/,
  /(?:integer |float )?(?:division|modulo|divide) (?:or modulo )?by zero.*/,
  /<value> object is not \w{1,20}/,
  /<value> object (?:does not support|cannot be) .*/,
  /cannot unpack non-iterable .*/,
  /(?:not enough|too many) values to unpack.*/,
  /attempt to (?:add|subtract|multiply|negate|divide|shift|calculate).{0,60} (?:overflow|zero)/,
  /called <value> on an? <value> value/,
  /called <value> on an? 'none' value/,
  /test timed out.*/,
  /exceeded timeout of .*/,
  /timeout of <duration> exceeded.*/,
  /no value present/,
  /no such element/,
  /null pointer.*/,
  /segmentation fault/,
  /object reference not set to an instance of an object\.?/,
  /index was outside the bounds of the array\.?/,
  /unknown error/,
  /an error occurred/,
  /something went wrong/,
  /internal error/,
  /unhandled exception/,
  /killed/,
  /aborted/,
  /concurrent map (?:read and map write|writes)/,
  /interrupted/,
  /closed/,
  /already closed/,
  /not implemented/,
  /todo/, // what people let a panic say for now
  /unreachable/,
  /entered unreachable code/,
  /explicit panic/,
  /unexpectedly found nil while .*/,
];

const isAnywhere = new RegExp(`^(?:${ANYWHERE.map(({ source }) => source).join("|")})$`);

/** Whether a normalised message says nothing by which one program's problem could be told from another's. */
export const isVague = (line: string): boolean => {
  const text = line.replace(PLACEHOLDER, " ");
  // Not matchAll, which compiles the pattern anew: nearly always the first word decides.
  WORD.lastIndex = 0;
  for (let found = WORD.exec(text); found !== null; found = WORD.exec(text))
    if (!ASSERTION.has(found[0])) return isAnywhere.test(line);
  return true;
};
