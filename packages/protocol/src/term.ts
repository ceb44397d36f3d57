/**
 * Terms (rule A2): a period of office of one orchestrator. A generation of canon opens with a `term` record; its grant is
 * a JWT signed by root, or the holder's own credential says `orchestrator`, which is root's word as well.
 */
import * as v from "valibot";
import { type Membership, openToken, signToken } from "./credentials.js";
import type { Genesis } from "./genesis.js";
import { isSwarmId, isWriterId, type SwarmId, type WriterId } from "./ids.js";
import type { KeyPair } from "./keys.js";
import type { AnyRecord, RecordBody } from "./records.js";
import { accept, type Result, refuse } from "./refusal.js";

const TYP = "herdmind-term+jwt";
const grantSchema = v.strictObject({
  iss: v.custom<WriterId>(isWriterId),
  sub: v.custom<WriterId>(isWriterId),
  aud: v.custom<SwarmId>(isSwarmId),
  term: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
});

/** Root's grant of a term to a holder. */
export const grantTerm = (root: KeyPair, genesis: Genesis, term: number, holder: WriterId): Promise<string> =>
  signToken(root, TYP, { iss: root.id, sub: holder, aud: genesis.swarm, term });

/** Judges the opening records of a generation whose writer's role is `orchestrator`. */
export const judgeTerm = async (
  records: readonly AnyRecord[],
  membership: Membership,
  genesis: Genesis,
): Promise<Result<RecordBody<"term">>> => {
  const bad = (why: string) => refuse("A2", "writer", `This generation of canon is not in force: ${why}.`);
  if (records[0]?.type !== "open") return bad("its first record is not an open record");
  const second = records[1];
  if (second?.type !== "term") return bad("its second record is not a term record");
  const term = second.body;
  if (term.holder !== membership.writer) return bad(`its term is held by ${term.holder}, not by its writer`);
  if (term.grant !== undefined) {
    const grant = v.safeParse(grantSchema, await openToken(term.grant, TYP, genesis.root));
    if (!grant.success || grant.output.iss !== genesis.root) return bad("its grant is not signed by root");
    if (grant.output.aud !== genesis.swarm || grant.output.sub !== term.holder || grant.output.term !== term.term) {
      return bad("its grant is for another swarm, holder or term");
    }
  } else if (membership.role !== "orchestrator") {
    return bad("its writer is not an orchestrator and shows no grant");
  }
  return accept(term);
};
