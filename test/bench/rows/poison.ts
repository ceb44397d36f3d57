import type { Context, Measured, Row } from "../frame/figures.ts";
import { type Answers, type InAll, playScene, STRATEGIES, type Strategy } from "../load/poison.ts";

const STRATEGY_NAMES = Object.keys(STRATEGIES) as readonly Strategy[];
/** Percent. */
const SHARES = [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60] as const;
const SEEDS = [1, 2, 3] as const;
const CROWD = { members: 30, problems: 8, rounds: 10 } as const;
const TINY = { members: 10, problems: 2, rounds: 4 } as const;

type Count = Exclude<keyof Answers, "problems" | InAll>;

const percentOf = (all: readonly Answers[], count: Count): number => {
  const problems = all.reduce((sum, one) => sum + one.problems, 0);
  return (100 * all.reduce((sum, one) => sum + one[count], 0)) / problems;
};

const sumOf = (all: readonly Answers[], count: InAll): number => all.reduce((sum, one) => sum + one[count], 0);

/** Percent; in the tiny scene everybody may be met once only. */
const avoidedOf = (all: readonly Answers[]): number =>
  (100 * sumOf(all, "avoided")) / Math.max(1, sumOf(all, "repeats"));

export const poison: Row = {
  name: "poison",
  runs: 1,
  timed:
    "Members that lie together, played by a real orchestrator, canon and recall in one process; nothing is timed. 30 members that were invited independently, 8 problems with two right remedies each, 10 rounds in which each honest agent meets 4 problems, tries at most 3 remedies in the order of the answer, tells the outcomes, and reports a right remedy when none works. Liars know what is right, come first, and act together in five ways. Figures are of the first answers in the end, over 3 seeds, and of all encounters with a problem that an honest agent met in a round before; of the five ways the one that is worst.",
  figures: [
    {
      name: "poison-broken",
      title:
        "problems with at least five reporters, fewer than a third of them liars, whose first answer is wrong without saying `unconfirmed`, or whose right remedies are all hidden",
      short:
        "wrong answers that pass for confirmed, or right ones hidden, where liars are fewer than a third of five reporters",
      unit: "",
      better: "less",
      goal: 0,
    },
    ...[30, 40, 50].flatMap((share) => [
      {
        name: `poison-wrong-${share}`,
        title: `first answers that are wrong and do not say \`unconfirmed\`, ${share} % of members lie`,
        unit: "%",
        better: "less" as const,
        goal: null,
      },
      {
        name: `poison-suppressed-${share}`,
        title: `problems whose right remedies are all hidden, ${share} % lie`,
        unit: "%",
        better: "less" as const,
        goal: null,
      },
      {
        name: `poison-unconfirmed-${share}`,
        title: `first answers that say \`unconfirmed\`, ${share} % lie`,
        unit: "%",
        better: "less" as const,
        goal: null,
      },
      {
        name: `poison-avoided-${share}`,
        title: `repeats that honest agents avoid, ${share} % lie`,
        unit: "%",
        better: "more" as const,
        goal: null,
      },
    ]),
    {
      name: "poison-vain-30",
      title: "remedies that honest agents tried in vain for each that helped, 30 % lie",
      unit: "",
      better: "less",
      goal: null,
    },
  ],
  charts: [
    { name: "poison-wrong", title: "First answers that are wrong and pass for confirmed, by share of liars" },
    { name: "poison-first", title: "First answers that are wrong, marked or not, by share of liars" },
    { name: "poison-unconfirmed", title: "First answers that say they are unconfirmed, by share of liars" },
    { name: "poison-suppressed", title: "Problems whose right remedies are all hidden, by share of liars" },
    { name: "poison-avoided", title: "Repeats that honest agents avoid, by share of liars" },
  ],
  run: async ({ quick, say, draw }: Context): Promise<Readonly<Record<string, Measured>>> => {
    const played = new Map<Strategy, Map<number, readonly Answers[]>>();
    for (const strategy of STRATEGY_NAMES) {
      const byShare = new Map<number, readonly Answers[]>();
      for (const share of SHARES) {
        const all: Answers[] = [];
        for (const seed of quick ? [1] : SEEDS)
          all.push(await playScene({ strategy, liars: share / 100, seed, ...(quick ? TINY : CROWD) }));
        byShare.set(share, all);
      }
      played.set(strategy, byShare);
      say(`poison: ${STRATEGIES[strategy]}`);
    }
    const at = (strategy: Strategy, share: number): readonly Answers[] => played.get(strategy)?.get(share) ?? [];
    const worst = (share: number, count: Count): number =>
      Math.max(...STRATEGY_NAMES.map((strategy) => percentOf(at(strategy, share), count)));
    const draws = (name: string, title: string, y: string, of: (all: readonly Answers[]) => number): void =>
      draw(name, {
        title,
        x: { name: "share of liars among 30 independent members, %", min: 0, max: 60 },
        y: { name: y, min: 0, max: 100 },
        curves: STRATEGY_NAMES.map((strategy) => ({
          name: STRATEGIES[strategy],
          points: SHARES.map((share) => [share, of(at(strategy, share))] as const),
        })),
        mark: { x: 100 / 3, name: "a third" },
      });
    const chart = (name: string, title: string, count: Count): void =>
      draws(name, title, "% of problems", (all) => percentOf(all, count));
    chart("poison-wrong", "First answer wrong, and not marked unconfirmed", "wrong");
    chart("poison-first", "First answer wrong, marked unconfirmed or not", "wrongFirst");
    chart("poison-unconfirmed", "First answer marked unconfirmed", "unconfirmed");
    chart("poison-suppressed", "A right remedy is known, and none is listed", "suppressed");
    draws(
      "poison-avoided",
      "Repeats that honest agents avoid",
      "% of encounters with a problem met in a round before",
      avoidedOf,
    );
    const everything = STRATEGY_NAMES.flatMap((strategy) => SHARES.flatMap((share) => at(strategy, share)));
    const vain = STRATEGY_NAMES.map(
      (strategy) => sumOf(at(strategy, 30), "triedInVain") / Math.max(1, sumOf(at(strategy, 30), "helped")),
    );
    return {
      "poison-broken": { value: everything.reduce((sum, { broken }) => sum + broken, 0) },
      ...Object.fromEntries(
        [30, 40, 50].flatMap((share) => [
          [`poison-wrong-${share}`, { value: worst(share, "wrong") }],
          [`poison-suppressed-${share}`, { value: worst(share, "suppressed") }],
          [`poison-unconfirmed-${share}`, { value: worst(share, "unconfirmed") }],
          [
            `poison-avoided-${share}`,
            { value: Math.min(...STRATEGY_NAMES.map((strategy) => avoidedOf(at(strategy, share)))) },
          ],
        ]),
      ),
      "poison-vain-30": { value: Math.max(...vain) },
    };
  },
};
