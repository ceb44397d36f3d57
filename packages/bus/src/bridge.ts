/**
 * A bridge: chosen events of a bus are said to the swarm as ephemeral messages, and chosen ones of other peers are published here.
 * They are hints: not stored, not repeated, not delivered to who is away. What comes in is data of another member, never an order.
 */
import type { Bus } from "./bus.js";
import { matches, nameProblem, patternProblem } from "./pattern.js";

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What a bridge needs of a peer; the one of `herdmind` has it. */
export interface BridgeChannel {
  /** Says a message to whoever is here. Refused (`ok: false`) when it is too large, or no JSON. */
  say(topic: string, body: Json): Promise<{ readonly ok: boolean; readonly refusal?: { readonly message: string } }>;
  /** Calls back with each message of another peer; gives a function that stops it. */
  on(event: "said", handler: (said: Said) => unknown): () => void;
}

interface Said {
  readonly topic: string;
  readonly body: unknown;
  /** Writer id of the peer that said it. */
  readonly from: string;
}

export interface BridgeOptions {
  /** Patterns of events that go out; default: none. */
  readonly send?: readonly string[];
  /** Patterns of messages that come in; default: none. */
  readonly receive?: readonly string[];
  /** Published names begin with this word, so that nobody takes a stranger's event for a local one; default `swarm`. */
  readonly prefix?: string;
  /** Told when a message was not taken. Default: it is only counted. */
  readonly onRefused?: (name: string, why: string) => void;
}

export interface Bridge extends Disposable {
  readonly sent: number;
  readonly received: number;
  readonly refused: number;
}

/** Throws a TypeError for what is no pattern, or no name. What came in is published as `{ body, from }` under `<prefix>.<name>`, and never sent out again. */
export const bridge = (bus: Bus<never> | Bus, channel: BridgeChannel, options: BridgeOptions = {}): Bridge => {
  const { send = [], receive = [], prefix = "swarm", onRefused = () => undefined } = options;
  const local = bus as unknown as Bus<{ readonly [name: string]: unknown }>;
  for (const problem of [nameProblem(prefix), ...receive.map(patternProblem)])
    if (problem !== undefined) throw new TypeError(problem);
  const wanted = receive.map((pattern) => pattern.split("."));
  const counts = { sent: 0, received: 0, refused: 0 };
  const refuse = (name: string, why: string): void => {
    counts.refused += 1;
    onRefused(name, why);
  };
  // What came in must not go out again, or two bridges would say it to each other for ever.
  const isForeign = (name: string): boolean => name === prefix || name.startsWith(`${prefix}.`);
  const stops = send.map((pattern) =>
    local.subscribe(pattern, (event, name) => {
      if (isForeign(name)) return;
      channel.say(name, event as Json).then(
        (said) => {
          if (said.ok) counts.sent += 1;
          else refuse(name, said.refusal?.message ?? "it was refused");
        },
        (error: unknown) => refuse(name, String(error)),
      );
    }),
  );
  stops.push(
    channel.on("said", ({ topic, body, from }) => {
      const words = topic.split(".");
      // A name from outside that is no name here matches nothing, except "**".
      if (nameProblem(`${prefix}.${topic}`) !== undefined) return refuse(topic, "its name is no name");
      if (!wanted.some((pattern) => matches(pattern, words))) return undefined;
      counts.received += 1;
      local.publish(`${prefix}.${topic}`, { body, from });
      return undefined;
    }),
  );
  return {
    get sent() {
      return counts.sent;
    },
    get received() {
      return counts.received;
    },
    get refused() {
      return counts.refused;
    },
    [Symbol.dispose]() {
      for (const stop of stops) stop();
    },
  };
};
