/**
 * A witness that a database was here, where what removes the database does not reach. Chromium may remove every database of a storage
 * bucket at once (after some kills: new-log-file.ts), and an empty database looks like a first visit. So the witness is an empty
 * database of the same name in a bucket of its own, which is written once. It goes with the rest when a visitor clears the site's data.
 * (Not localStorage: after a kill it was empty.) Browsers without buckets have no witness.
 */
import { resultOf } from "./database.js";

const BUCKET = "herdmind-databases";

/** What of the Storage Buckets API (WICG) is used. */
interface Buckets {
  open(name: string, options: { durability: "strict" }): Promise<{ readonly indexedDB: IDBFactory }>;
}

const witnesses = async (): Promise<IDBFactory | undefined> => {
  const { storageBuckets } = navigator as Navigator & { readonly storageBuckets?: Buckets };
  return (await storageBuckets?.open(BUCKET, { durability: "strict" }))?.indexedDB;
};

/** Whether a database of this name was here before; `false` where nobody can say. */
export const isWitnessed = async (name: string): Promise<boolean> => {
  try {
    const databases = await (await witnesses())?.databases();
    return databases?.some((database) => database.name === name) === true;
  } catch {
    return false;
  }
};

/** Never rejects: without a witness a loss goes untold, and nothing else changes. */
export const witness = async (name: string): Promise<void> => {
  try {
    const factory = await witnesses();
    if (factory !== undefined) (await resultOf(factory.open(name))).close();
  } catch {
    // A browser that keeps nothing for this site.
  }
};
