/** What an agent's leading tab shows of itself: its own log, and the canon that it holds. */
import type { BrowserPeer } from "herdmind/browser";
import type { DemoAgent, OwnRecord, Snapshot } from "./team.js";

type Node = NonNullable<BrowserPeer["node"]>;

const ownRecords = async (node: Node): Promise<readonly OwnRecord[]> => {
  const { view } = node.canon;
  const found: OwnRecord[] = [];
  for (const log of node.logs.ofWriter(node.id)) {
    const judged = view.watermarks.get(`${log.writer}/${log.generation}` as Parameters<typeof view.watermarks.get>[0]);
    for await (const { sequence, records } of node.logs.read(log)) {
      for (const { type, body } of records) {
        const isInCanon = sequence < (judged?.length ?? 0);
        if (type === "signal") found.push({ text: `remedy: ${body.mitigation.text ?? ""}`, isInCanon });
        if (type === "outcome") {
          const title = view.entries.get(body.entry)?.immunization.title ?? "an entry";
          found.push({ text: `${body.success ? "worked" : "failed"}: ${title}`, isInCanon });
        }
      }
    }
  }
  return found;
};

export const takeSnapshot = async (agent: DemoAgent, node: Node, isSwitchedOff: boolean): Promise<Snapshot> => {
  const { view } = node.canon;
  const { connection, freshness } = node.stats();
  return {
    agent: agent.key,
    swarm: node.swarm,
    isSwitchedOff,
    isConnected: connection === "connected",
    blocks: freshness.held,
    entries: [...view.entries.values()].map(({ immunization: { id, title, mitigation, author } }) => ({
      id,
      title,
      remedy: mitigation.text ?? "",
      author: view.members.get(author)?.name ?? author.slice(0, 6),
    })),
    own: await ownRecords(node),
  };
};
