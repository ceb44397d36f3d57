/** From what was answered to figures: how many repeats were met with their own remedy, and how often with another's. */

/** An entry that was offered, with the group of the failure that it was made from. */
export interface Offer {
  readonly group: string;
  readonly score: number;
}

/** One failure of the stream. */
export interface Event {
  readonly group: string;
  /** What recall answered first; `undefined`: it said nothing. */
  readonly answer: Offer | undefined;
  /** What it would have answered without a threshold, best first. */
  readonly open: readonly Offer[];
}

export interface Score {
  readonly events: number;
  /** Events whose group came before. */
  readonly repeats: number;
  readonly answered: number;
  /** Answered with an entry of the event's own group. */
  readonly right: number;
  /** Answered with another group's entry; a first encounter can only be answered so. */
  readonly falseImmunities: number;
  /** right / repeats; `null` where there are none. */
  readonly recall: number | null;
  /** right / answered; `null` where nothing was answered. */
  readonly precision: number | null;
}

export type Point = { readonly threshold: number } & Omit<Score, "events" | "repeats">;

const shareOf = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

const scoreBy = (events: readonly Event[], answerOf: (event: Event) => Offer | undefined): Score => {
  const seen = new Set<string>();
  let [repeats, answered, right] = [0, 0, 0];
  for (const event of events) {
    if (seen.has(event.group)) repeats++;
    seen.add(event.group);
    const answer = answerOf(event);
    if (answer === undefined) continue;
    answered++;
    if (answer.group === event.group) right++;
  }
  return {
    events: events.length,
    repeats,
    answered,
    right,
    falseImmunities: answered - right,
    recall: shareOf(right, repeats),
    precision: shareOf(right, answered),
  };
};

export const scoreOf = (events: readonly Event[]): Score => scoreBy(events, ({ answer }) => answer);

const STEPS = 20;

/**
 * What one threshold for every kind of match would have given, from 0 to 1, for the same experience: what was learnt on the way
 * is that of the replay, not what another threshold would have led to.
 */
export const curveOf = (events: readonly Event[]): readonly Point[] =>
  Array.from({ length: STEPS + 1 }, (_, i) => {
    const threshold = i / STEPS;
    const {
      events: _events,
      repeats: _repeats,
      ...point
    } = scoreBy(events, ({ open }) => open.find(({ score }) => score >= threshold));
    return { threshold, ...point };
  });
