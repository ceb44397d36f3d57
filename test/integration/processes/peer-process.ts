/**
 * A peer in a process of its own: `orchestrator DIR PORT [REACH]` or `agent DIR NAME TICKET [REACH]`. It does what it is told
 * over IPC, and says what was acknowledged. A PORT of `none` means no relay; REACH is JSON, the type `Reach`.
 */
import { viewHash } from "@herdmind/experience";
import { recordSchemas } from "@herdmind/protocol";
import { createSwarm, isSwarm, join, type Peer } from "herdmind";
import type { FromPeer, Reach, ToPeer } from "./messages.ts";

const say = (message: FromPeer): void => {
  if (process.connected) process.send?.(message);
};

/** What was not there then is taken out of this process's table of records: nothing else of it knows their versions. */
const beOld = (): void => {
  const table = recordSchemas as { [type: string]: { [version: number]: unknown } };
  for (const later of ["relevance", "memory", "memory-step", "memory-item"]) delete table[later];
  for (const versions of Object.values(table))
    for (const version of Object.keys(versions)) if (version !== "1") delete versions[Number(version)];
};

const [role = "", dir = "", ...rest] = process.argv.slice(2);
const open = (): Promise<Peer> => {
  if (role === "orchestrator") {
    const [port, reach = "{}"] = rest;
    const { mesh = false, old = false } = JSON.parse(reach) as Reach;
    if (old) beOld();
    return createSwarm({ name: "crash", dir, mesh, relay: port === "none" ? false : { port: Number(port) } });
  }
  const [name = "agent", ticket = "", reach = "{}"] = rest;
  const { old = false, ...reached } = JSON.parse(reach) as Reach;
  if (old) beOld();
  return join(ticket, { name, dir, ...reached });
};

const PACE_MS = 10;
let reporting = 0;

const reportMany = async (
  peer: Peer,
  { count, parallel, label, tags }: Extract<ToPeer, { readonly type: "report" }>,
): Promise<void> => {
  reporting += 1;
  const mine = reporting;
  let next = 0;
  const lane = async (): Promise<void> => {
    while (mine === reporting && (count === 0 || next < count)) {
      const number = next++;
      const receipt = await peer.report({
        problem: new Error(`the ${label} machine broke: part ${words(number)} is missing`),
        mitigation: `order part ${words(number)}`,
        ...(tags === undefined ? {} : { tags }),
      });
      if (!receipt.ok) {
        // A full or closing store refuses; nothing was acknowledged.
        say({ type: "failed", message: `${receipt.refusal.rule}: ${receipt.refusal.message}` });
        return;
      }
      say({ type: "acknowledged", ref: receipt.ref });
      void receipt.verdict.then((verdict) => say({ type: "verdict", status: verdict.status }));
      // Endless reporting is paced, so that the crash test measures crashes and not how much three processes can write.
      await new Promise((resolve) => (count === 0 ? setTimeout(resolve, PACE_MS) : setImmediate(resolve)));
    }
  };
  await Promise.all(Array.from({ length: parallel }, lane));
  say({ type: "done" });
};

/** Says that it is done once all are durable; their verdicts follow. */
const remember = async (peer: Peer, count: number): Promise<void> => {
  const written = new Set<string>();
  const judged = new Map<string, string>();
  const tell = (): void => {
    for (const [place, status] of judged) if (written.delete(place)) say({ type: "verdict", status });
  };
  peer.on("verdict", ({ ref, status }) => {
    judged.set(`${ref.sequence}/${ref.index}`, status);
    tell();
  });
  for (let i = 0; i < count; i++) {
    const receipt = await peer.memory("mixed").write([{ op: "put", key: `key ${i}`, value: i }]);
    if (!receipt.ok) return say({ type: "failed", message: receipt.refusal.message });
    const { ref } = receipt.value;
    written.add(`${ref.sequence}/${ref.index}`);
    say({ type: "acknowledged", ref });
    tell();
  }
  say({ type: "done" });
};

/** A number in letters: digits are masked by the fingerprint, so they would make one problem of all. */
const words = (number: number): string =>
  [...String(number)]
    .map((digit) => ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"][Number(digit)])
    .join("-");

try {
  const peer = await open();
  process.on("message", (message: ToPeer) => {
    if (message.type === "held") {
      const { view } = peer.canon;
      say({
        type: "held",
        held: {
          viewHash: viewHash(view),
          watermarks: Object.fromEntries([...view.watermarks].map(([log, head]) => [log, head.length])),
          lengths: Object.fromEntries(
            peer.logs.list().map(({ writer, generation, length }) => [`${writer}/${generation}`, length]),
          ),
          canonLength: peer.canon.head()?.length ?? 0,
          immunizations: view.entries.size,
          unknown: Object.fromEntries(view.counts.unknown),
          alarms: peer.canon.alarms().length,
          proofs: peer.logs.proofs().length,
          damage: peer.logs.damage.length,
          refusals: peer.stats().refusalsByRule,
          connections: peer.stats().connections,
        },
      });
    }
    if (message.type === "report") void reportMany(peer, message);
    if (message.type === "remember") void remember(peer, message.count);
    if (message.type === "rule" && isSwarm(peer))
      void peer.setRelevance({ name: message.name, when: { "entry.tags": "gpu" }, effect: "hide" });
    if (message.type === "pause") reporting += 1;
    if (message.type === "stop") {
      reporting += 1;
      void peer.close().then(() => process.disconnect());
    }
  });
  process.on("disconnect", () => process.exit(0));
  say(role === "orchestrator" ? { type: "ready", ticket: await peer.invite() } : { type: "ready" });
} catch (error) {
  say({ type: "failed", message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  process.exit(1);
}
