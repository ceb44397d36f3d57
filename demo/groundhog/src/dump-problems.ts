/**
 * Writes what failing tasks report, five tasks of each cause, as JSON lines `{ cause, seed, problem }`: material to
 * measure a fingerprint against. `node dist/dump-problems.js OUT.jsonl`
 */
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { causes } from "./causes.js";
import { createWorkshop } from "./workshop.js";

const SEEDS = 5;

const out = process.argv[2];
if (out === undefined) {
  console.error("usage: node dump-problems.js OUT.jsonl");
  process.exit(2);
}
await using workshop = await createWorkshop({ dir: tmpdir() });
const lines: string[] = [];
for (const { name } of causes) {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const result = await workshop.task({ id: `${name}-${seed}`, cause: name, seed: String(seed) }).run();
    if (result.ok) throw new Error(`${name}, seed ${seed}: did not fail`);
    lines.push(JSON.stringify({ cause: name, seed, problem: result.problem }));
  }
}
await writeFile(out, `${lines.join("\n")}\n`);
console.log(`${lines.length} problems of ${causes.length} causes written to ${out}`);
