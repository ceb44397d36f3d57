/**
 * Names of agents, lent to the clients that are connected: of two windows of one assistant, which call themselves alike, the second one
 * is "name 2". A name is free again when its client has gone, so there are never more writers than clients were here at once.
 */

export interface NameLease extends Disposable {
  readonly as: string;
}

export interface NameLeases {
  /**
   * `before`: what this client was called by the node that ended meanwhile; it gets that again if nobody else has it. `undefined`: too many
   * clients are here.
   */
  take(name: string, before?: string): NameLease | undefined;
  readonly size: number;
}

/**
 * Names that are lent at once: the 256 sessions and 256 connections that a node serves over HTTP. A program that opens ever more
 * connections would make a writer for each of them.
 */
export const MAX_LEASES = 512;
/** Bytes of a name in the file of its key, as for any agent's name. */
const MAX_BYTES = 180;

const numbered = (name: string, number: number): string => {
  if (number === 1) return name;
  const characters = [...name];
  const ending = ` ${number}`;
  while (encodeURIComponent(characters.join("") + ending).length > MAX_BYTES) characters.pop();
  return characters.join("") + ending;
};

const isOneOf = (name: string, as: string): boolean => {
  const number = Number(/ (\d{1,3})$/.exec(as)?.[1] ?? 1);
  return number <= MAX_LEASES && numbered(name, number) === as;
};

export const createNameLeases = (): NameLeases => {
  const lent = new Set<string>();
  const lend = (as: string): NameLease => {
    lent.add(as);
    return { as, [Symbol.dispose]: () => void lent.delete(as) };
  };
  return {
    take(name, before) {
      if (lent.size >= MAX_LEASES) return undefined;
      if (before !== undefined && !lent.has(before) && isOneOf(name, before)) return lend(before);
      let number = 1;
      while (lent.has(numbered(name, number))) number += 1;
      return lend(numbered(name, number));
    },
    get size() {
      return lent.size;
    },
  };
};
