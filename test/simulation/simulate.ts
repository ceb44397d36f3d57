/**
 * `npm run simulate -- --schedules 100000 --seed 1`: runs schedules one after the other and stops at the first seed that fails.
 * Ctrl-C ends it after the schedule under way. `--ed25519` signs for real; `--go-on` counts failures and goes on.
 */
import { parseArgs } from "node:util";
import { describeFailure } from "./failure.ts";
import { planOf } from "./plan.ts";
import { runSchedule } from "./run-schedule.ts";

const { values } = parseArgs({
  options: {
    schedules: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    ed25519: { type: "boolean", default: false },
    "go-on": { type: "boolean", default: false },
  },
});
const [first, schedules] = [Number(values.seed), Number(values.schedules)];
if (!Number.isSafeInteger(first) || !Number.isSafeInteger(schedules) || schedules < 1) {
  console.error("--seed and --schedules are whole numbers.");
  process.exit(2);
}

let isInterrupted = false;
process.once("SIGINT", () => {
  isInterrupted = true;
});
const began = performance.now();
let failed = 0;
let done = 0;
let acknowledged = 0;
for (let seed = first; seed < first + schedules && !isInterrupted; seed++) {
  const plan = planOf(seed);
  const outcome = await runSchedule(plan, values.ed25519 ? "ed25519" : "keyed-hash");
  done += 1;
  acknowledged += outcome.counts.acknowledged;
  if (outcome.violations.length > 0) {
    failed += 1;
    process.exitCode = 1;
    console.error(values["go-on"] ? `seed ${seed}: ${outcome.violations[0]}` : await describeFailure(plan, outcome));
    if (!values["go-on"]) break;
  }
  if (done % 1000 === 0) {
    const each = (performance.now() - began) / done;
    console.log(`${done} of ${schedules} schedules, ${each.toFixed(1)} ms each, seed ${seed}, ${failed} failed`);
  }
}
const seconds = ((performance.now() - began) / 1000).toFixed(1);
console.log(
  `${done} schedules from seed ${first} in ${seconds} s: ${failed} failed, ${acknowledged} records acknowledged.`,
);
