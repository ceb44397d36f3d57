/** `herdmind join`: this machine takes part in a swarm, and stays as a node. */

import { hostname, userInfo } from "node:os";
import { feed, nodeLogOf } from "@herdmind/local";
import type { FeedEvent } from "@herdmind/local/client";
import type { JsonObject, RecordBody } from "@herdmind/protocol";
import { join, type Logger, openNode, type Peer } from "herdmind";
import { holdsPeer } from "./asking.js";
import { EXIT, type ExitCode, type Failure, refusedBy, wrongUsage } from "./exit-codes.js";
import { failureOf } from "./failure-of.js";
import type { HttpFlags } from "./http-flags.js";
import { type MeshFlags, meshOf } from "./mesh-flags.js";
import { rows } from "./output.js";
import { oneLine } from "./printable.js";
import { type ProfileFlags, profileOf } from "./profile-flags.js";
import { askSecret } from "./prompts.js";
import { bothLoggers, type Shell } from "./shell.js";
import { showFreshness } from "./show.js";
import { showEvent } from "./show-event.js";
import { isFailure, readTextInput } from "./standard-input.js";
import { stayUp } from "./stay-up.js";

export interface JoinFlags extends MeshFlags, ProfileFlags, HttpFlags {
  readonly name?: string;
  readonly once?: boolean;
  readonly carry?: "own" | "swarm" | "all";
}

/** What the mesh listens on in Node. */
const LISTENABLE = /^\/ip[46]\/[0-9a-fA-F.:]+\/tcp\/\d{1,5}(?:\/ws)?$/;

/** How long `--once` waits for the swarm: several attempts to connect, and a newcomer's first copy of canon. */
const ONCE_MS = 30_000;

/** How long it then waits for canon to say whether it counts: an orchestrator that is up says so in well under a second. */
const VERDICT_MS = 3_000;

/** What this peer is called in the swarm, unless it says so itself. */
const defaultName = (): string => `${userInfo().username}@${hostname()}`.slice(0, 100);

const ticketOf = async (shell: Shell, given: string | undefined): Promise<string | undefined | Failure> => {
  if (given === "-") return readTextInput(shell.io);
  if (given !== undefined || holdsPeer(shell.dir)) return given;
  if (shell.interactive) return askSecret(shell, "Ticket");
  return wrongUsage(
    `There is no ticket, and ${shell.dir} holds no peer yet: herdmind join TICKET, or herdmind join - to read it from standard input.`,
  );
};

export const joinSwarm = async (shell: Shell, given: string | undefined, flags: JoinFlags): Promise<ExitCode> => {
  const { dir, output, interrupt } = shell;
  const ticket = await ticketOf(shell, given);
  if (isFailure(ticket)) return output.fail(ticket);
  const wrong = flags.listen?.find((address) => !LISTENABLE.test(address));
  if (wrong !== undefined)
    return output.fail(
      wrongUsage(`--listen "${wrong}" is no address of the mesh: /ip4/0.0.0.0/tcp/4880, or with /ws for WebSockets.`),
    );
  const mesh = meshOf(flags);
  const profile = profileOf(flags);
  const how = {
    ...(profile === undefined ? {} : { profile }),
    ...(flags.carry === undefined ? {} : { carry: flags.carry }),
    ...(mesh === undefined ? {} : { mesh }),
  };
  using nodeLog = await nodeLogOf(dir);
  const logger = bothLoggers(shell.logger, nodeLog.log);
  let peer: Peer;
  try {
    peer =
      ticket === undefined
        ? await openNode({ dir, logger, ...how })
        : await join(ticket, { name: flags.name ?? defaultName(), dir, logger, ...how });
  } catch (error) {
    const failure = failureOf(error);
    // An address that is taken.
    const isTaken = failure.rule === "T3" && failure.message.startsWith("The mesh");
    return output.fail(
      isTaken
        ? { ...failure, message: `${failure.message} Choose it with --listen.`, code: EXIT.unavailable }
        : failure,
    );
  }
  if (peer.role === "orchestrator") {
    await peer.close();
    return output.fail(
      wrongUsage(`${dir} holds the orchestrator of "${peer.swarmName}": start it with "herdmind up".`),
    );
  }
  if (interrupt.signal.aborted) {
    await peer.close();
    return interrupt.code ?? EXIT.interrupted;
  }
  return await (flags.once === true ? joinOnce(shell, peer) : stay(shell, peer, nodeLog.log, flags));
};

const describe = (peer: Peer, dir: string, synced: boolean) => {
  const { swarm, swarmName, id, name, role, addresses } = peer;
  const { connection, immunizations, freshness } = peer.stats();
  return {
    swarm,
    swarmName,
    id,
    name,
    role,
    dir,
    addresses,
    pid: process.pid,
    connection,
    synced,
    immunizations,
    freshness,
  };
};

