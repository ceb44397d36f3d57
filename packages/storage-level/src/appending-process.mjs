/**
 * A process for tests: opens a storage and appends until it is killed (`append`), holds it (`hold`), or runs into a limit
 * on file sizes and then lifts it (`limit`). It says on standard output what was acknowledged, one JSON value a line.
 */
import { writeSync } from "node:fs";
import { sampleBytes, sampleHash, sampleLog } from "@herdmind/testing/sample-ids";
import { limitFileSize } from "@herdmind/testing/small-disk";
import { openLevelStorage } from "../dist/index.js";

const [, , mode, dir] = process.argv;
const say = (value) => writeSync(1, `${JSON.stringify(value)}\n`);
const opened = await openLevelStorage(dir);
if (!opened.ok) {
  say(opened.fault);
  process.exit(2);
}
const storage = opened.value;
const logs = [sampleLog(1), sampleLog(2), sampleLog(3)];
const lengths = logs.map(() => 0);
for (const head of (await storage.heads()).value) {
  lengths[logs.findIndex((log) => log.writer === head.writer)] = head.length;
}
/** Block n of log i; the hash of a head names its length. */
const append = (i, count) => {
  const from = lengths[i];
  lengths[i] += count;
  const blocks = Array.from({ length: count }, (_, k) =>
    sampleBytes(i * 1_000_003 + from + k, 100 + ((from + k) % 900)),
  );
  return storage.appendBatch({ appends: [{ log: logs[i], from, blocks, hash: sampleHash(lengths[i]) }] });
};

if (mode === "hold") {
  say("held");
  process.stdin.resume();
} else if (mode === "append") {
  const forever = async (i) => {
    for (let n = 1; ; n++) {
      const length = lengths[i] + 1 + (n % 5);
      const answer = await append(i, 1 + (n % 5));
      if (!answer.ok) throw new Error(answer.fault.message);
      say([i, length]);
    }
  };
  await Promise.all(logs.map((_, i) => forever(i)));
} else if (mode === "limit") {
  if (!limitFileSize(200_000)) {
    say("unlimited");
    process.exit(0);
  }
  let full;
  let acknowledged = 0;
  while (full === undefined) {
    const answer = await append(0, 1);
    if (answer.ok) acknowledged += 1;
    else full = answer.fault;
  }
  lengths[0] = acknowledged;
  const again = await append(0, 1);
  lengths[0] = acknowledged;
  const readable = (await storage.read(logs[0], 0, 1e9)).value?.length;
  limitFileSize(undefined);
  for (let n = 0; n < 30; n++) {
    const answer = await append(0, 1);
    if (!answer.ok) throw new Error(answer.fault.message);
  }
  say({ full, again: again.fault, acknowledged, readable });
  await storage.close();
}
