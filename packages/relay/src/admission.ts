/** Who may come in, and where to: the path, then the token. */
import type { IncomingMessage } from "node:http";
import {
  accept,
  type Genesis,
  isSwarmId,
  type LogId,
  type Membership,
  parseRoom,
  type Refusal,
  type Result,
  refuse,
  SUBPROTOCOL,
  TOKEN_SUBPROTOCOL_PREFIX,
  verifyAccessToken,
} from "@herdmind/protocol";
import { CLOSE_NOT_FOUND, CLOSE_TOKEN, CLOSE_VERSION, CONTROL_ROOM, FRAMES_SUBPROTOCOL } from "@herdmind/sync";

/** Where a connection wants to go. */
export type Destination =
  | { readonly kind: "mux" }
  | { readonly kind: "control" }
  | { readonly kind: "room"; readonly log: LogId };

/** A refusal with the close code that says it. */
export interface Denial {
  readonly ok: false;
  readonly refusal: Refusal;
  readonly code: number;
}

const deny = (code: number, refused: { readonly refusal: Refusal }): Denial => ({
  ok: false,
  refusal: refused.refusal,
  code,
});

/** Reads `/herdmind/1/<swarm>`, `/<swarm>/<writer>/<generation>` or `/<swarm>/control`. */
export const readDestination = (
  url: string,
  genesis: Genesis,
): { readonly ok: true; readonly value: Destination } | Denial => {
  const [path = "", query] = url.split("?");
  if (query !== undefined && /(^|&)(token|access_token|auth)=/.test(query)) {
    return deny(
      CLOSE_TOKEN,
      refuse(
        "T2",
        "sender",
        "A token in the URL ends up in logs. Pass it as a WebSocket subprotocol, and make a new one now.",
      ),
    );
  }
  const parts = path.slice(1).split("/");
  const mux = parts[0] === "herdmind";
  if (mux && parts[1] !== "1") {
    return deny(
      CLOSE_VERSION,
      refuse("T4", "sender", `This relay speaks version 1, not ${parts[1] ?? "none"}. Update the older one.`),
    );
  }
  const swarm = mux ? parts[2] : parts[0];
  if (!isSwarmId(swarm) || parts.length > 3) {
    return deny(
      CLOSE_NOT_FOUND,
      refuse(
        "T4",
        "sender",
        "There is nothing at this path. Use /herdmind/1/<swarm> or /<swarm>/<writer>/<generation>.",
      ),
    );
  }
  if (swarm !== genesis.swarm) {
    return deny(
      CLOSE_NOT_FOUND,
      refuse("T4", "sender", `This relay serves swarm ${genesis.swarm}, not ${swarm}. Check its address.`),
    );
  }
  if (mux) return accept({ kind: "mux" } as const);
  if (parts.length === 2 && parts[1] === CONTROL_ROOM) return accept({ kind: "control" } as const);
  const room = parseRoom(path.slice(1));
  if (room === undefined)
    return deny(
      CLOSE_NOT_FOUND,
      refuse("T4", "sender", "This is not a room: <swarm>/<writer>/<generation>, base64url."),
    );
  return accept({ kind: "room", log: room.log } as const);
};

export interface Offer {
  /** The subprotocol to answer with; a client that offered any must be answered with one of them. */
  readonly chosen: string | undefined;
  readonly frames: boolean;
  readonly token: string | undefined;
}

/** What the client offered as subprotocols. */
export const readOffer = (request: Pick<IncomingMessage, "headers">): Offer => {
  const offered = (request.headers["sec-websocket-protocol"] ?? "")
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
  const frames = offered.includes(FRAMES_SUBPROTOCOL);
  const token = offered.find((each) => each.startsWith(TOKEN_SUBPROTOCOL_PREFIX));
  return {
    chosen: frames ? FRAMES_SUBPROTOCOL : offered.includes(SUBPROTOCOL) ? SUBPROTOCOL : offered[0],
    frames,
    token: token?.slice(TOKEN_SUBPROTOCOL_PREFIX.length),
  };
};

/** Checks version and token. */
export const checkOffer = async (
  offer: Offer,
  genesis: Genesis,
  nowMs: number,
): Promise<Result<Membership> | Denial> => {
  if (offer.chosen !== SUBPROTOCOL && offer.chosen !== FRAMES_SUBPROTOCOL) {
    return deny(
      CLOSE_VERSION,
      refuse(
        "T4",
        "sender",
        `Offer the subprotocol ${SUBPROTOCOL} beside the token. This relay speaks no other version.`,
      ),
    );
  }
  if (offer.token === undefined) {
    return deny(
      CLOSE_TOKEN,
      refuse("T2", "sender", `There is no token. Offer ${TOKEN_SUBPROTOCOL_PREFIX}<token> as a WebSocket subprotocol.`),
    );
  }
  const membership = await verifyAccessToken(offer.token, genesis, nowMs);
  return membership.ok ? membership : deny(CLOSE_TOKEN, membership);
};
