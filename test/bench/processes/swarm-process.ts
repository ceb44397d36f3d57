/** A swarm in one process: root, orchestrator, relay and disk. */
import { logKey, type RecordRef } from "@herdmind/protocol";
import { createSwarm, type Peer } from "herdmind";
import { heapUsed, serve, sharedNow } from "../frame/serve.ts";

interface Wanted {
  readonly ref: RecordRef;
  /** The remedy of a signal; of an outcome, the entry and whether it helped. */
  readonly says: string;
}

/** When blocks of agents, and blocks of canon, were durable here. */
const heldAt: number[] = [];
const canonAt: number[] = [];

let peer: Peer | undefined;
const own = (): Peer => {
  if (peer === undefined) throw new Error("there is no swarm yet");
  return peer;
};

serve({
  /**
   * Creates or reopens the swarm in `dir`; answers a ticket that any number of agents may use. On the mesh there is no relay.
   */
  open: async (dir: string, port = 0, way: "relay" | "mesh" = "relay") => {
    const before = performance.now();
    peer = await createSwarm({
      name: "bench",
      dir,
      ...(way === "mesh" ? { relay: false, mesh: true } : { relay: { port } }),
    });
    const ms = performance.now() - before;
    peer.logs.subscribe(({ membership }) => {
      const now = sharedNow();
      if (membership.role === "orchestrator") canonAt.push(now);
      else heldAt.push(now);
    });
    return { ticket: await peer.invite(), port: Number(/:(\d+)$/.exec(peer.addresses[0] ?? "")?.[1] ?? 0), ms };
  },
  /** When the last so many blocks of agents and of canon were durable here, oldest first. */
  durable: (count: number) => ({ held: heldAt.slice(-count), canon: canonAt.slice(-count) }),
  /** How many of these records are not here, below canon's watermark, after at most so many milliseconds. */
  missing: async (wanted: readonly Wanted[], patienceMs: number) => {
    const { logs, canon } = own();
    const isPassed = ({ ref }: Wanted): boolean => (canon.view.watermarks.get(logKey(ref))?.length ?? 0) > ref.sequence;
    const until = performance.now() + patienceMs;
    while (!wanted.every(isPassed) && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 50));
    const said = new Map<string, string>();
    for (const log of logs.list()) {
      for await (const { sequence, records } of logs.read(log)) {
        for (const [index, one] of records.entries()) {
          const place = `${logKey(log)}/${sequence}/${index}`;
          if (one.type === "signal") said.set(place, one.body.mitigation.text);
          else if (one.type === "outcome")
            said.set(place, `${one.body.entry} ${one.body.success ? "helped" : "did not help"}`);
        }
      }
    }
    const isHere = ({ ref, says }: Wanted): boolean => said.get(`${logKey(ref)}/${ref.sequence}/${ref.index}`) === says;
    return wanted.filter((one) => !isPassed(one) || !isHere(one)).length;
  },
  stats: () => ({ ...own().stats(), freshness: undefined }),
  blocks: () =>
    own()
      .logs.list()
      .map(({ writer, length, membership }) => ({ writer, length, role: membership.role })),
  heap: heapUsed,
  rss: () => process.memoryUsage().rss,
  /** Milliseconds of processor time so far. */
  cpu: () => (process.cpuUsage().user + process.cpuUsage().system) / 1000,
  /** Ends as a program does, so that a profile is written. */
  exit: () => process.exit(),
  close: async () => {
    await peer?.close();
    peer = undefined;
  },
});
