/** What is kept of an output of any length: its beginning, where tools say what ran, and its end, where they say what went wrong. */

export const HEAD_BYTES = 16 * 1024;
export const TAIL_BYTES = 64 * 1024;

export interface Excerpt {
  add(part: Uint8Array): void;
  bytes(): Uint8Array;
}

export const createExcerpt = (): Excerpt => {
  const head: Uint8Array[] = [];
  let headBytes = 0;
  let tail: Uint8Array[] = [];
  let tailBytes = 0;
  return {
    add: (part) => {
      const room = HEAD_BYTES - headBytes;
      // Copies: a stream may use its memory again, and a slice of a large buffer would keep all of it.
      if (room > 0) head.push(part.slice(0, room));
      headBytes += Math.min(room, part.length);
      const rest = part.subarray(Math.max(0, room));
      if (rest.length === 0) return;
      tail.push(rest.length > TAIL_BYTES ? rest.slice(-TAIL_BYTES) : rest.slice());
      tailBytes += Math.min(rest.length, TAIL_BYTES);
      if (tailBytes > 2 * TAIL_BYTES) {
        tail = [Buffer.concat(tail).subarray(-TAIL_BYTES)];
        tailBytes = TAIL_BYTES;
      }
    },
    bytes: () => Buffer.concat([...head, Buffer.concat(tail).subarray(-TAIL_BYTES)]),
  };
};
