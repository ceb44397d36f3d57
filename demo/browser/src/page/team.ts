/** The agents of the demo, and what their tabs show each other on this screen. It is display only: it goes on while they are offline. */
export interface DemoAgent {
  readonly key: string;
  readonly name: string;
}

export const TEAM: readonly DemoAgent[] = [
  { key: "ada", name: "Ada" },
  { key: "ben", name: "Ben" },
  { key: "cem", name: "Cem" },
];

export const findAgent = (key: string | null): DemoAgent | undefined => TEAM.find((agent) => agent.key === key);

export interface KnownEntry {
  readonly id: string;
  readonly title: string;
  readonly remedy: string;
  readonly author: string;
}

export interface OwnRecord {
  readonly text: string;
  readonly isInCanon: boolean;
}

/** What an agent's leading tab says of itself. */
export interface Snapshot {
  readonly agent: string;
  readonly swarm: string;
  readonly isSwitchedOff: boolean;
  readonly isConnected: boolean;
  readonly blocks: number;
  readonly entries: readonly KnownEntry[];
  readonly own: readonly OwnRecord[];
}

type Said =
  | { readonly says: "snapshot"; readonly snapshot: Snapshot }
  | { readonly says: "hello" }
  | { readonly says: "bye"; readonly agent: string };

export interface Board {
  /** The newest snapshot of each agent with an open tab. */
  readonly byAgent: ReadonlyMap<string, Snapshot>;
  /** Tells the other tabs; `undefined`: this agent's tab closes. */
  tell(agent: string, snapshot: Snapshot | undefined): void;
}

/** `onChange`: a snapshot came, or an agent left. `onHello`: another tab was opened and wants to know. */
export const createBoard = (onChange: () => void, onHello: () => void): Board => {
  const channel = new BroadcastChannel("demo");
  const byAgent = new Map<string, Snapshot>();
  channel.onmessage = ({ data }: MessageEvent<Said>) => {
    if (data.says === "hello") onHello();
    else {
      if (data.says === "snapshot") byAgent.set(data.snapshot.agent, data.snapshot);
      else byAgent.delete(data.agent);
      onChange();
    }
  };
  const say = (said: Said): void => channel.postMessage(said);
  say({ says: "hello" });
  return {
    byAgent,
    tell: (agent, snapshot) => {
      if (snapshot === undefined) byAgent.delete(agent);
      else byAgent.set(agent, snapshot);
      say(snapshot === undefined ? { says: "bye", agent } : { says: "snapshot", snapshot });
      onChange();
    },
  };
};
