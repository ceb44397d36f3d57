/** What a recall takes where a query does not say. */

/** Similarity below which a text match is not shown when somebody asks in words. Measured: see the README. */
export const DEFAULT_MIN_SCORE = 0.6;
/**
 * The same when the query is an error: its fingerprint is known not to be among the entries, so what is alike is most likely
 * a sibling (`ENOENT ... open` and `ENOENT ... scandir`) whose remedy is wrong here.
 */
export const ERROR_MIN_SCORE = 0.85;
/** Entries of an answer. */
export const DEFAULT_LIMIT = 5;
/** How far facts must be known to define problems for an entry with the same facts and another symptom to be shown. */
export const FACTS_MIN_SCORE = 0.6;
/** Share of a long output's coordinates that an entry must know whose remedy is about one of them, to be shown for that alone. */
export const COVERAGE_MIN_SCORE = 0.75;
/** Entries that one call of `indexSome` takes by default: 3 ms, and 10 ms when an array has to grow. */
export const DEFAULT_SLICE = 200;
