import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { causes, causesByName } from "./causes.js";
import { matrixTable, tryAll } from "./matrix.js";
import { remedies, remediesByName } from "./remedies.js";
import { createWorkshop } from "./workshop.js";

test("the toolbox is as large as promised and its names are unique", () => {
  expect(causes.length).toBeGreaterThanOrEqual(24);
  expect(remedies.length).toBeGreaterThanOrEqual(30);
  expect(causesByName.size).toBe(causes.length);
  expect(remediesByName.size).toBe(remedies.length);
});

// 33 x 40 real runs: about 35 s on two cores.
test("each cause fails by itself, with its own output, and few remedies of all fix it", {
  timeout: 600_000,
}, async () => {
  await using workshop = await createWorkshop({ dir: tmpdir() });
  const rows = await tryAll(workshop, "matrix", 2);
  console.log(matrixTable(rows));
  expect(rows.map((row) => row.cause)).toEqual(causes.map((cause) => cause.name));
  for (const { cause, plain, fixedBy } of rows) {
    expect(plain.ok, `${cause} must fail without a remedy`).toBe(false);
    if (plain.ok) continue;
    expect(plain.problem.error.output, `${cause} must fail of its own`).toMatch(
      causesByName.get(cause)?.symptom ?? /^$/,
    );
    expect(fixedBy.size, `${cause} is fixed by ${[...fixedBy.keys()].join()}`).toBeGreaterThanOrEqual(1);
    expect(fixedBy.size, `${cause} is fixed by ${[...fixedBy.keys()].join()}`).toBeLessThanOrEqual(2);
  }
});
