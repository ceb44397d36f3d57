/** `herdmind up`: a swarm, its orchestrator and its relay in this process. */
import { nodeLogOf } from "@herdmind/local";
import {
  askNode,
  DEFAULT_HOST,
  DEFAULT_MESH_PORT,
  DEFAULT_PORT,
  dialled,
  listenAt,
  MAX_ADDRESSES,
  readAddress,
  saveAddress,
  socketPath,
} from "@herdmind/local/client";
import { createSwarm, isHerdmindError, type Peer } from "herdmind";
import { EXIT, type ExitCode, refusedBy, wrongUsage } from "./exit-codes.js";
import type { HttpFlags } from "./http-flags.js";
import { type MeshFlags, meshOf } from "./mesh-flags.js";
import { rows } from "./output.js";
import { oneLine } from "./printable.js";
import { type ProfileFlags, profileOf } from "./profile-flags.js";
import { bothLoggers, type Shell } from "./shell.js";
import { stayUp } from "./stay-up.js";

export interface UpFlags extends Pick<MeshFlags, "mesh" | "mdns">, ProfileFlags, HttpFlags {
  readonly name?: string;
  readonly host?: string;
  readonly port?: number;
  readonly meshPort?: number;
  readonly advertise?: readonly string[];
}

export const up = async (shell: Shell, flags: UpFlags): Promise<ExitCode> => {
  const { dir, output, interrupt } = shell;
  const saved = await readAddress(dir);
  const host = flags.host ?? saved?.host ?? DEFAULT_HOST;
  const port = flags.port ?? saved?.port ?? DEFAULT_PORT;
  for (const address of flags.advertise ?? []) {
    if (!/^(?:wss?:\/\/[^\s/]+|\/[^\s]+)$/.test(address))
      return output.fail(
        wrongUsage(
          `--advertise "${address}" is no address: ws://HOST:PORT, wss://HOST:PORT, or a multiaddr of the mesh.`,
        ),
      );
  }
  const wantsMesh =
    flags.mesh ?? (flags.meshPort !== undefined || flags.mdns === true || saved?.meshPort !== undefined);
  const meshPort = wantsMesh ? (flags.meshPort ?? saved?.meshPort ?? DEFAULT_MESH_PORT) : undefined;
  const listen = meshPort === undefined ? undefined : listenAt(host, meshPort);
  if (wantsMesh && listen === undefined)
    return output.fail(wrongUsage(`--host "${host}" is a name; the mesh listens on an IP address, such as 0.0.0.0.`));
  const mesh = meshOf({ ...flags, mesh: wantsMesh, ...(listen === undefined ? {} : { listen }) }) ?? false;
  const profile = profileOf(flags);
  using nodeLog = await nodeLogOf(dir);
  const logger = bothLoggers(shell.logger, nodeLog.log);
  let peer: Peer;
  try {
    peer = await createSwarm({
      name: flags.name ?? "herd",
      dir,
      relay: { host, port },
      mesh,
      logger,
      ...(profile === undefined ? {} : { profile }),
    });
  } catch (error) {
    if (!isHerdmindError(error)) throw error;
    return output.fail(await upFailure(shell, error.refusal.rule, error.refusal.message));
  }
  if (interrupt.signal.aborted) {
    await peer.close();
    return interrupt.code ?? EXIT.interrupted;
  }
  const listening = Number(new URL(peer.addresses[0] ?? "").port);
  const onMesh = peer.addresses.filter((address) => address.startsWith("/"));
  const addresses = flags.advertise ?? [...dialled(host, listening), ...onMesh].slice(0, MAX_ADDRESSES);
  return await stayUp(shell, peer, {
    log: nodeLog.log,
    addresses,
    http: flags,
    ready: async (socket, url) => {
      await saveAddress(dir, { host, port: listening, meshPort: portOf(onMesh), addresses });
      const ticket = await peer.invite({ addresses });
      const { swarm, swarmName, id, role } = peer;
      if (flags.name !== undefined && flags.name !== swarmName)
        output.note(`--name is for a new swarm: this directory holds ${oneLine(swarmName)}, which keeps its name.`);
      const value = {
        swarm,
        swarmName,
        id,
        role,
        dir,
        socket,
        pid: process.pid,
        addresses,
        ticket,
        ...(url === undefined ? {} : { http: url }),
      };
      output.answer(value, (paint) => [
        ...rows(paint, [
          ["swarm", `${paint("bold", oneLine(swarmName))} ${paint("dim", swarm)}`],
          ...addresses.map((address, i) => [i === 0 ? "reached at" : "", oneLine(address)] as const),
          ...(url === undefined ? [] : [["http", oneLine(url)] as const]),
          ["data", oneLine(dir)],
          ["ticket", ticket],
        ]),
        "",
        "Join from elsewhere:  herdmind join TICKET      (the ticket is a secret)",
        "Ctrl-C ends it; everything stays on disk.",
      ]);
    },
  });
};

/** The TCP port of the mesh, so that a restart listens there again. */
const portOf = (multiaddrs: readonly string[]): number | undefined => {
  const found = multiaddrs.flatMap((address) => /\/tcp\/(\d+)\/p2p\//.exec(address)?.[1] ?? [])[0];
  return found === undefined ? undefined : Number(found);
};

/** Milliseconds that a node may take to say who it is: one that hangs holds its directory all the same. */
const NAMED_MS = 3000;

/** Whatever keeps a node from starting is `unavailable`; a node that is up already is named. */
const upFailure = async ({ dir, interrupt }: Shell, rule: string, message: string) => {
  if (rule === "S2") {
    const ending = AbortSignal.any([interrupt.signal, AbortSignal.timeout(NAMED_MS)]);
    const known = await askNode(socketPath(dir), "inspect", { what: "node" }, ending).catch(() => undefined);
    if (known?.ok === true) {
      const node = known.value.node;
      return refusedBy(
        "S2",
        `A node of swarm "${node?.swarmName ?? ""}" is up already in ${dir}: process ${node?.pid ?? "unknown"}. "herdmind invite" makes a ticket; to start another node, choose another directory with --dir.`,
      );
    }
  }
  const failure = refusedBy(rule, message);
  // A port that is taken (T3); of the relay's, the message names a free one.
  const flag = message.startsWith("The mesh") ? "--mesh-port" : "--port";
  return rule === "T3"
    ? { ...failure, message: `${message} Choose it with ${flag}.`, code: EXIT.unavailable }
    : failure;
};
