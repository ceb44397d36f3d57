/**
 * The network: connections, which carry frames whole and in order until they are cut, and gossip, which may lose, repeat, delay and
 * reorder single frames. A partition cuts the connections across it, now or when somebody notices; gossip does not pass it.
 */
import type { Channel } from "@herdmind/sync";
import type { Agenda } from "./agenda.ts";
import type { Random } from "./random.ts";

export interface NetworkQuality {
  /** Longest delay of a frame on a connection, and of a gossip message. */
  readonly delayMs: number;
  readonly gossipDelayMs: number;
  readonly loss: number;
  readonly duplication: number;
}

export interface Connection {
  /** The two ends, in the order of the names. */
  readonly ends: readonly [Channel, Channel];
  /** Ends it as a broken cable: what is under way is lost, and each side notices some time later. */
  cut(): void;
  readonly isOpen: boolean;
}

export interface Network {
  connect(a: string, b: string): Connection | undefined;
  /** Delivers, or does not. */
  gossip(from: string, to: string, deliver: () => void): void;
  /** Splits the peers; `undefined` heals. */
  partition(groups: readonly (readonly string[])[] | undefined): void;
  /** Gossip loses and repeats nothing from now on. */
  calm(): void;
}

/** A side that hears nothing notices it with its next ping. */
const NOTICED_AFTER_MS = 3000;

export const createNetwork = (agenda: Agenda, random: Random, quality: NetworkQuality): Network => {
  const connections = new Set<{ readonly a: string; readonly b: string; readonly connection: Connection }>();
  let groups: readonly (readonly string[])[] | undefined;
  let isCalm = false;
  const reaches = (a: string, b: string): boolean =>
    groups === undefined || groups.some((group) => group.includes(a) && group.includes(b));

  const createConnection = (): Connection => {
    let isOpen = true;
    /** When the last frame to each end arrives: frames stay in order. */
    const arrival = [0, 0];
    const waiting = [0, 0];
    const receivers: { message: (bytes: Uint8Array) => void; close: (code: number, reason: string) => void }[] = [
      { message: () => {}, close: () => {} },
      { message: () => {}, close: () => {} },
    ];
    const closed = [false, false];
    const tell = (end: number, code: number, reason: string): void => {
      if (closed[end]) return;
      closed[end] = true;
      receivers[end]?.close(code, reason);
    };
    let isCut = false;
    const deliver = (end: number, work: () => void): void => {
      arrival[end] = Math.max(arrival[end] as number, agenda.now() + random.integer(0, quality.delayMs));
      agenda.in((arrival[end] as number) - agenda.now(), () => {
        if (!isCut && !closed[end]) work();
      });
    };
    const endOf = (mine: number): Channel => {
      const theirs = 1 - mine;
      return {
        send: (bytes) => {
          if (!isOpen || closed[mine]) return;
          const copy = bytes.slice();
          waiting[theirs] = (waiting[theirs] as number) + copy.length;
          deliver(theirs, () => {
            waiting[theirs] = (waiting[theirs] as number) - copy.length;
            receivers[theirs]?.message(copy);
          });
        },
        onMessage: (listener) => {
          (receivers[mine] as (typeof receivers)[number]).message = listener;
        },
        onClose: (listener) => {
          (receivers[mine] as (typeof receivers)[number]).close = listener;
        },
        close: (code, reason) => {
          if (!isOpen) return;
          isOpen = false;
          deliver(theirs, () => tell(theirs, code, reason));
          agenda.in(0, () => tell(mine, code, reason));
        },
        bufferedBytes: () => waiting[theirs] as number,
      };
    };
    return {
      ends: [endOf(0), endOf(1)],
      cut: () => {
        if (isCut) return;
        isCut = true;
        isOpen = false;
        for (const end of [0, 1]) agenda.in(random.integer(0, NOTICED_AFTER_MS), () => tell(end, 1006, ""));
      },
      get isOpen() {
        return isOpen;
      },
    };
  };

  return {
    connect: (a, b) => {
      if (!reaches(a, b)) return undefined;
      const connection = createConnection();
      connections.add({ a, b, connection });
      return connection;
    },
    gossip: (from, to, deliver) => {
      const copies = isCalm ? 1 : random.chance(quality.loss) ? 0 : random.chance(quality.duplication) ? 2 : 1;
      for (let i = 0; i < copies; i++) {
        agenda.in(random.integer(0, quality.gossipDelayMs), () => {
          if (reaches(from, to)) deliver();
        });
      }
    },
    partition: (next) => {
      groups = next;
      for (const one of connections) {
        if (!one.connection.isOpen) connections.delete(one);
        else if (!reaches(one.a, one.b)) one.connection.cut();
      }
    },
    calm: () => {
      isCalm = true;
      groups = undefined;
    },
  };
};
