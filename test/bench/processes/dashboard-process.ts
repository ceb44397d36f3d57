/** A node that serves its dashboard over many entries, as the program does that is started on demand; and the making of these entries. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { serveNode } from "@herdmind/local";
import { createSwarm } from "herdmind";
import { serve } from "../frame/serve.ts";
import { admitted } from "../load/admitted.ts";
import { ingestLog, makeLog, makeOutcomes, memberByTicket } from "../load/logs.ts";

const AUTHORS = 20;
const PER_BLOCK = 64;
/** One entry in so many was tried, by each of those who try. */
const TRIED_EVERY = 10;
const TRYING = 3;

/** Milliseconds between two looks of the monitor, which it counts as delay. */
const RESOLUTION_MS = 1;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

const threadMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

/** Processor time of this thread, in milliseconds: all of it, and in its longest go, from one turn of the event loop to the next. */
const createGoes = () => {
  let longest = 0;
  let last = threadMs();
  let begun = last;
  const look = (): void => {
    const now = threadMs();
    longest = Math.max(longest, now - last);
    last = now;
  };
  return {
    begin: () => setInterval(look, RESOLUTION_MS),
    /** Since it was taken last. */
    take: (): { readonly own: number; readonly spent: number } => {
      look();
      const taken = { own: longest, spent: last - begun };
      longest = 0;
      begun = last;
      return taken;
    },
  };
};
const goes = createGoes();

serve({
  /** Fills a directory with entries, each about a problem of its own, some of them tried by others. */
  make: async (dir: string, entries: number) => {
    await using peer = await createSwarm({ name: "bench", dir, relay: false });
    const ticket = await peer.invite();
    const each = entries / AUTHORS;
    for (let i = 0; i < AUTHORS; i++)
      await ingestLog(peer.logs, await makeLog(await memberByTicket(ticket), each, PER_BLOCK, entries, i * each));
    await admitted(peer);
    const tried = [...peer.canon.view.entries.keys()].filter((_, i) => i % TRIED_EVERY === 0);
    for (let i = 0; i < TRYING; i++)
      await ingestLog(peer.logs, await makeOutcomes(await memberByTicket(ticket), tried, PER_BLOCK));
    await admitted(peer);
    const made = peer.canon.view.entries.size;
    if (made !== entries) throw new Error(`${made} entries were made of ${entries} proposals`);
  },
  /** Opens it, and serves its socket and its page. */
  open: async (dir: string) => {
    const peer = await createSwarm({ name: "bench", dir, relay: false });
    const served = await serveNode(peer, { dir, log: () => undefined, http: true, place: { port: 0 } });
    if (!served.ok) throw new Error(served.refusal.message);
    // What is left to do after opening (the index of texts) is not what is asked about.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    delay.enable();
    goes.begin();
  },
  /** Milliseconds since this was asked last: for which nothing else had its turn, at the longest, and of processor time. */
  blocked: () => {
    const wall = Math.max(0, delay.max / 1e6 - RESOLUTION_MS);
    delay.reset();
    return { wall, ...goes.take() };
  },
});
