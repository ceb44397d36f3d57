/** Who is here (E7): this node says so now and then, and lists who else does, with what they claim (E8). */
import type { Canon } from "@herdmind/canon";
import type { Position, Status } from "@herdmind/experience";
import type { Fingerprint, KeyPair, Role, WriterId } from "@herdmind/protocol";
import type { Schedule, SwarmEphemerals } from "@herdmind/sync";
import type { Announce } from "./announce.js";
import { type CanonReach, type Holders, holdersOf } from "./holders.js";

/** A peer that is here, or was a moment ago. */
export interface Present {
  readonly writer: WriterId;
  /** As it calls itself. */
  readonly name: string;
  /** By canon; `undefined` where it is not listed any more. */
  readonly role: Role | undefined;
  /** Agents that it hosts. */
  readonly agents: number;
  readonly carry: "own" | "swarm" | "all";
  /** When this node first heard of it, by its own clock: milliseconds since 1970. */
  readonly since: number;
  /** This node itself. */
  readonly isSelf: boolean;
  /** How far canon reaches there, as it says; `undefined` where it does not. */
  readonly canon: CanonReach | undefined;
  /** What it, or an agent that it hosts, is solving now. */
  readonly claims: readonly { readonly fingerprint: Fingerprint; readonly writer: WriterId; readonly since: number }[];
}

export interface PresenceParts {
  readonly key: KeyPair;
  readonly name: string;
  readonly carry: "own" | "swarm" | "all";
  readonly agents: () => number;
  readonly canon: Canon;
  readonly ephemerals: SwarmEphemerals;
  readonly announce: Announce;
  readonly now: () => number;
  readonly monotonic: () => number;
  readonly schedule: Schedule;
}

export interface PresenceKeeper {
  /** Says it at once: something of it has changed. */
  say(): void;
  present(): readonly Present[];
  /** Who of those that are present holds a record of canon. */
  holders(position: Pick<Position, "generation" | "sequence">): Holders;
  /** Says that this node leaves. */
  close(): Promise<void>;
}

/** Milliseconds between two presences, and how long one holds: two may be lost. */
const EVERY_MS = 15_000;
const LIFETIME_MS = 45_000;
/** Milliseconds within which it says that it knows of a remedy that was revoked or superseded: one message for many of them. */
const SOON_MS = 1000;
/** Characters of a name that is told: it is repeated all day. */
const MAX_NAME_CHARS = 64;

export const createPresence = (parts: PresenceParts): PresenceKeeper => {
  const { key, name, carry, agents, canon, ephemerals, announce, now, monotonic, schedule } = parts;
  const shown = name.slice(0, MAX_NAME_CHARS).toWellFormed();
  let cancel = (): void => {};
  let isSoon = false;
  let isClosed = false;
  const reach = (): CanonReach | undefined => {
    const head = canon.head();
    return head === undefined ? undefined : { generation: head.generation, length: head.length };
  };
  const tell = async (lifetimeMs: number): Promise<void> => {
    const own = reach();
    const held = own === undefined ? {} : { canon: { ...own } };
    await announce(key, "presence", { name: shown, agents: agents(), carry, lifetimeMs, ...held });
  };
  const say = (): void => {
    if (isClosed) return;
    isSoon = false;
    cancel();
    void tell(LIFETIME_MS);
    cancel = schedule(say, EVERY_MS);
  };
  const saySoon = (): void => {
    if (isSoon || isClosed) return;
    isSoon = true;
    cancel();
    cancel = schedule(say, SOON_MS);
  };
  // Nobody hears it before canon lists it (E7): then it says so at once.
  const stop = canon.subscribe((event) => {
    if (event.type === "rebuilt") say();
    if (event.type !== "changed") return;
    if (event.event.type === "member" && event.event.member.writer === key.id) say();
    if (event.event.type === "status" && HIDING.has(event.event.entry.status)) saySoon();
  });
  say();
  const present = (): readonly Present[] => {
    const clock = now() - monotonic();
    const claims = ephemerals.claims();
    return ephemerals.presences().map(({ writer, body, since }) => ({
      writer,
      name: body.name,
      role: roleIn(canon, writer),
      agents: body.agents,
      carry: body.carry,
      since: Math.round(clock + since),
      isSelf: writer === key.id,
      canon: writer === key.id ? reach() : body.canon,
      claims: claims
        .filter((claim) => claim.writer === writer || canon.view.members.get(claim.writer)?.group === writer)
        .map((claim) => ({
          fingerprint: claim.body.fingerprint,
          writer: claim.writer,
          since: Math.round(clock + claim.since),
        })),
    }));
  };
  return {
    say,
    present,
    holders: (position) => holdersOf(position, canon.history(), present()),
    async close() {
      isClosed = true;
      cancel();
      stop();
      await tell(0);
    },
  };
};

/** What becomes of a remedy that nobody should apply any more. */
const HIDING: ReadonlySet<Status> = new Set(["revoked", "superseded"]);

/** The role that canon gives a writer: the holder of the term, or a member that was admitted. */
export const roleIn = (canon: Pick<Canon, "view">, writer: WriterId): Role | undefined => {
  if (canon.view.term?.holder === writer) return "orchestrator";
  const member = canon.view.members.get(writer);
  return member?.status === "admitted" ? member.role : undefined;
};
