/**
 * Which texts are one sentence with other values in it: an online miner of templates. The masks know what a value looks like
 * (`masks.ts`); this learns from the texts themselves which words are values. A word is one when texts that agree in everything
 * else were seen with `VALUES` different words in its place: `root`, `ada`, `guest`, ... in `session opened for user ...`.
 * Fewer are kept apart: `interface up` and `interface down` are two sentences, however alike they are.
 *
 * What it knows is a closure over the set of texts it has seen, so that their order and repeats change nothing (up to its
 * bound): a shape is a text with its values masked; shapes that differ in one word form a family; a family with enough words
 * opens, and its shapes become one with a wider shape, which belongs to families of its own.
 *
 * A template is evidence that two texts say the same, never that two problems are one: codes (HTTP 429 and 404) are values here.
 */

/** Different words in one place from which on they are values. Measured on logs of eight systems: 6 to 8 give the same. */
const VALUES = 6;
/** Words that a shape must have besides the one in question: fewer are no sentence. */
const LEAST_WORDS = 3;
/** Tokens of a text that are looked at: the rest is data. */
const MAX_TOKENS = 64;
/** Characters of a text that are looked at, as for a fingerprint's line. */
const MAX_CHARS = 600;
/** Places of one shape that may be values: each costs a key of the length of the shape. */
const MAX_PLACES = 32;
/** Shapes that are remembered: whoever floods it with texts fills 25 MB, and then it learns nothing new. */
const MAX_SHAPES = 4096;
/** Different words that are remembered: each is one code unit of a key. */
const MAX_WORDS = 0xffff;

