/** An office with agents around it, for tests of what admission decides. */
import { type AnyRecord, type EntryId, type RecordRef, record } from "@herdmind/protocol";
import { createMemoryStorage } from "@herdmind/storage-memory";
import { type Agent, carry, createSwarmFixture, type Office, type SwarmFixture } from "./swarm.fixture.js";

export interface Desk {
  readonly swarm: SwarmFixture;
  readonly office: Office;
  agent(how?: Parameters<SwarmFixture["agent"]>[1]): Promise<Agent>;
  agents(count: number): Promise<readonly Agent[]>;
  /** Appends as one block, hands it to the orchestrator and waits until it is admitted. */
  say(who: Agent, ...records: readonly AnyRecord[]): Promise<RecordRef>;
  /** The id of the entry that an agent's next signal alone makes. */
  propose(who: Agent, signal: AnyRecord): Promise<EntryId>;
}

/** `onClose` takes what must be closed at the end of the test. */
export const createDesk = async (
  onClose: (close: () => Promise<void>) => void,
  options: Parameters<SwarmFixture["office"]>[1] = {},
  storage = createMemoryStorage(),
): Promise<Desk> => {
  const swarm = await createSwarmFixture();
  const office = await swarm.office(storage, options);
  onClose(() => office.close());
  const desk: Desk = {
    swarm,
    office,
    agent: async (how = {}) => {
      const one = await swarm.agent(createMemoryStorage(), how);
      onClose(() => one.logs.close());
      return one;
    },
    agents: (count) => Promise.all(Array.from({ length: count }, () => desk.agent())),
    say: async (who, ...records) => {
      const receipt = await who.writer.append(records);
      if (!receipt.ok) throw new Error(receipt.refusal.message);
      await carry(who.logs, office.logs, receipt.log);
      await office.orchestrator.flush();
      return { ...receipt.log, sequence: receipt.sequence, index: receipt.index };
    },
    propose: async (who, signal) => {
      const before = new Set(office.canon.view.entries.keys());
      await desk.say(who, signal);
      const made = [...office.canon.view.entries.keys()].filter((id) => !before.has(id));
      if (made.length !== 1) throw new Error(`${made.length} entries were made of one signal`);
      return made[0] as EntryId;
    },
  };
  return desk;
};

export const outcome = (entry: EntryId, success: boolean): AnyRecord => record("outcome", { entry, success, at: 2 });
