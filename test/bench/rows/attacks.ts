import type { Context, Measured, Row } from "../frame/figures.ts";

export const attacks: Row = {
  name: "attacks",
  combine: "sum",
  timed:
    "Nothing is timed. A peer that holds a part of canon is offered, at random places, blocks that its orchestrator did not sign (payload, header, signature, key or chain forged), genuine ones out of order or again, deletions and insertions in the way of Yjs, and two blocks for one place that the orchestrator did sign. Counted is every block held, and every entry shown, that is not canon's.",
  figures: [
    {
      name: "attacks",
      title: "forged, reordered, deleted or forked canon entries accepted",
      unit: "entries",
      better: "less",
      goal: 0,
    },
    { name: "attacks-of", title: "attacks tried", unit: "attacks", better: "more", goal: null },
  ],
  run: async (context: Context): Promise<Readonly<Record<string, Measured>>> => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    context.say(`attacks: seed ${seed}`);
    const { call } = context.start("attack").within(300_000);
    const { offered, taken } = await call<{ offered: number; taken: number }>(
      "attack",
      await context.dir(),
      context.quick ? 6 : 100,
      context.quick ? 2 : 200,
      seed,
    );
    return { attacks: { value: taken }, "attacks-of": { value: offered } };
  },
};
