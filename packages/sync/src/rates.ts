/** A rate for each writer. Who has been silent for longest is forgotten first. */
import type { WriterId } from "@herdmind/protocol";
import { type Bucket, createBucket } from "./buckets.js";

export interface Rates {
  readonly perSecond: number;
  of(writer: WriterId): Bucket;
}

/** Writers whose rate is remembered; as many as a swarm has members at work, and a few hundred bytes each. */
const REMEMBERED_WRITERS = 4096;

export const createRates = (perSecond: number, burst: number, monotonic: () => number): Rates => {
  const buckets = new Map<WriterId, Bucket>();
  return {
    perSecond,
    of(writer) {
      const bucket = buckets.get(writer) ?? createBucket(perSecond, burst, monotonic);
      buckets.delete(writer);
      buckets.set(writer, bucket);
      if (buckets.size > REMEMBERED_WRITERS) buckets.delete(buckets.keys().next().value as WriterId);
      return bucket;
    },
  };
};
