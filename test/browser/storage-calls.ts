/** How a test in Node calls a storage in a page: every call and answer is one JSON text, bytes are base64url in it. */
import type { StorageBatch, StorageFault, StorageOrigin, StorageResult } from "@herdmind/log";
import { fromBase64url, type LogHead, type LogId, toBase64url } from "@herdmind/protocol";

export type Call =
  | { readonly do: "open"; readonly name: string }
  | { readonly do: "append"; readonly id: number; readonly batch: unknown }
  | { readonly do: "read"; readonly id: number; readonly log: LogId; readonly from: number; readonly to: number }
  | { readonly do: "heads" | "proofs" | "close"; readonly id: number }
  | { readonly do: "meta"; readonly id: number; readonly key: readonly number[] }
  | { readonly do: "copy"; readonly name: string; readonly to: string }
  | { readonly do: "delete"; readonly name: string };

export interface Opened {
  readonly id: number;
  readonly origin: StorageOrigin;
  readonly repairs: readonly string[];
}

export interface Answer<T> {
  readonly result: StorageResult<T> | { readonly bug: string };
  /** Those of the logs asked about that are `moved` now. */
  readonly moved: readonly string[];
}

/** A call with the logs whose origin is to be told with the answer: `originOf` answers at once, a page cannot. */
export interface Asked {
  readonly call: Call;
  readonly origins: readonly LogId[];
}

export type { LogHead, StorageFault };

/** Text that JSON and the browser's own protocol pass on unchanged, lone surrogates included. */
export const unitsOf = (text: string): readonly number[] =>
  Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
export const textOfUnits = (units: readonly number[]): string =>
  units.map((unit) => String.fromCharCode(unit)).join("");

interface PlainBatch {
  readonly appends?: readonly { log: LogId; from: number; blocks: readonly string[]; hash: string }[];
  readonly meta?: readonly { key: readonly number[]; value?: string }[];
  readonly cuts?: StorageBatch["cuts"];
  readonly proofs?: readonly string[];
}

export const plainOf = ({ appends, meta, cuts, proofs }: StorageBatch): unknown =>
  ({
    ...(appends && { appends: appends.map((append) => ({ ...append, blocks: append.blocks.map(toBase64url) })) }),
    ...(meta && {
      meta: meta.map(({ key, value }) => ({ key: unitsOf(key), ...(value && { value: toBase64url(value) }) })),
    }),
    ...(cuts && { cuts }),
    ...(proofs && { proofs: proofs.map(toBase64url) }),
  }) satisfies PlainBatch;

/** The batch again, each byte array made by `bytes`. */
export const batchOf = (plain: unknown, bytes: (text: string) => Uint8Array): StorageBatch => {
  const { appends, meta, cuts, proofs } = plain as PlainBatch;
  return {
    ...(appends && {
      appends: appends.map((append) => ({
        ...append,
        hash: append.hash as LogHead["hash"],
        blocks: append.blocks.map(bytes),
      })),
    }),
    ...(meta && {
      meta: meta.map(({ key, value }) => ({
        key: textOfUnits(key),
        value: value === undefined ? undefined : bytes(value),
      })),
    }),
    ...(cuts && { cuts: cuts.map(({ log, length, hash }) => ({ log, length, hash })) }),
    ...(proofs && { proofs: proofs.map(bytes) }),
  };
};

export const bytesOf = (text: string): Uint8Array => {
  const bytes = fromBase64url(text);
  if (bytes === undefined) throw new Error("not base64url");
  return bytes;
};
