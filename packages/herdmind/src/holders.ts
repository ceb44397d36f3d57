/**
 * Who holds a record of canon, for example a revocation: as far as the peers that are present say (E7). Each speaks for itself, and a
 * liar harms itself alone: it is told what it says it has.
 */
import type { Position } from "@herdmind/experience";
import type { GenerationId, LogHead, WriterId } from "@herdmind/protocol";

/** How far canon reaches at a peer: `length` blocks of this generation, and every generation before it. */
export interface CanonReach {
  readonly generation: GenerationId;
  readonly length: number;
}

/** Peers that are present, this one included, by whether their canon reaches a record. */
export interface Holders {
  readonly held: readonly WriterId[];
  readonly behind: readonly WriterId[];
  /** They do not say, being of an older version or without canon, or name a generation of canon that is not known here. */
  readonly unknown: readonly WriterId[];
}

/** `parts`: the generations of canon that are known here, oldest first. */
export const holdersOf = (
  { generation, sequence }: Pick<Position, "generation" | "sequence">,
  parts: readonly Pick<LogHead, "generation">[],
  present: readonly { readonly writer: WriterId; readonly canon: CanonReach | undefined }[],
): Holders => {
  const order = (one: GenerationId): number => parts.findIndex((part) => part.generation === one);
  const wanted = order(generation);
  const holders = { held: [] as WriterId[], behind: [] as WriterId[], unknown: [] as WriterId[] };
  for (const { writer, canon } of present) {
    const at = canon === undefined ? -1 : order(canon.generation);
    if (canon === undefined || at < 0 || wanted < 0) holders.unknown.push(writer);
    else if (at > wanted || (at === wanted && canon.length > sequence)) holders.held.push(writer);
    else holders.behind.push(writer);
  }
  return holders;
};