const answer = ({ output, dir }: Shell, peer: Peer, synced: boolean, url?: string): void => {
  const value = { ...describe(peer, dir, synced), ...(url === undefined ? {} : { http: url }) };
  output.answer(value, (paint) =>
    rows(paint, [
      ["joined", `${paint("bold", oneLine(value.swarmName))} ${paint("dim", value.swarm)}`],
      ["as", `${oneLine(value.name)}, role ${value.role}`],
      ["reached at", value.addresses.map((address) => oneLine(address)).join(" ") || "none"],
      ...(url === undefined ? [] : [["http", oneLine(url)] as const]),
      ["data", oneLine(dir)],
      ...(synced
        ? [["canon", `${value.immunizations} immunizations; ${showFreshness(value.freshness)}`] as const]
        : []),
    ]),
  );
};

/** What canon says of this peer; nothing where it has judged another ticket of it only, with which it had joined before. */
const memberOf = (peer: Peer): RecordBody<"member"> | undefined => {
  const member = peer.canon.view.members.get(peer.id);
  const newest = peer.logs.ofWriter(peer.id).find(({ next }) => next === undefined);
  return member?.status === "refused" && member.invitation !== newest?.membership.invitations.at(-1)?.id
    ? undefined
    : member;
};

/** Why canon does not count this peer, if it does not (A3). */
const refusedByCanon = (peer: Peer): Failure | undefined => {
  const member = memberOf(peer);
  return member?.status === "refused"
    ? refusedBy("A3", `The swarm did not admit this peer: ${member.reason ?? "no reason is given"}`)
    : undefined;
};

/** Resolves with canon's word on this peer's membership, or after `VERDICT_MS`: a newcomer's first block is judged once canon was fetched. */
const judged = async (peer: Peer, signal: AbortSignal): Promise<void> => {
  if (peer.role === "observer" || peer.role === "relay" || peer.stats().freshness.asOf === undefined) return;
  const waiting = AbortSignal.any([signal, AbortSignal.timeout(VERDICT_MS)]);
  await new Promise<void>((resolve) => {
    const stop = peer.canon.subscribe(() => done());
    const done = (): void => {
      if (!waiting.aborted && memberOf(peer) === undefined) return;
      stop();
      waiting.removeEventListener("abort", done);
      resolve();
    };
    waiting.addEventListener("abort", done);
    done();
  });
};

const joinOnce = async (shell: Shell, opened: Peer): Promise<ExitCode> => {
  const { output, interrupt } = shell;
  await using peer = opened;
  const patience = AbortSignal.timeout(ONCE_MS);
  const unreachable = new AbortController();
  let failed = 0;
  const stop = peer.on("connection", ({ state, why }) => {
    if (state === "offline") failed += 1;
    if (failed >= peer.addresses.length) unreachable.abort(new Error(why));
  });
  try {
    await peer.synced(AbortSignal.any([patience, unreachable.signal, interrupt.signal]));
    await peer.canon.settled();
  } catch (error) {
    if (interrupt.signal.aborted) return interrupt.code ?? EXIT.interrupted;
    const why =
      unreachable.signal.aborted && error instanceof Error ? error.message : `no answer within ${ONCE_MS / 1000} s`;
    return output.fail(
      refusedBy(
        "unavailable",
        `Joined "${peer.swarmName}", and everything local works; but nothing could be fetched: ${why}. Try again with "herdmind join --once".`,
      ),
    );
  } finally {
    stop();
  }
  await judged(peer, interrupt.signal);
  if (interrupt.signal.aborted) return interrupt.code ?? EXIT.interrupted;
  const refused = refusedByCanon(peer);
  if (refused !== undefined) return output.fail(refused);
  answer(shell, peer, true);
  return EXIT.ok;
};

const stay = (shell: Shell, peer: Peer, log: Logger, http: HttpFlags): Promise<ExitCode> => {
  const { output } = shell;
  // Of the feed, what a person who keeps a node running wants to see.
  const tell = (event: FeedEvent): void => {
    if (event.event === "member" && (event.member as JsonObject).writer === peer.id) {
      const refused = refusedByCanon(peer);
      if (refused !== undefined) output.fail(refused);
    }
    const isNews =
      event.event === "alarm" ||
      event.event === "refused" ||
      (event.event === "connection" && event.state !== "connecting");
    if (isNews) output.note(showEvent(output.paint, event));
  };
  return stayUp(shell, peer, {
    log,
    http,
    ready: (_, url) => {
      answer(shell, peer, false, url);
      // Canon may have said so long ago: then the feed says nothing of it.
      const refused = refusedByCanon(peer);
      if (refused !== undefined) output.fail(refused);
      output.note("");
      output.note(
        "Ctrl-C ends it; what is reported here stays on disk and travels when somebody of the swarm can be reached.",
      );
    },
    follow: (node) => feed(node, tell),
  });
};
