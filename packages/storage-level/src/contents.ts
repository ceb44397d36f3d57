/** What an opening reads before anything else: format, origin, heads and fork proofs. All but the blocks is small. */
import { createHash } from "node:crypto";
import { type LogKey, logKey } from "@herdmind/protocol";
import { FORMAT, type HeldLog, ORIGIN_KEY, parseHead, proofNumber, rangeOf, VERSION_KEY } from "./keys.js";
import type { Level } from "./open-database.js";
import { type OriginRecord, parseOrigin } from "./origin.js";

export interface Contents {
  /** `undefined` in a new database, and in one that lost it. */
  readonly format: number | undefined;
  readonly origin: OriginRecord | undefined;
  readonly logs: Map<LogKey, HeldLog>;
  readonly damagedHeads: readonly LogKey[];
  /** Hashes of the proofs kept, so that each is kept once. */
  readonly proofs: Set<string>;
  readonly nextProof: number;
}

/** Entries fetched per call into LevelDB: enough for 1,000 heads, small beside a proof of every writer. */
const SCAN_BYTES = 256 * 1024;

export const proofHash = (proof: Uint8Array): string => createHash("sha256").update(proof).digest("base64url");

/** Reads it all. Throws when LevelDB cannot. A newer format is not looked into. */
export const readContents = async (level: Level): Promise<Contents> => {
  const logs = new Map<LogKey, HeldLog>();
  const damagedHeads: LogKey[] = [];
  const proofs = new Set<string>();
  const [version, originRecord] = await level.getMany([VERSION_KEY, ORIGIN_KEY]);
  const formatText = version === undefined ? "" : new TextDecoder().decode(version);
  const format = /^\d{1,9}$/.test(formatText) ? Number(formatText) : undefined;
  const origin = originRecord === undefined ? undefined : parseOrigin(originRecord);
  let nextProof = 0;
  if (format === undefined || format <= FORMAT) {
    for await (const [key, value] of level.iterator({ ...rangeOf("head"), highWaterMarkBytes: SCAN_BYTES })) {
      const head = parseHead(key, value);
      if (head === undefined) continue;
      logs.set(logKey(head.held.log), head.held);
      if (head.damaged) damagedHeads.push(logKey(head.held.log));
    }
    for await (const [key, value] of level.iterator({ ...rangeOf("proof"), highWaterMarkBytes: SCAN_BYTES })) {
      proofs.add(proofHash(value));
      nextProof = proofNumber(key) + 1;
    }
  }
  // Named values are not kept here; reading them once shows damage while it can still be repaired.
  for await (const _ of level.keys({ ...rangeOf("meta"), highWaterMarkBytes: SCAN_BYTES }));
  return { format, origin, logs, damagedHeads, proofs, nextProof };
};
