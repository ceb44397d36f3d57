// Closes a run with one plain line, "N passed, N failed, N skipped", alone on its line and without colour, so that a
// machine can read it. A file that cannot be loaded and an error outside of any test count as failures.
import type { Reporter, SerializedError, TestModule } from "vitest/node";

export const summaryReporter: Reporter = {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]) {
    let passed = 0;
    let failed = unhandledErrors.length;
    let skipped = 0;
    for (const module of modules) {
      failed += module.errors().length;
      for (const suite of module.children.allSuites()) failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") passed++;
        else if (state === "skipped") skipped++;
        else failed++; // failed, or still pending because its process died
      }
    }
    process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`);
  },
};
