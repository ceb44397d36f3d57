/** Prints which remedy fixes which cause, and what the runs cost in ms: `node dist/print-matrix.js [SEED]` */
import { tmpdir } from "node:os";
import { matrixTable, tryAll } from "./matrix.js";
import { remedies } from "./remedies.js";
import { createWorkshop } from "./workshop.js";

await using workshop = await createWorkshop({ dir: tmpdir() });
const rows = await tryAll(workshop, process.argv[2] ?? "1", 2);
console.log(matrixTable(rows));
console.log(`${rows.length} causes, ${remedies.length} remedies`);
