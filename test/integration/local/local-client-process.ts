// One client of a local node: makes sure that a node is there, reports as an agent of its own, and says what it saw as one JSON line.
import { askNode, ensureNode } from "@herdmind/local/client";

const [dir = "", name = ""] = process.argv.slice(2);
const node = await ensureNode({ dir, create: "machine", patienceMs: 60_000 });
if (!node.ok) throw new Error(node.refusal.message);
const error = `cannot reach the depot of ${name.replace(/\d/g, (digit) => "abcdefghij"[Number(digit)] as string)}`;
const told = await askNode(node.value.socket, "report", { as: name, error, mitigation: `ask ${name}`, waitMs: 30_000 });
console.log(
  JSON.stringify({
    pid: node.value.pid,
    isNew: node.value.isNew,
    verdict: told?.ok === true ? told.value.verdict.status : told,
    writer: told?.ok === true ? told.value.ref.writer : undefined,
  }),
);
