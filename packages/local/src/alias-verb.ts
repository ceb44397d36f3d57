/** Which problems an operator holds to be one, and which not. */
import { type EntryId, type Fingerprint, isEntryId, type Result, refuse } from "@herdmind/protocol";
import { isSwarm, type Peer } from "herdmind";
import type { VerbAnswer } from "./answers.js";
import type { Input } from "./verb-input.js";

type Change = NonNullable<Input<"alias">["set"]>;

/** A problem is named by its fingerprint, or by the id of one of its entries, which is what recall shows. */
const problemOf = ({ canon }: Peer, name: EntryId | Fingerprint): Fingerprint | undefined =>
  isEntryId(name) ? canon.view.entries.get(name)?.immunization.fingerprint : name;

const change = async (peer: Peer, { from, to, reason, undo = false }: Change): Promise<Result<void>> => {
  const [one, other] = [problemOf(peer, from), problemOf(peer, to)];
  if (one === undefined || other === undefined) {
    return refuse("R1", "none", `Canon has no entry ${one === undefined ? from : to}. Take an id that recall shows.`);
  }
  if (!isSwarm(peer)) {
    return refuse(
      "A2",
      "none",
      "Only the orchestrator merges problems: do this in its directory, or through its node.",
    );
  }
  return undo ? peer.unalias(one, other, reason) : peer.alias(one, other, reason);
};

export const alias = async (peer: Peer, { set }: Input<"alias">): Promise<VerbAnswer<"alias">> => {
  if (set !== undefined) {
    const done = await change(peer, set);
    if (!done.ok) return { ok: false, rule: done.refusal.rule, message: done.refusal.message };
  }
  const { aliases } = peer.canon.view;
  const all = [...aliases].map(([from, { to, reason }]) => ({ from, to, reason }));
  return { ok: true, value: { aliases: all.sort((a, b) => (a.from < b.from ? -1 : 1)) } };
};