const VALUE = "<*>";
/** Stands for the place in the key of a family: the number of no word. */
const HOLE = "\u0000";
const TOKEN = /(?:<[a-z0-9-]{1,20}>|:\/\/|[\p{L}\p{N}_.$@/\\+#%&*!?'~^-]){1,600}|[^\s]/gu;
/** Between two values of a list. */
const LIST = new Set([",", ";", ":", "|", "/", "-", "~", "+", "#", ".", "&", "*", "\\"]);

/** A number, what a mask put in the place of one, a path of names. */
const isValue = (token: string): boolean =>
  /\d|<[a-z0-9-]{1,20}>|:\/\//.test(token) || (token.includes("/") && token.includes("."));

/** Neighbouring values, and values in a list, are one: how many there were is a value as well. */
const collapse = (tokens: readonly string[]): readonly string[] => {
  const out: string[] = [];
  for (const token of tokens) {
    if (token === VALUE && out.at(-1) === VALUE) continue;
    if (token === VALUE && out.length > 1 && LIST.has(out.at(-1) as string) && out.at(-2) === VALUE) out.pop();
    else out.push(token);
  }
  return out;
};

const shapeOf = (text: string): readonly string[] => {
  const tokens: string[] = [];
  for (const [token] of text.slice(0, MAX_CHARS).toLowerCase().matchAll(TOKEN)) {
    const word = isValue(token) ? VALUE : token.replace(/^[.'!?]{1,9}|[.'!?]{1,9}$/g, "");
    if (word !== "") tokens.push(word);
    if (tokens.length === MAX_TOKENS) break;
  }
  return collapse(tokens);
};

const isWord = (token: string): boolean => /\p{L}/u.test(token);

/** Shapes that differ in one place only. One with a single shape is kept as its number: nearly all are. */
interface Family {
  readonly words: Set<string>;
  readonly shapes: number[];
  /** The shape with a value in that place, once that place is known to hold values. */
  wide: number | undefined;
}

export interface Templates {
  /** Learns from a text with its values masked (`normaliseLine`). `false`: it is full, and learnt nothing. */
  add(text: string): boolean;
  /**
   * What a text says, with `<*>` for its values, as far as known now: equal for texts that are one sentence. A text that was
   * never added has the template that it fits, or is one of its own.
   */
  templateOf(text: string): string;
  /** Shapes that are remembered. */
  readonly size: number;
}

export const createTemplates = (): Templates => {
  const shapes: (readonly string[])[] = [];
  const byText = new Map<string, number>();
  const families = new Map<string, Family | number>();
  const numbers = new Map<string, number>();
  /** Union-find: the root of a group is its widest shape, and of equally wide ones the first by code units. */
  const parents: number[] = [];

  const rootOf = (shape: number): number => {
    let root = shape;
    while (parents[root] !== root) root = parents[root] as number;
    for (let at = shape; at !== root; ) {
      const next = parents[at] as number;
      parents[at] = root;
      at = next;
    }
    return root;
  };
  const textOf = (shape: number): string => (shapes[shape] as readonly string[]).join(" ");
  const wordsIn = (shape: number): number => (shapes[shape] as readonly string[]).filter(isWord).length;
  const isWider = (one: number, other: number): boolean => {
    const more = wordsIn(other) - wordsIn(one);
    return more > 0 || (more === 0 && textOf(one) < textOf(other));
  };
  const join = (a: number, b: number): void => {
    const [one, other] = [rootOf(a), rootOf(b)];
    if (one !== other) parents[isWider(one, other) ? other : one] = isWider(one, other) ? one : other;
  };

  const numberOf = (word: string): string => String.fromCharCode(numbers.get(word) ?? MAX_WORDS);

  /** The places of a shape that may hold values, each with the key of its family: a code unit for each token. */
  const placesOf = (shape: readonly string[]): readonly { readonly place: number; readonly key: string }[] => {
    const words = shape.filter(isWord).length;
    const coded = shape.map(numberOf).join("");
    const places = [...shape.keys()].filter((i) => shape[i] === VALUE || isWord(shape[i] as string));
    return places
      .slice(0, MAX_PLACES)
      .filter((place) => words - (shape[place] === VALUE ? 0 : 1) >= LEAST_WORDS)
      .map((place) => ({ place, key: coded.slice(0, place) + HOLE + coded.slice(place + 1) }));
  };

  const isOpen = ({ words }: Family): boolean => words.size >= VALUES || (words.size > 2 && words.has(VALUE));

  /** The family of a key with this shape in it; `undefined` while there is no other. */
  const enter = (key: string, place: number, shape: number): Family | undefined => {
    const held = families.get(key);
    if (held === undefined) {
      families.set(key, shape);
      return undefined;
    }
    let family: Family;
    if (typeof held === "number") {
      family = { words: new Set([shapes[held]?.[place] as string]), shapes: [held], wide: undefined };
      families.set(key, family);
    } else family = held;
    if (family.wide === undefined) {
      family.words.add(shapes[shape]?.[place] as string);
      family.shapes.push(shape);
    }
    return family;
  };

  /** Index of a shape, learnt if it is new. Calls itself for wider shapes only, which have fewer words. */
  const learn = (tokens: readonly string[]): number => {
    const text = tokens.join(" ");
    const known = byText.get(text);
    if (known !== undefined) return known;
    for (const token of tokens) if (!numbers.has(token)) numbers.set(token, numbers.size + 1);
    const shape = shapes.push(tokens) - 1;
    byText.set(text, shape);
    parents.push(shape);
    for (const { place, key } of placesOf(tokens)) {
      const family = enter(key, place, shape);
      if (family === undefined) continue;
      if (family.wide === undefined && isOpen(family)) {
        family.wide = learn(collapse(tokens.map((token, i) => (i === place ? VALUE : token))));
        for (const one of family.shapes.splice(0)) join(one, family.wide);
        family.words.clear();
      } else if (family.wide !== undefined) join(shape, family.wide);
    }
    return shape;
  };

  const isFull = (): boolean => shapes.length >= MAX_SHAPES || numbers.size + MAX_TOKENS >= MAX_WORDS;

  return {
    add(text) {
      const shape = shapeOf(text);
      if (isFull() && !byText.has(shape.join(" "))) return false;
      learn(shape);
      return true;
    },
    templateOf(text) {
      const shape = shapeOf(text);
      const known = byText.get(shape.join(" "));
      if (known !== undefined) return textOf(rootOf(known));
      for (const { key } of placesOf(shape)) {
        const family = families.get(key);
        if (typeof family === "object" && family.wide !== undefined) return textOf(rootOf(family.wide));
      }
      return shape.join(" ");
    },
    get size() {
      return shapes.length;
    },
  };
};
