/** What admission asks of canon and the view does not index: kept up with its events, and derived again when canon is replaced. */
import type { CanonEvent } from "@herdmind/canon";
import type { View } from "@herdmind/experience";
import type { EntryId, WriterId } from "@herdmind/protocol";
import { type Standing, standingOf } from "./draft.js";

export interface Derived {
  take(event: CanonEvent): void;
  /** The newest time in canon: a clock that was set back must not revive a ticket. */
  latest(): number;
  standing(): Standing;
}

/** `since`: a time that was seen before canon was replaced. */
export const derive = (view: View, since = 0): Derived => {
  const users = new Map<string, Set<WriterId>>();
  const failed = new Set<EntryId>();
  let latest = since;
  const noteMember = ({
    writer,
    invitation,
    status,
    at,
  }: {
    readonly writer: WriterId;
    readonly invitation?: string | undefined;
    readonly status: string;
    readonly at: number;
  }): void => {
    latest = Math.max(latest, at);
    if (invitation === undefined || status !== "admitted") return;
    const known = users.get(invitation);
    if (known === undefined) users.set(invitation, new Set([writer]));
    else known.add(writer);
  };
  for (const member of view.members.values()) noteMember(member);
  for (const [id, entry] of view.entries) for (const success of entry.evidence.values()) if (!success) failed.add(id);
  return {
    take: (event) => {
      if (event.type !== "changed") return;
      if (event.event.type === "member") noteMember(event.event.member);
      else if (event.event.type === "evidence" && event.event.failed.length > 0)
        failed.add(event.event.entry.immunization.id);
    },
    latest: () => latest,
    standing: () => standingOf(view, users, failed),
  };
};
