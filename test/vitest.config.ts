// One run for everything: unit tests beside the sources, then the house rules, then what needs several processes.
// A single project: `npx vitest run --config test/vitest.config.ts --project unit`.
import { resolve } from "node:path";
import { defineConfig } from "vitest/config";
import { summaryReporter } from "./summary-reporter.ts";

const root = resolve(import.meta.dirname, "..");

// Suites that start processes of their own come after everything else, two files at a time: they mostly wait, for a process to start or a
// line to come back. More would starve each other on two cores, and a starved process looks like a failed one.
const processes = (name: string, groupOrder: number) => ({
  extends: true as const,
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    sequence: { groupOrder },
  },
});

export default defineConfig({
  root,
  cacheDir: resolve(root, "node_modules/.vite"),
  test: {
    pool: "forks",
    maxWorkers: "100%", // by default one core is kept free, which is half of a small machine
    reporters: ["default", summaryReporter],
    expect: { poll: { timeout: 20_000 } }, // what is waited for here comes within milliseconds, unless the machine is busy
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "demo/*/src/**/*.test.ts"],
          testTimeout: 30_000, // property tests on a busy machine; nothing waits for this long
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "house",
          include: ["test/house/**/*.test.ts"],
          testTimeout: 120_000, // one test runs a tool over the whole tree
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: "simulation",
          include: ["test/simulation/**/*.test.ts"],
          testTimeout: 120_000, // 100 schedules take 5 s on a free core
          sequence: { groupOrder: 2 },
        },
      },
      processes("integration", 3),
      processes("attack", 3),
      processes("browser", 4),
    ],
  },
});
