/** What history is read from: one peer's logs, and canon as it sees it. A peer of `herdmind` fits. */
import type { Canon } from "@herdmind/canon";
import type { View } from "@herdmind/experience";
import type { Logs } from "@herdmind/log";
import { type EntryId, entryIdOf, type RecordRef, type SwarmId, type WriterId } from "@herdmind/protocol";

export interface Held {
  readonly swarm: SwarmId;
  readonly logs: Logs;
  readonly canon: Canon;
}

/** What canon calls a writer. */
export const nameOf = (view: View, writer: WriterId): string | undefined => view.members.get(writer)?.name;

/** The id of the entry that is made of the record at `ref` if it is the first of its kind; receipts have it. */
export const idAt = ({ swarm }: Pick<Held, "swarm">, ref: RecordRef): EntryId => entryIdOf(swarm, ref);
