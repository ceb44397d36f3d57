/** Applies the mask table to a line: linear time, no locale, the same on every platform. */
import { KEEP, MAX_LINE_CHARS, type Mask, type Need } from "./mask.js";
import { masks } from "./masks.js";

// Shielded characters move to a private use area, where no mask matches; input that is already there is replaced first.
const SHIELD = 0xe000;
const PRIVATE = /[\ue000-\uf8ff]/g;
const SHIELDED = /[\ue000-\ue7ff]/g;
const LONE_SURROGATE = /\p{Surrogate}/gu;

const shield = (text: string): string => {
  let out = "";
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    out += code < 0x800 ? String.fromCharCode(SHIELD + code) : text[i];
  }
  return out;
};
const unshield = (text: string): string =>
  text.replace(SHIELDED, (character) => String.fromCharCode(character.charCodeAt(0) - SHIELD));

const shieldMatch = (match: string, ...rest: readonly unknown[]): string => {
  // Arguments of a replacer: the groups, then the offset and the whole text.
  const groups = rest.slice(
    0,
    rest.findIndex((value) => typeof value === "number"),
  ) as readonly (string | undefined)[];
  let out = "";
  let from = 0;
  for (const group of groups) {
    if (group === undefined || group === "") continue;
    const at = match.indexOf(group, from);
    out += match.slice(from, at) + shield(group);
    from = at + group.length;
  }
  return out + match.slice(from);
};

const apply = (line: string, mask: Mask): string =>
  mask.replacement === KEEP ? line.replace(mask.pattern, shieldMatch) : line.replace(mask.pattern, mask.replacement);

const BIT: { readonly [need in Need]: number } = {
  digit: 1,
  quote: 2,
  slash: 4,
  colon: 8,
  at: 16,
  escape: 32,
  dot: 64,
  equals: 128,
  dash: 256,
  run: 512,
  "long-run": 1024,
  domain: 2048,
  pairs: 4096,
  angle: 8192,
  capital: 1 << 14,
  port: 1 << 15,
  colons: 1 << 16,
  localhost: 1 << 17,
};
const ALL = 0x3fffffff;
/** Part of a run: letters, digits, dashes. */
const RUN = 1 << 29;
/** Every line has it. */
const SOMETHING = 1 << 28;
/** What may come into a line with a replacement, or by what a replacement brings together. */
const LATE = BIT.angle | BIT.capital | BIT.port | BIT.colons | BIT.localhost;
const BIT_BY_CODE = new Int32Array(128);
for (let code = 48; code < 58; code++) BIT_BY_CODE[code] = BIT.digit | RUN;
for (let code = 65; code < 91; code++) {
  BIT_BY_CODE[code] = BIT.capital | RUN;
  BIT_BY_CODE[code + 32] = RUN;
}
for (const quote of "'\"`") BIT_BY_CODE[quote.charCodeAt(0)] = BIT.quote;
BIT_BY_CODE[0x2f] = BIT_BY_CODE[0x5c] = BIT.slash;
BIT_BY_CODE[0x3a] = BIT.colon;
BIT_BY_CODE[0x3c] = BIT.angle;
BIT_BY_CODE[0x40] = BIT.at;
BIT_BY_CODE[0x2e] = BIT.dot;
BIT_BY_CODE[0x1b] = BIT.escape;
BIT_BY_CODE[0x3d] = BIT.equals;
BIT_BY_CODE[0x2d] = BIT_BY_CODE[0x5f] = BIT.dash | RUN;

const isLower = (code: number): boolean => code >= 97 && code <= 122;
const isDigit = (code: number): boolean => code >= 48 && code <= 57;
/** `h`, of either case, behind `l`. */
const H = 0x68;
const L = 0x6c;
const SMALL = 0x20;
const OPEN_BRACKET = 0x5b;

