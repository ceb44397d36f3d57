/** What a node keeps for others, judged by the canon that it holds. */
import type { Canon } from "@herdmind/canon";
import { countedLength } from "@herdmind/experience";
import type { Logs } from "@herdmind/log";
import { logKey, type Role, type WriterId } from "@herdmind/protocol";
import { type Carrying, type CarryLimits, type CarryMode, createCarrying } from "@herdmind/sync";

export const carryFor = async (options: {
  readonly logs: Logs;
  readonly canon: Canon;
  readonly mode: CarryMode;
  readonly limits: Partial<CarryLimits> | undefined;
  readonly role: Role;
  readonly isOwn: (writer: WriterId) => boolean;
}): Promise<Carrying> => {
  const { logs, canon, mode, limits, role, isOwn } = options;
  const carrying = await createCarrying({
    logs,
    mode,
    limits,
    isOwn,
    // What waits here waits for this peer itself.
    shows: role !== "orchestrator",
    canon: {
      passed: (log) => canon.view.watermarks.get(logKey(log))?.length ?? 0,
      counted: (log) => (canon.view.members.get(log.writer)?.status === "refused" ? 0 : countedLength(canon.view, log)),
      roleOf: (writer) => canon.view.members.get(writer)?.role,
      heardMs: () => canon.freshness().heardMs,
    },
  });
  const stop = canon.subscribe((event) => {
    if (event.type === "rebuilt") carrying.canonChanged();
    if (event.type !== "changed") return;
    if (event.event.type === "watermark") carrying.canonChanged(event.event.head);
    if (event.event.type === "member" || event.event.type === "revoked") carrying.canonChanged();
  });
  return {
    ...carrying,
    close: async () => {
      stop();
      await carrying.close();
    },
  };
};
