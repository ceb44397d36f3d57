/** Joining a swarm from a page, and coming back to it after a reload, with or without a network. */
import { deferredParts } from "@herdmind/experience";
import { checkEd25519, type Result, readTicket, refuse } from "@herdmind/protocol";
import type { TransportFactory } from "@herdmind/sync";
import { viaRelay } from "@herdmind/websocket";
import { refusalError } from "../failure.js";
import type { HostingPeer } from "../hosting.js";
import { type JoinOptions, joinOn, openPeer } from "../join.js";
import type { Logger, Peer } from "../peer.js";
import type { Platform } from "../platform.js";
import { loadRules } from "../redact.js";
import type { OpenedDirectory } from "../vault.js";
import { type BrowserPeer, createBrowserEmitter, createBrowserPeer } from "./browser-peer.js";
import { openBrowserDirectory } from "./open-browser-directory.js";
import { createLead } from "./serve-tabs.js";
import { createTabLink } from "./tab-link.js";

export interface BrowserJoinOptions extends Omit<JoinOptions, "dir"> {
  /** Names this peer's databases in IndexedDB; tabs that give the same one are one peer. Default: `name`. */
  readonly dir?: string;
}

export interface OpenBrowserOptions extends Omit<JoinOptions, "name" | "dir"> {
  readonly dir: string;
}

const transports: readonly TransportFactory[] = [viaRelay()];

interface Opening {
  readonly dir: string;
  readonly now?: () => number;
  readonly logger?: Logger;
}

/** `first`: opens the node when no tab leads yet. Later, when this tab takes over, the databases hold all that is needed. */
const openTab = async (
  { dir, now = Date.now, logger = () => undefined }: Opening,
  first: (platform: Platform) => Promise<HostingPeer>,
  again: (platform: Platform) => Promise<HostingPeer>,
): Promise<BrowserPeer> => {
  const ed25519 = await checkEd25519();
  if (!ed25519.ok) throw refusalError(ed25519);
  const emitter = createBrowserEmitter(logger);
  let node: Peer | undefined;
  // Soon needed by whoever reports; a page that is offline by then has it.
  loadRules().catch(() => undefined);
  const link = await createTabLink({
    dir,
    onEvent: (name, event) => emitter.emit(name as "alarm", event as unknown as { readonly message: string }),
    onRole: (role) => emitter.emit("tab", { role }),
    onTrouble: (message) => logger({ level: "warn", event: "tabs.trouble", message }),
    open: async (isFirst, tellAll) => {
      let closeKeys = (): void => undefined;
      const platform: Platform = {
        transports,
        carry: "own",
        open: async (): Promise<Result<OpenedDirectory>> => {
          await deferredParts;
          const opened = await openBrowserDirectory(dir, logger);
          if (opened.ok) closeKeys = opened.value.closeKeys;
          return opened;
        },
      };
      try {
        const peer = await (isFirst ? first : again)(platform);
        node = peer;
        const tell: typeof tellAll = (name, event) => {
          emitter.emit(name as "alarm", event as unknown as { readonly message: string });
          tellAll(name, event);
        };
        return createLead(peer, tell, () => {
          node = undefined;
          closeKeys();
        });
      } catch (error) {
        closeKeys();
        throw error;
      }
    },
  });
  return createBrowserPeer(link, emitter, dir, () => node, now);
};

const reopen = async (
  platform: Platform,
  dir: string,
  options: Omit<JoinOptions, "name" | "dir">,
): Promise<HostingPeer> => {
  const opened = await platform.open(dir);
  if (!opened.ok) throw refusalError(opened);
  try {
    const saved = await opened.value.vault.peer();
    if (!saved.ok) throw refusalError(saved);
    if (saved.value === undefined)
      throw refusalError(refuse("S1", "none", `"${dir}" holds no peer yet in this browser: join with a ticket.`));
    return await openPeer(platform, opened.value, saved.value, options);
  } catch (error) {
    await opened.value.storage.close();
    throw error;
  }
};

/**
 * Joins the swarm of a ticket. Works offline: the key is made here, cannot be exported, and is countersigned here. A tab that finds
 * another one with the same `dir` open works through it. Throws a `HerdmindError`.
 */
export const join = async (
  ticketText: string,
  { dir: given, ...options }: BrowserJoinOptions,
): Promise<BrowserPeer> => {
  const dir = given ?? options.name;
  const ticket = await readTicket(ticketText);
  if (!ticket.ok) throw refusalError(ticket);
  const peer = await openTab(
    { ...options, dir },
    (platform) => joinOn(platform, ticketText, { ...options, dir }),
    (platform) => reopen(platform, dir, options),
  );
  const { genesis } = ticket.value;
  if (peer.swarm === genesis.swarm) return peer;
  await peer.close();
  throw refusalError(
    refuse(
      "T1",
      "none",
      `This ticket is for swarm "${genesis.name}" (${genesis.swarm}), but "${dir}" belongs to "${peer.swarmName}" (${peer.swarm}) in this browser. Choose another dir, or a ticket of that swarm.`,
    ),
  );
};

/** Opens the peer that this browser holds under `dir`, without a ticket and without a network: after a reload. S1: there is none. */
export const openNode = async ({ dir, ...options }: OpenBrowserOptions): Promise<BrowserPeer> => {
  const open = (platform: Platform) => reopen(platform, dir, options);
  return openTab({ ...options, dir }, open, open);
};
