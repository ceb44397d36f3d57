/**
 * Versions of records. A reader brings what it reads up to the newest version that it knows, so that the rest of the code knows one
 * form of each type; the record keeps the version it was signed with. A writer uses the lowest version that can say what it
 * has to say, so that peers which know no newer one understand as much as possible, and so that one state has one hash (A4).
 */
import {
  type AnyRecord,
  type JsonObject,
  type JsonValue,
  type KnownRecord,
  type RecordBody,
  type RecordType,
  schemaOf,
} from "./records.js";

/** Brings a body from one version to the next. */
type Upcast = (body: JsonObject) => JsonObject;
/** By type, then by the version that the step starts from. */
export type Upcasts = { readonly [type: string]: { readonly [from: number]: Upcast } };

const asItIs: Upcast = (body) => body;
/** One step from every version but the newest. */
export const upcasts: Upcasts = {
  // Version 2 added members that may be missing.
  signal: { 1: asItIs },
  immunization: { 1: asItIs },
};

/** Members that came with a version: a body that has one of them cannot be said in an older one. */
const membersSince: { readonly [type: string]: { readonly [version: number]: readonly string[] } } = {
  signal: { 2: ["appliesTo", "tags"] },
  immunization: { 2: ["appliesTo", "tags"] },
};

/** A valid body of any version as the newest version has it. */
export const upcast = (type: string, version: number, body: JsonObject, steps: Upcasts = upcasts): JsonObject => {
  const ofType = Object.hasOwn(steps, type) ? steps[type] : undefined;
  let newest = body;
  for (let from = version; ofType !== undefined && Object.hasOwn(ofType, from); from++) {
    newest = (ofType[from] as Upcast)(newest);
  }
  return newest;
};

/** The lowest version that can say this body. */
const versionFor = (type: RecordType, body: JsonObject): number => {
  let lowest = 1;
  for (const [version, members] of Object.entries(membersSince[type] ?? {})) {
    if (members.some((name) => body[name] !== undefined)) lowest = Math.max(lowest, Number(version));
  }
  return lowest;
};

/** A record as it is written: in the lowest version that can say it. */
export const record = <T extends RecordType>(type: T, body: RecordBody<T>): KnownRecord =>
  ({ type, version: versionFor(type, body as unknown as JsonObject), body }) as unknown as KnownRecord;

/** What was read, and is valid where its type and version are known here: as the newest version has it, or as unknown (E5). */
export const readRecord = (type: string, version: number, body: JsonValue): AnyRecord =>
  schemaOf(type, version) === undefined
    ? { type: "unknown", of: type, version, body }
    : ({ type, version, body: upcast(type, version, body as JsonObject) } as unknown as KnownRecord);
