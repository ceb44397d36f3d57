/**
 * A witness, outside IndexedDB, that a database was here. A browser may remove every database of an origin at once (Chromium
 * does after some kills: new-log-file.ts), and an empty database looks like a first visit. The witness stands in Cache Storage,
 * which pages and workers both have, and which is removed with the rest when a visitor clears the site's data.
 */
const CACHE = "herdmind/databases";

/** Never fetched: the name under which the witness of database `name` stands. */
const place = (name: string): string => `${globalThis.origin}/herdmind/databases/${encodeURIComponent(name)}`;

/** Whether a database of this name was here before. `false` where the browser keeps no caches. */
export const isWitnessed = async (name: string): Promise<boolean> => {
  try {
    return (await globalThis.caches?.match(place(name), { cacheName: CACHE })) !== undefined;
  } catch {
    return false;
  }
};

/** Never rejects: without a witness a loss goes untold, and nothing else changes. */
export const witness = async (name: string): Promise<void> => {
  try {
    const cache = await globalThis.caches?.open(CACHE);
    await cache?.put(place(name), new Response());
  } catch {
    // A browser that keeps nothing for this site.
  }
};
