/**
 * Whether a record stands in a writer's log already. A tab that lost the one which held the writer cannot know whether its last
 * report was written; it asks again, and must not have it twice.
 */
import type { Logs } from "@herdmind/log";
import { encodeCbor, type JsonObject, type RecordRef, toBase64url, type WriterId } from "@herdmind/protocol";

/**
 * Blocks of a generation looked through, from the end: what a lost tab wrote and could not tell of any more was in its last few. More
 * would make a hand-over of a long log slow.
 */
const LOOK_BACK_BLOCKS = 1024;

export interface Written {
  /** The record of this very body, which holds the time of its report; each is given to one asker only. */
  find(writer: WriterId, type: "signal" | "outcome", body: JsonObject): Promise<RecordRef | undefined>;
}

const keyOf = (type: string, body: JsonObject): string => toBase64url(encodeCbor([type, body]));

export const createWritten = (logs: Logs): Written => {
  /** Read once: who asks again asks for what was written before this node was opened. */
  const refsByWriter = new Map<WriterId, Promise<Map<string, RecordRef[]>>>();

  const read = async (writer: WriterId): Promise<Map<string, RecordRef[]>> => {
    const refsByKey = new Map<string, RecordRef[]>();
    for (const { generation, length } of logs.ofWriter(writer)) {
      const log = { writer, generation };
      for await (const { sequence, records } of logs.read(log, Math.max(0, length - LOOK_BACK_BLOCKS))) {
        for (const [index, { type, body }] of records.entries()) {
          if (type !== "signal" && type !== "outcome") continue;
          const key = keyOf(type, body as unknown as JsonObject);
          const refs = refsByKey.get(key) ?? [];
          refs.push({ ...log, sequence, index });
          refsByKey.set(key, refs);
        }
      }
    }
    return refsByKey;
  };

  return {
    find: async (writer, type, body) => {
      const reading = refsByWriter.get(writer) ?? read(writer);
      refsByWriter.set(writer, reading);
      // A storage that could not be read is asked again.
      reading.catch(() => refsByWriter.delete(writer));
      return (await reading).get(keyOf(type, body))?.shift();
    },
  };
};
