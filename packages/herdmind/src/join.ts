/** A newcomer joins a swarm with a ticket, or comes back to one: the same in Node and in a browser. */
import { type Embedder, type Profile, readProfile } from "@herdmind/experience";
import { acceptTicket, mayAppend, readTicket, refuse, type Ticket, verifyChain } from "@herdmind/protocol";
import type { CarryLimits, CarryMode, TransportFactory } from "@herdmind/sync";
import { refusalError } from "./failure.js";
import type { HostingPeer } from "./hosting.js";
import { closeParts, createNode, openParts } from "./node.js";
import type { Logger } from "./peer.js";
import type { Platform } from "./platform.js";
import type { OpenedDirectory, PeerFile, Vault } from "./vault.js";

export interface JoinOptions {
  /** What this peer is called, for people. */
  readonly name: string;
  /** Default: in memory, gone with the process. */
  readonly dir?: string;
  /**
   * What is kept for others beside canon. `own` (default in browsers): nothing. `swarm` (default in Node): what others proposed and
   * canon has not taken yet, so that it arrives through whoever meets the orchestrator first. `all`: every log of the swarm, as a
   * cache or an auditor.
   */
  readonly carry?: CarryMode;
  /** Bounds of it; default for `swarm`: 256 MiB and 4,096 logs, a quarter of the bytes and 256 logs of each member. */
  readonly carryLimits?: Partial<CarryLimits>;
  /** `true`: recalls also answer provisionally unless they say otherwise (see `RecallQuery`). Default `false`. */
  readonly provisional?: boolean;
  /** Other addresses than the ticket's. */
  readonly addresses?: readonly string[];
  /** `false`: stay offline. */
  readonly connect?: boolean;
  /** How the swarm is reached; default: through the relays among the addresses. */
  readonly transports?: readonly TransportFactory[];
  /**
   * What its agents work on. Kept with the peer; recalls leave out, and count, what does not concern it, unless they say otherwise.
   * It is not told to anybody else. Default: the one kept before, or none: everything concerns.
   */
  readonly profile?: Profile;
  /**
   * Finds by meaning what words do not find, for questions in words; see `@herdmind/embeddings`. It stays the caller's: several nodes
   * may share one, and who opened it closes it. Default: none.
   */
  readonly embedder?: Embedder;
  readonly now?: () => number;
  readonly logger?: Logger;
}

/** Clocks differ; the orchestrator's is the one that counts (rule A3). This much is let pass before a ticket is called expired. */
const CLOCK_SKEW_MS = 300_000;

/** Joins the swarm of a ticket. Works offline: the key is made here and countersigned here. Throws a `HerdmindError`. */
export const joinOn = async (platform: Platform, ticketText: string, options: JoinOptions): Promise<HostingPeer> => {
  const ticket = await readTicket(ticketText);
  if (!ticket.ok) throw refusalError(ticket);
  const opened = await platform.open(options.dir);
  if (!opened.ok) throw refusalError(opened);
  try {
    const now = options.now ?? Date.now;
    const peer = await peerOf(opened.value.vault, ticket.value, options, now());
    return await openPeer(platform, opened.value, peer, options);
  } catch (error) {
    await opened.value.storage.close();
    throw error;
  }
};

const peerOf = async (vault: Vault, ticket: Ticket, options: JoinOptions, nowMs: number): Promise<PeerFile> => {
  const saved = await vault.peer();
  if (!saved.ok) throw refusalError(saved);
  const addresses = options.addresses ?? ticket.addresses;
  const profile = options.profile === undefined ? saved.value?.profile : profileOf(options.profile);
  if (saved.value !== undefined) {
    const known = saved.value;
    if (known.genesis.swarm !== ticket.genesis.swarm) {
      throw refusalError(
        refuse(
          "T1",
          "none",
          `This ticket is for swarm "${ticket.genesis.name}" (${ticket.genesis.swarm}), but ${vault.dir} belongs to "${known.genesis.name}" (${known.genesis.swarm}). Choose another directory, or a ticket of that swarm.`,
        ),
      );
    }
    if (known.invitation === undefined) {
      throw refusalError(
        refuse(
          "A2",
          "none",
          `${vault.dir} holds the orchestrator of "${known.genesis.name}" itself: open it with createSwarm (herdmind up), or join in another directory.`,
        ),
      );
    }
    // The ticket it joined with: no invitation any more, but its way back.
    if (known.invitation === ticket.invitation.id) return keep(vault, { ...known, addresses, profile });
    const membership = await verifyChain(known.chain, known.genesis);
    if (membership.ok && mayAppend(membership.value.role) && !mayAppend(ticket.role)) {
      throw refusalError(
        refuse(
          "A1",
          "none",
          `This ticket gives role ${ticket.role}, but ${vault.dir} holds a peer with role ${membership.value.role}, which can do more. Open it without a ticket, or join in another directory.`,
        ),
      );
    }
  }
  const { expiresAtMs } = ticket.invitation;
  if (expiresAtMs !== undefined && nowMs > expiresAtMs + CLOCK_SKEW_MS) {
    throw refusalError(
      refuse(
        "T1",
        "none",
        `This ticket expired at ${new Date(expiresAtMs).toISOString()}, and this machine's clock says ${new Date(nowMs).toISOString()}. Ask for a new ticket, or set the clock.`,
      ),
    );
  }
  const key = await vault.keyOrNew("peer");
  const chain = await acceptTicket(ticket, key.id, { name: options.name, nowMs });
  return keep(vault, {
    genesis: ticket.genesis,
    chain,
    addresses,
    name: options.name,
    invitation: ticket.invitation.id,
    profile,
  });
};

/** Throws a `HerdmindError` (R1) when it is none. */
export const profileOf = (given: unknown): Profile => {
  const profile = readProfile(given);
  if (!profile.ok) throw refusalError(profile);
  return profile.value;
};

const keep = async (vault: Vault, peer: PeerFile): Promise<PeerFile> => {
  await vault.savePeer(peer);
  return peer;
};

/** Opens the peer that a directory holds, as a member. */
export const openPeer = async (
  platform: Platform,
  opened: OpenedDirectory,
  peer: PeerFile,
  {
    addresses,
    profile,
    carry = platform.carry,
    carryLimits,
    provisional,
    embedder,
    connect = true,
    transports = platform.transports,
    now = Date.now,
    logger = () => undefined,
  }: Omit<JoinOptions, "name">,
): Promise<HostingPeer> => {
  const key = await opened.vault.keyOrNew("peer");
  const options = {
    opened,
    peer: {
      ...peer,
      ...(addresses === undefined ? {} : { addresses }),
      ...(profile === undefined ? {} : { profile: profileOf(profile) }),
    },
    key,
    carry,
    carryLimits,
    provisional,
    embedder,
    transports: connect ? transports : [],
    now,
    logger,
  };
  const parts = await openParts(options);
  if (!parts.ok) throw refusalError(parts);
  try {
    return await createNode(options, parts.value);
  } catch (error) {
    await closeParts(parts.value);
    throw error;
  }
};