/** Which kinds of characters a line has. Beyond ASCII, and with escapes to be removed, it may turn out to have any. */
const kindsOf = (line: string): number => {
  let bits = 0;
  let run = 0;
  let digitAt = -1;
  let pairs = 0;
  let pairAt = -9;
  let colonAt = -9;
  for (let i = 0; i < line.length; i++) {
    const code = line.charCodeAt(i);
    const kind = code < 128 ? (BIT_BY_CODE[code] as number) : ALL;
    if (kind === ALL || kind === BIT.escape) return ALL;
    if ((kind & RUN) === 0) {
      run = 0;
      if (kind === BIT.colon) {
        if (i - colonAt <= 5) bits |= BIT.colons;
        colonAt = i;
        if (isDigit(line.charCodeAt(i + 1))) bits |= BIT.port;
      } else if (code === OPEN_BRACKET) colonAt = i;
    } else {
      run += 1;
      if ((code | SMALL) === H && (line.charCodeAt(i - 1) | SMALL) === L) bits |= BIT.localhost;
      if ((kind & BIT.digit) !== 0) digitAt = i;
      if (run >= 7 && digitAt > i - run) bits |= run >= 16 ? BIT.run | BIT["long-run"] : BIT.run;
    }
    if (kind === BIT.dot && isLower(line.charCodeAt(i + 1)) && isLower(line.charCodeAt(i + 2))) bits |= BIT.domain;
    else if ((kind & (BIT.colon | BIT.dash)) !== 0) {
      pairs = i - pairAt > 3 ? 1 : pairs + 1;
      pairAt = i;
      if (pairs === 5) bits |= BIT.pairs;
    }
    bits |= kind;
  }
  return bits;
};

/** A mask, and what a line must have for it. */
interface Step {
  readonly mask: Mask;
  readonly needs: number;
}

const stepsOf = (table: readonly Mask[]): readonly Step[] =>
  table.map((mask) => ({
    mask,
    needs: mask.needs === undefined ? ALL : [mask.needs].flat().reduce((bits, need) => bits | BIT[need], 0),
  }));

/** White space that is not one space already. Not \s: a byte order mark counts as white space in JavaScript, and it is a cause. */
const SPACE = /[\t\n\v\f\r \u00a0\u2028\u2029]{2,}|[\t\n\v\f\r\u00a0\u2028\u2029]/g;

const take = (text: string, steps: readonly Step[]): string => {
  let line = text.length > MAX_LINE_CHARS ? text.slice(0, MAX_LINE_CHARS) : text;
  let kinds = kindsOf(line);
  // ASCII is well-formed, in NFC and free of private use as it is.
  if (kinds === ALL) line = line.normalize("NFC").replace(PRIVATE, "\ufffd").replace(LONE_SURROGATE, "\ufffd");
  // A line has at least one kind, so that what needs nothing is always tried.
  else kinds |= SOMETHING;
  let isShielded = false;
  for (const { mask, needs } of steps) {
    if ((kinds & needs) === 0) continue;
    const before = line;
    line = apply(line, mask);
    if (line === before) continue;
    kinds |= LATE;
    if (mask.replacement === KEEP) isShielded = true;
  }
  if (isShielded) line = unshield(line);
  line = line.replace(SPACE, " ").toLowerCase();
  const start = line.startsWith(" ") ? 1 : 0;
  return line.slice(start, line.endsWith(" ") ? Math.max(start, line.length - 1) : line.length);
};

/** Applies a table of masks to a line. */
export const maskLine = (text: string, table: readonly Mask[]): string => take(text, stepsOf(table));

const identitySteps = stepsOf(masks);
const searchSteps = stepsOf(masks.filter((mask) => mask.identityOnly !== true));

/** A line with everything masked that differs between two occurrences: part of a problem's identity. */
export const normaliseLine = (line: string): string => take(line, identitySteps);

/** A line with random values masked and names kept: what similarity search reads. */
export const searchLine = (line: string): string => take(line, searchSteps);
