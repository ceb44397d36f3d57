/** One record of the past with its place, and how it is written as JSON. */
import { nameProblem, type View } from "@herdmind/experience";
import type { AnyRecord, BlockHash, Fingerprint, JsonObject, JsonValue, RecordRef, Signal } from "@herdmind/protocol";
import { type Held, idAt, nameOf } from "./held.js";

/**
 * What a record is now. `canon`: in force. `lost`: in an orchestrator's log, but not canon. `judged`: canon has passed the block of
 * this proposal. `pending`: not yet. `revoked`: beyond a revocation, it never counts.
 */
export type Standing = "canon" | "lost" | "judged" | "pending" | "revoked";

export interface Told {
  readonly kind: "canon" | "proposal";
  readonly standing: Standing;
  readonly ref: RecordRef;
  readonly record: AnyRecord;
  /** Number of the block of canon that it stands in, or that canon passed it with; `undefined` while there is none. */
  readonly number: number | undefined;
  /** When that block was written, by the orchestrator's clock; `undefined` where canon does not say. */
  readonly at: number | undefined;
  /** Of the block that it stands in: its hash, and its signed head (header and signature), which the hash is made of. */
  readonly hash: BlockHash;
  readonly head: Uint8Array;
}

const atOf = ({ body }: AnyRecord): number | undefined => {
  const at = typeof body === "object" && body !== null && "at" in body ? body.at : undefined;
  return typeof at === "number" ? at : undefined;
};

/** When it happened: by canon's clock, and by its author's where canon has not judged it. */
export const timeOf = ({ kind, standing, at, record }: Told): number | undefined =>
  at ?? (kind === "proposal" && standing !== "judged" ? atOf(record) : undefined);

/** The type that a record was signed with, also where it is not known here (E5). */
export const typeOf = (record: AnyRecord): string => (record.type === "unknown" ? record.of : record.type);

/** A time as JSON; a number that is no time of a calendar stays a number. */
export const isoTime = (ms: number): string | number => {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? ms : date.toISOString();
};

/** By itself: place, writer, block, type, version, body. */
export const toldLine = (held: Held, view: View, told: Told): JsonObject => {
  const { kind, standing, ref, record, number, hash } = told;
  const time = timeOf(told);
  const name = nameOf(view, ref.writer);
  return {
    kind,
    standing,
    ...(number === undefined ? {} : { number }),
    ...(time === undefined ? {} : { time: isoTime(time) }),
    ref: { ...ref },
    ...(name === undefined ? {} : { name }),
    hash,
    ...(record.type === "signal" ? { entry: idAt(held, ref) } : {}),
    type: typeOf(record),
    version: record.version,
    body: record.body as unknown as JsonValue,
  };
};

/** The fingerprint of a signal's problem; `undefined` where it has none. Costs up to a millisecond for long outputs. */
export const fingerprintOfSignal = (view: View, { type, problem }: Signal): Fingerprint | undefined => {
  const named = nameProblem(type, problem, view.signalTypes);
  return named.ok ? named.value.fingerprint : undefined;
};
