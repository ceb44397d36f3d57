#!/usr/bin/env node
import { EXIT } from "./exit-codes.js";
import { run } from "./run.js";

const OLDEST_NODE = 22; // "engines" of the manifest, which npx does not hold anybody to
if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  process.stderr.write(`herdmind needs Node ${OLDEST_NODE} or newer; this is ${process.versions.node}.\n`);
  process.exit(EXIT.unavailable);
}

// The reader of a pipe went away (`herdmind watch | head -n 1`): there is nobody left to tell.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.kill(process.pid, "SIGTERM");
});

const code = await run(process.argv.slice(2));
// What was written may still be on its way to a pipe.
await new Promise<void>((resolve) => process.stdout.write("", () => resolve()));
process.exit(process.stdout.writable ? code : EXIT.ok);
