/** The form of words that are identity by themselves. Light: whoever compares names needs none of the tables. */
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** Words for people and for fields that are identity by themselves (an interface, an approach): only form is normalised. */
export const normaliseWords = (text: string): string => {
  const line = text
    .normalize("NFC")
    .replace(LONE_SURROGATE, "\ufffd")
    .replace(/[\s\u200b]+/g, " ")
    .toLowerCase();
  // By hand: /[ .]+$/ is quadratic on a long run of dots that does not end the text.
  let end = line.length;
  while (end > 0 && " .!;,".includes(line[end - 1] as string)) end--;
  return line.slice(line[0] === " " ? 1 : 0, Math.max(end, 0));
};
