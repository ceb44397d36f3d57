import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { createFailures } from "./failures.js";

const at = (thread_id: string, ...langgraph_path: readonly (string | number)[]): LangGraphRunnableConfig => ({
  configurable: { thread_id },
  metadata: { langgraph_path },
});

test("one failure for each place of a thread, forgotten when it was taken; of threads the newest thousand", () => {
  const failures = createFailures<string>();
  failures.keep(at("t", "pull", "work"), "first");
  failures.keep(at("t", "pull", "work"), "second");
  failures.keep(at("t", "push", 1), "beside it");
  expect(failures.take(at("other", "pull", "work"))).toBeUndefined();
  expect([failures.take(at("t", "pull", "work")), failures.take(at("t", "pull", "work"))]).toEqual([
    "second",
    undefined,
  ]);
  expect(failures.take(at("t", "push", 1))).toBe("beside it");
  for (let n = 0; n <= 1000; n++) failures.keep(at(String(n)), String(n));
  expect([failures.take(at("0")), failures.take(at("1")), failures.take(at("1000"))]).toEqual([undefined, "1", "1000"]);
  // Called outside of a graph: there is nothing to remember it by.
  failures.keep({}, "nowhere");
  expect(failures.take({})).toBeUndefined();
});
