/** Bare costs of this machine: what a durable write, a signature and a hash cost without any of our code around them. */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { quantile } from "../frame/figures.ts";
import { serve } from "../frame/serve.ts";

/** Writes and syncs `bytes`, `count` times; milliseconds of each. */
const fsyncLoop = async (dir: string, bytes: number, count: number): Promise<readonly number[]> => {
  const file = await open(join(dir, "fsync"), "w");
  const chunk = new Uint8Array(bytes).fill(7);
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const before = performance.now();
    await file.write(chunk);
    await file.datasync();
    times.push(performance.now() - before);
  }
  await file.close();
  return times;
};

const perSecond = async (count: number, run: (i: number) => Promise<unknown>): Promise<number> => {
  const before = performance.now();
  // As many at once as the bench's own code would have under way.
  for (let at = 0; at < count; at += 64) {
    await Promise.all(Array.from({ length: Math.min(64, count - at) }, (_, i) => run(at + i)));
  }
  return (count / (performance.now() - before)) * 1000;
};

serve({
  fsync: async (dir: string, bytes: number, count: number) => {
    const times = await fsyncLoop(dir, bytes, count);
    const total = times.reduce((sum, ms) => sum + ms, 0);
    return { perSecond: (count / total) * 1000, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
  },
  ed25519: async (count: number) => {
    const pair = (await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"])) as CryptoKeyPair;
    const message = new Uint8Array(200).fill(3);
    const signature = await crypto.subtle.sign("Ed25519", pair.privateKey, message);
    return {
      sign: await perSecond(count, () => crypto.subtle.sign("Ed25519", pair.privateKey, message)),
      verify: await perSecond(count, () => crypto.subtle.verify("Ed25519", pair.publicKey, signature, message)),
    };
  },
  sha256: (count: number) => {
    const message = new Uint8Array(400).fill(3);
    const before = performance.now();
    for (let i = 0; i < count; i++) createHash("sha256").update(message).digest();
    return (count / (performance.now() - before)) * 1000;
  },
});
