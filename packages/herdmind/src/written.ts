/**
 * Whether a record stands in a writer's log already. A tab that lost the one which held the writer cannot know whether its last
 * report was written; it asks again, and must not have it twice.
 */
import type { Logs } from "@herdmind/log";
import { encodeCbor, equalBytes, type JsonObject, logKey, type RecordRef, type WriterId } from "@herdmind/protocol";

/**
 * Blocks looked through, newest first counted: what a lost tab wrote and could not tell of any more was in its last few. More would
 * make a hand-over of a long log slow.
 */
const LOOK_BACK_BLOCKS = 1024;

export interface Written {
  /** The record of this very body, which holds the time of its report; each is given to one asker only. */
  find(writer: WriterId, type: "signal" | "outcome", body: JsonObject): Promise<RecordRef | undefined>;
}

export const createWritten = (logs: Logs): Written => {
  const given = new Set<string>();
  return {
    find: async (writer, type, body) => {
      const wanted = encodeCbor(body);
      for (const { generation, length } of logs.ofWriter(writer)) {
        const log = { writer, generation };
        for await (const block of logs.read(log, Math.max(0, length - LOOK_BACK_BLOCKS))) {
          for (const [index, record] of block.records.entries()) {
            const ref = { ...log, sequence: block.sequence, index };
            const key = `${logKey(log)}/${ref.sequence}/${index}`;
            if (record.type !== type || given.has(key) || !equalBytes(encodeCbor(record.body as JsonObject), wanted))
              continue;
            given.add(key);
            return ref;
          }
        }
      }
      return undefined;
    },
  };
};
