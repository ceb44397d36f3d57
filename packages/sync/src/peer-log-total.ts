/**
 * What all connections of a process together may remember of logs. One connection may speak of 65,536; but heads cost nothing to
 * make up, 60,000 of them are 25 MB here, and a member may open a thousand connections.
 */
export interface PeerLogTotal {
  /** A connection's part of it. */
  join(): PeerLogShare;
  /** Logs remembered now, over all connections. */
  readonly taken: number;
}

export interface PeerLogShare {
  /** Takes one more; false: there is no room, and this connection has its fair share already. */
  take(): boolean;
  /** Gives everything back. */
  leave(): void;
}

/** What every connection may have, whatever the others took: an agent's own logs and canon. At 10,000 connections 270 MB. */
const AT_LEAST = 64;

/**
 * A bound over connections. Where it is reached, those that have less than an equal share go on, so that one who makes up heads
 * shuts out himself and not the others.
 */
export const createPeerLogTotal = (limit: number): PeerLogTotal => {
  let taken = 0;
  let shares = 0;
  return {
    get taken() {
      return taken;
    },
    join() {
      let mine = 0;
      let isHere = true;
      shares++;
      return {
        take() {
          if (!isHere || (taken >= limit && mine >= Math.max(AT_LEAST, limit / shares))) return false;
          taken++;
          mine++;
          return true;
        },
        leave() {
          if (!isHere) return;
          isHere = false;
          shares--;
          taken -= mine;
        },
      };
    },
  };
};
