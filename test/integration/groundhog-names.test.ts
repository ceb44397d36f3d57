/** Every cause of Groundhog has one name, whatever its paths, ports and functions, and no two causes share one. */
import { tmpdir } from "node:os";
import { causes, createWorkshop } from "@herdmind/demo-groundhog";
import { nameProblem } from "@herdmind/experience";
import type { Fingerprint } from "@herdmind/protocol";
import { expect, test } from "vitest";

const SEEDS = ["one", "two", "three"];

test("three real failures of each cause have one fingerprint, and of no other cause", {
  timeout: 120_000,
}, async () => {
  await using workshop = await createWorkshop({ dir: tmpdir() });
  const causeByName = new Map<Fingerprint, string>();
  for (const { name } of causes) {
    const names = new Set<Fingerprint>();
    for (const seed of SEEDS) {
      const result = await workshop.task({ id: `${name}-${seed}`, cause: name, seed }).run();
      if (result.ok) throw new Error(`${name} did not fail`);
      const named = nameProblem("ERROR_RESOLVED", result.problem, new Map());
      if (!named.ok) throw new Error(named.refusal.message);
      names.add(named.value.fingerprint);
    }
    expect([...names], name).toHaveLength(1);
    for (const one of names) {
      expect(causeByName.get(one), name).toBeUndefined();
      causeByName.set(one, name);
    }
  }
});
