/** News of the company a node is in: who came and left, which searches began and ended. What is merely renewed is no news. */
import type { Fingerprint, WriterId } from "@herdmind/protocol";
import type { SwarmEphemerals } from "@herdmind/sync";
import type { Said } from "./say.js";

/** Somebody is here, or has said goodbye. Whoever just falls silent is missing in `present()` after 45 s, without an event. */
export interface PresentNews {
  readonly writer: WriterId;
  readonly name: string;
  readonly isHere: boolean;
}

/** An agent began to search a problem, or has ended. A claim that expires ends without an event. */
export interface ClaimNews {
  readonly writer: WriterId;
  readonly fingerprint: Fingerprint;
  readonly isHeld: boolean;
}

/** Peers, and claims, of which something was told: more than this many, and the oldest are told of again. */
const MAX_TOLD = 4096;

/** Calls back with what is new; gives what stops it. */
export const followCompany = (
  ephemerals: SwarmEphemerals,
  onPresent: (news: PresentNews) => void,
  onClaim: (news: ClaimNews) => void,
  onSaid: (said: Said) => void,
): (() => void) => {
  const namesByWriter = new Map<string, string>();
  const begun = new Map<string, true>();
  const remember = <Value>(told: Map<string, Value>, key: string, value: Value): void => {
    told.set(key, value);
    if (told.size > MAX_TOLD) told.delete(told.keys().next().value as string);
  };
  const stops = [
    ephemerals.onPresence((writer) => {
      const presence = ephemerals.presences().find((one) => one.writer === writer);
      const known = namesByWriter.get(writer);
      if (presence === undefined) {
        namesByWriter.delete(writer);
        if (known !== undefined) onPresent({ writer, name: known, isHere: false });
      } else if (known === undefined || presence.renewals === 0) {
        remember(namesByWriter, writer, presence.body.name);
        onPresent({ writer, name: presence.body.name, isHere: true });
      }
    }),
    ephemerals.onMessage(({ writer, message, origin }) => {
      // A peer knows what it said itself.
      if (origin !== undefined) onSaid({ ...message, from: writer });
    }),
    ephemerals.onClaim((subject, writer) => {
      const fingerprint = subject as Fingerprint;
      const key = `${writer}/${fingerprint}`;
      const claim = ephemerals.claims(fingerprint).find((one) => one.writer === writer);
      const wasHeld = begun.has(key);
      if (claim?.body.begun === true && (!wasHeld || claim.renewals === 0)) {
        remember(begun, key, true);
        onClaim({ writer, fingerprint, isHeld: true });
      } else if (claim === undefined && wasHeld) {
        begun.delete(key);
        onClaim({ writer, fingerprint, isHeld: false });
      }
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
};
