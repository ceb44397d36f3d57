/** Everything that a simulation decides by chance comes from here: equal seeds give equal numbers. */

export interface Random {
  /** 0 (inclusive) to 1 (exclusive). */
  next(): number;
  /** An integer, both ends inclusive. */
  integer(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  bytes(length: number): Uint8Array;
  /** Another sequence, of its own: what is drawn from it does not move this one. */
  fork(label: string): Random;
}

/** `label` separates sequences of one seed. */
export const createRandom = (seed: number, label = ""): Random => {
  let state = seed >>> 0;
  for (const character of `${Math.floor(seed / 2 ** 32)}/${label}`)
    state = Math.imul(state ^ character.charCodeAt(0), 16777619) >>> 0;
  // Mulberry32: 32 bits of state are enough for some thousand draws, and it is four lines.
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return {
    next,
    integer,
    chance: (probability) => next() < probability,
    pick: (list) => {
      if (list.length === 0) throw new Error("nothing to pick from");
      return list[integer(0, list.length - 1)] as (typeof list)[number];
    },
    bytes: (length) => Uint8Array.from({ length }, () => integer(0, 255)),
    fork: (more) => createRandom(seed, `${label}/${more}`),
  };
};
