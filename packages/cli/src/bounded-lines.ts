/** Lines of a file that may be hostile: one without an end must not fill memory. */

export interface BoundedLine {
  /** Counted from 1. */
  readonly number: number;
  /** `undefined`: it is longer than the bound. */
  readonly text: string | undefined;
}

const NEW_LINE = 0x0a;

/** Lines as UTF-8, without their ends; of one that is longer than `maxBytes` only the number. */
export const boundedLines = async function* (
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncIterable<BoundedLine> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  let number = 1;
  const take = (part: Uint8Array): void => {
    bytes += part.length;
    if (bytes <= maxBytes) parts.push(part);
    else parts = [];
  };
  const finish = (): BoundedLine => {
    const line = {
      number,
      text: bytes <= maxBytes ? Buffer.concat(parts).toString("utf8").replace(/\r$/, "") : undefined,
    };
    parts = [];
    bytes = 0;
    number += 1;
    return line;
  };
  for await (const chunk of source) {
    let from = 0;
    for (let at = chunk.indexOf(NEW_LINE); at >= 0; at = chunk.indexOf(NEW_LINE, from)) {
      take(chunk.subarray(from, at));
      yield finish();
      from = at + 1;
    }
    if (from < chunk.length) take(chunk.subarray(from));
  }
  if (bytes > 0) yield finish();
};
