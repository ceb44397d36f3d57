/**
 * The entries of a view in canon's order, to be filtered, sorted and shown page by page. An order that was made is kept until canon
 * says something new: a reader who turns pages causes one scan, not one for each page.
 */
import { confidenceOf, type Entry, type Status, type View } from "@herdmind/experience";

export interface EntryFilter {
  readonly text?: string | undefined;
  readonly status?: string | undefined;
  readonly type?: string | undefined;
  readonly domain?: string | undefined;
  readonly author?: string | undefined;
}

/** `tried`: by how many told how it went. */
export type EntrySort = "newest" | "oldest" | "confidence" | "worked" | "failed" | "tried";

/** Asked after every few entries; what it gives is waited for. */
export type Rest = () => Promise<void> | undefined;

export interface EntryTable {
  readonly view: View;
  /** In canon's order. */
  readonly entries: readonly Entry[];
  /** Values of all entries, at most `MAX_LISTED` each, those with most entries. */
  types(): readonly string[];
  domains(): readonly string[];
  /** To be called with each new entry. */
  add(entry: Entry): void;
  /** To be called when canon said something about an entry. */
  touch(): void;
  page(
    filter: EntryFilter,
    sort: EntrySort,
    range: { readonly offset: number; readonly limit: number },
    rest: Rest,
  ): Promise<{ readonly total: number; readonly rows: readonly Entry[] }>;
}

/** Values in a list that somebody picks from: more would not be read. */
const MAX_LISTED = 100;
/** Different values that are counted: whoever invents a new domain for each entry must not fill the memory. */
const MAX_COUNTED = 10_000;
/** Orders that are kept, of 4 bytes an entry: a reader goes back and forth between a few. */
const MAX_ORDERS = 8;
/** Entries between two looks at the clock: some 100 us of work. */
const STRIDE = 256;

const createCounts = () => {
  const counts = new Map<string, number>();
  return {
    add(value: string): void {
      const known = counts.get(value);
      if (known !== undefined || counts.size < MAX_COUNTED) counts.set(value, (known ?? 0) + 1);
    },
    most: (): readonly string[] =>
      [...counts]
        .sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1))
        .slice(0, MAX_LISTED)
        .map(([value]) => value)
        .sort(),
  };
};

const textOf = ({ immunization: { title, mitigation, discovery = "" } }: Entry): string =>
  `${title}\n${mitigation.text}\n${discovery}`.toLowerCase();

/** Whether an entry fits; `undefined`: all do. */
const testOf = ({ text = "", status, type, domain, author }: EntryFilter): ((entry: Entry) => boolean) | undefined => {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const begins = text.trim();
  if (words.length === 0 && [status, type, domain, author].every((value) => value === undefined)) return undefined;
  return (entry) => {
    const { immunization } = entry;
    if (status !== undefined && entry.status !== status) return false;
    if (type !== undefined && immunization.type !== type) return false;
    if (domain !== undefined && immunization.domain !== domain) return false;
    if (author !== undefined && immunization.author !== author) return false;
    if (words.length === 0) return true;
    if (immunization.id.startsWith(begins) || immunization.fingerprint.startsWith(begins)) return true;
    const shown = textOf(entry);
    return words.every((word) => shown.includes(word));
  };
};

type Ranked = Exclude<EntrySort, "newest" | "oldest">;
const rankOf = (view: View, entry: Entry, by: Ranked): number => {
  if (by === "tried") return entry.evidence.size;
  const { mean, worked, failed } = confidenceOf(view, entry);
  return by === "confidence" ? mean * CONFIDENCE_SCALE : Math.min(by === "worked" ? worked : failed, MAX_RANK);
};
/**
 * A rank and a place together are one number, so that an order is made by sorting numbers, which is twenty times as fast as comparing
 * entries: 31 bits of the rank, 22 of the place.
 */
const CONFIDENCE_SCALE = 2 ** 31 - 1;
const MAX_RANK = 2 ** 31 - 1;
const PLACES = 2 ** 22;

export const createEntryTable = (view: View): EntryTable => {
  const entries: Entry[] = [];
  const types = createCounts();
  const domains = createCounts();
  /** Grows with each thing that canon says. */
  let version = 0;
  const orders = new Map<string, { readonly version: number; readonly places: Uint32Array }>();

  const add = (entry: Entry): void => {
    version += 1;
    entries.push(entry);
    types.add(entry.immunization.type);
    if (entry.immunization.domain !== undefined) domains.add(entry.immunization.domain);
  };
  for (const entry of view.entries.values()) add(entry);

  const sorted = async (places: Uint32Array, by: Ranked, rest: Rest): Promise<Uint32Array> => {
    const packed = new Float64Array(places.length);
    for (const [i, place] of places.entries()) {
      packed[i] = Math.round(rankOf(view, entries[place] as Entry, by)) * PLACES + (place % PLACES);
      if (i % STRIDE === 0) await rest();
    }
    packed.sort();
    return Uint32Array.from(packed, (both) => both % PLACES);
  };

  /** Places of what fits, least first: pages are read from the end. `oldest` stands the other way round. */
  const orderOf = async (filter: EntryFilter, sort: EntrySort, rest: Rest): Promise<Uint32Array | undefined> => {
    const isFit = testOf(filter);
    const isInOrder = sort === "newest" || sort === "oldest";
    if (isFit === undefined && isInOrder) return undefined;
    const key = JSON.stringify([filter, isInOrder ? "place" : sort]);
    const known = orders.get(key);
    orders.delete(key);
    if (known?.version === version) {
      orders.set(key, known);
      return known.places;
    }
    const begun = version;
    const count = entries.length;
    const all = new Uint32Array(count);
    let found = 0;
    for (let place = 0; place < count; place++) {
      if (isFit === undefined || isFit(entries[place] as Entry)) {
        all[found] = place;
        found += 1;
      }
      if (place % STRIDE === 0) await rest();
    }
    const fitting = all.slice(0, found);
    const places = isInOrder ? fitting : await sorted(fitting, sort, rest);
    orders.set(key, { version: begun, places });
    for (const oldest of orders.keys()) {
      if (orders.size <= MAX_ORDERS) break;
      orders.delete(oldest);
    }
    return places;
  };

  return {
    view,
    entries,
    types: types.most,
    domains: domains.most,
    add,
    touch() {
      version += 1;
    },
    async page(filter, sort, { offset, limit }, rest) {
      const places = await orderOf(filter, sort, rest);
      const total = places?.length ?? entries.length;
      const rows: Entry[] = [];
      for (let i = offset; i < Math.min(offset + limit, total); i++) {
        const at = sort === "oldest" ? i : total - 1 - i;
        rows.push(entries[places === undefined ? at : (places[at] as number)] as Entry);
      }
      return { total, rows };
    },
  };
};

export const countByStatus = (entries: Iterable<Entry>): { readonly [status in Status]: number } => {
  const counts = { active: 0, contested: 0, revoked: 0, superseded: 0 };
  for (const { status } of entries) counts[status] += 1;
  return counts;
};
