/**
 * Who is a member (A1, A3). The credential chain was verified when the log was accepted; what it cannot prove by itself is judged
 * here, once: whether its invitations had expired, by the orchestrator's clock, and how often they were used, by the member
 * records in canon.
 */
import type { Member } from "@herdmind/experience";
import type { Membership, Role, WriterId } from "@herdmind/protocol";
import type { Standing } from "./draft.js";

export interface MemberRules {
  /** Root and the orchestrator itself need no invitation. */
  readonly trusted: ReadonlySet<WriterId>;
  /** Milliseconds since 1970; never less than what canon has seen, so that a clock set back revives no ticket. */
  readonly now: number;
  /** The role of a writer whose log is held. */
  readonly roleOf: (writer: WriterId) => Role | undefined;
}

/**
 * The member records for a writer, its own last. An inviter on the chain that canon does not know yet has used an invitation as
 * well, so it is admitted and counted with the newcomer; otherwise one ticket for one use would let in any number of strangers,
 * each invited by another one nobody has seen. An agent that a member's node hosts uses none: its node did, when it joined.
 */
export const judgeMember = (
  standing: Standing,
  membership: Membership,
  { trusted, now, roleOf }: MemberRules,
): readonly Member[] => {
  const { writer, role, name, group, invitations } = membership;
  const last = invitations.at(-1);
  const invitation = last?.user === writer ? last.id : undefined;
  const own = {
    writer,
    role,
    ...(name === undefined ? {} : { name }),
    group,
    ...(invitation === undefined ? {} : { invitation }),
    at: now,
  };
  const refused = (reason: string): readonly Member[] => [{ ...own, status: "refused", reason }];
  const admitted: Member[] = [];
  for (const { id, user = writer, expiresAtMs, uses } of invitations) {
    if (trusted.has(user)) continue;
    const known = user === writer ? undefined : standing.member(user);
    if (known?.status === "admitted") continue;
    // With another ticket it may have come back since.
    if (known?.invitation === id)
      return refused(
        `It was let in by ${user}, who was refused: ${known.reason ?? "no reason is known."} Ask another member for a ticket.`,
      );
    if (expiresAtMs !== undefined && now > expiresAtMs) {
      return refused(`Invitation ${id} expired at ${new Date(expiresAtMs).toISOString()}. Ask for a new ticket.`);
    }
    const users = standing.users(id);
    if (uses !== undefined && !users.has(user) && users.size >= uses) {
      return refused(
        `Invitation ${id} was for ${uses} ${uses === 1 ? "use" : "uses"}, all taken. Ask for a new ticket.`,
      );
    }
    if (user !== writer) {
      admitted.push({
        writer: user,
        role: roleOf(user) ?? "agent",
        group,
        invitation: id,
        status: "admitted",
        at: now,
      });
    }
  }
  return [...admitted, { ...own, status: "admitted" }];
};
