/** Bytes of a request to a node: the largest record several times over, so that an oversized one is refused by its own rule (L7). */
export const MAX_REQUEST_BYTES = 1024 * 1024;
