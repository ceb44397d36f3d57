/**
 * Members that lie together, and what they do to a swarm's answers. A corpus of problems with right and wrong remedies, played by
 * a real orchestrator over storage in memory: signed logs, admission, canon, and recall on its view; only the network is left out.
 *
 * Honest agents do what `attempt` does: they recall, try at most three remedies in the order of the answer, tell each outcome, and
 * when none works report one that does. Liars know which remedies are right.
 */
import { type Canon, followCanon } from "@herdmind/canon";
import { ballotsOf, createIndex, type Entry, QUORUM, reportersOf } from "@herdmind/experience";
import { createLogs, type Writer } from "@herdmind/log";
import { createOrchestrator } from "@herdmind/orchestrator";
import {
  type AnyRecord,
  createGenesis,
  type EntryId,
  generateKey,
  issueCredential,
  MAX_RECORDS_PER_BLOCK,
  type Problem,
  record,
  type WriterId,
} from "@herdmind/protocol";
import { createMemoryStorage } from "@herdmind/storage-memory";
import { must } from "./logs.ts";
import { seeded, word } from "./signals.ts";

/** What liars do. All propose wrong remedies before anybody else proposes anything, and praise each other's. */
export const STRATEGIES = {
  praise: "praise wrong remedies",
  blame: "also blame right ones",
  flood: "also propose four wrong ones each",
  sybils: "also invite three helpers each",
  sleepers: "honest at first, then blame and praise",
} as const;
export type Strategy = keyof typeof STRATEGIES;

export interface Scene {
  readonly strategy: Strategy;
  /** Of all members that were invited independently, 0 to 1. */
  readonly liars: number;
  readonly seed: number;
  readonly members: number;
  readonly problems: number;
  readonly rounds: number;
}

/** How the problems of a swarm are answered in the end; counts of problems, unless it says otherwise. */
export interface Answers {
  readonly problems: number;
  /** The first answer is wrong, and nothing says that it is unconfirmed. */
  readonly wrong: number;
  /** The first answer is wrong, whatever it says. */
  readonly wrongFirst: number;
  readonly unconfirmed: number;
  /** A right remedy is known, and none is listed. */
  readonly suppressed: number;
  /** Liars are fewer than a third of at least five reporters, and yet an answer is wrong and confirmed, or none that is right is listed. */
  readonly broken: number;
  /** Remedies that honest agents tried in vain, in all of the scene. */
  readonly triedInVain: number;
  /** Times that a known remedy helped one, in all of the scene. */
  readonly helped: number;
  /** Encounters of honest agents with a problem that one of them had met in a round before, in all of the scene. */
  readonly repeats: number;
  /** Those where a known remedy helped. */
  readonly avoided: number;
}

/** Counts of the whole scene, not of its end. */
export type InAll = "triedInVain" | "helped" | "repeats" | "avoided";

const TRIES = 3;
/** Problems that an honest agent meets in a round. */
const MET = 4;
const RIGHT = ["drain the queue, then restart it", "raise the limit of open files"] as const;
const WRONG = ["clear the cache", "reinstall everything", "switch the checks off", "wait an hour"] as const;

const problemOf = (n: number): Problem => ({
  error: { name: "QueueError", message: `the queue of ${word(n)} does not accept what ${word(n + 31)} sends` },
});

interface Member {
  readonly writer: Writer;
  readonly number: number;
  readonly isLiar: boolean;
  /** Those that it invited: one group with it. */
  readonly helpers: readonly Writer[];
}

const shuffled = <T>(all: readonly T[], random: () => number): readonly T[] => {
  const rest = [...all];
  for (let i = rest.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [rest[i], rest[j]] = [rest[j] as T, rest[i] as T];
  }
  return rest;
};

const signal = (problem: Problem, text: string): AnyRecord =>
  record("signal", { type: "ERROR_RESOLVED", problem, mitigation: { text }, at: 1 });
const outcome = (entry: EntryId, success: boolean): AnyRecord => record("outcome", { entry, success, at: 1 });

const append = async (writer: Writer, records: readonly AnyRecord[]): Promise<void> => {
  for (let i = 0; i < records.length; i += MAX_RECORDS_PER_BLOCK) {
    const receipt = await writer.append(records.slice(i, i + MAX_RECORDS_PER_BLOCK));
    if (!receipt.ok) throw new Error(receipt.refusal.message);
  }
};

/** Plays a scene to its end. */
export const playScene = async ({ strategy, liars, seed, members, problems, rounds }: Scene): Promise<Answers> => {
  const random = seeded(seed);
  const root = await generateKey();
  const genesis = createGenesis("poison", root.publicKey, new Uint8Array(16));
  const chainOf = async (
    sub: WriterId,
    by = root,
    above: readonly string[] = [],
    role: "agent" | "orchestrator" = "agent",
  ) => [...above, await issueCredential(by, { sub, aud: genesis.swarm, role, use: "member", iat: 1 })];
  await using logs = must(await createLogs({ genesis, storage: createMemoryStorage() }));
  await using canon = await followCanon({ logs });
  const key = await generateKey();
  await using orchestrator = must(
    await createOrchestrator({
      logs,
      canon,
      key,
      chain: await chainOf(key.id, root, [], "orchestrator"),
      now: () => 1,
    }),
  );

  const lying = Math.round(members * liars);
  const all: Member[] = [];
  for (let number = 0; number < members; number++) {
    const own = await generateKey();
    const chain = await chainOf(own.id);
    const helpers: Writer[] = [];
    const isLiar = number < lying;
    for (let i = 0; isLiar && strategy === "sybils" && i < 3; i++) {
      const helper = await generateKey();
      helpers.push(must(await logs.openWriter({ key: helper, chain: await chainOf(helper.id, own, chain) })));
    }
    all.push({ writer: must(await logs.openWriter({ key: own, chain })), number, isLiar, helpers });
  }
  const groupsOfLiars = new Set(all.filter(({ isLiar }) => isLiar).map(({ writer }) => writer.id));
  const isRight = ({ immunization }: Entry): boolean =>
    (RIGHT as readonly string[]).includes(immunization.mitigation.text);
  const entriesOf = (n: number): readonly Entry[] => {
    const { fingerprints } = createIndex(canon.view).recall({ problem: problemOf(n), similar: "never" });
    return fingerprints.flatMap((one) =>
      (canon.view.problems.get(one) ?? []).map((id) => canon.view.entries.get(id) as Entry),
    );
  };
  let triedInVain = 0;
  let helped = 0;
  let repeats = 0;
  let avoided = 0;
  /** In a round before this one. */
  const metBefore = new Set<number>();
  const metNow = new Set<number>();

  const actHonestly = ({ number }: Member): readonly AnyRecord[] => {
    const said: AnyRecord[] = [];
    const index = createIndex(canon.view);
    for (const n of shuffled([...Array(problems).keys()], random).slice(0, MET)) {
      const problem = problemOf(n);
      const { entries } = index.recall({ problem, limit: TRIES, similar: "never" });
      let works = false;
      for (const { id } of entries) {
        works = isRight(canon.view.entries.get(id) as Entry);
        said.push(outcome(id, works));
        if (works) break;
        triedInVain++;
      }
      metNow.add(n);
      if (metBefore.has(n)) {
        repeats++;
        if (works) avoided++;
      }
      if (works) helped++;
      else said.push(signal(problem, RIGHT[number % RIGHT.length] as string));
    }
    return said;
  };
  /** What it has said of entries already: said once, it stands. */
  const told = new Set<string>();
  const lie = ({ number }: Member): readonly AnyRecord[] => {
    const said: AnyRecord[] = [];
    const wrong = strategy === "flood" ? WRONG.length : 1;
    for (let n = 0; n < problems; n++) {
      for (let i = 0; i < wrong; i++) {
        const text = `${WRONG[(n + i) % WRONG.length]} of ${word(number)}`;
        if (told.has(`${number} ${n} ${i}`)) continue;
        told.add(`${number} ${n} ${i}`);
        said.push(signal(problemOf(n), text));
      }
      for (const entry of entriesOf(n)) {
        const { id } = entry.immunization;
        const right = isRight(entry);
        if (told.has(`${number} ${id}`) || (right && strategy === "praise")) continue;
        told.add(`${number} ${id}`);
        said.push(outcome(id, !right));
      }
    }
    return said;
  };

  for (let round = 0; round < rounds; round++) {
    const isAwake = strategy !== "sleepers" || round >= rounds / 2;
    const turns = shuffled(all, random).map((member) => {
      const lies = member.isLiar && isAwake;
      // Liars come first to each problem; the honest agents of a round meet it when the round before has been admitted.
      return round === 0 && isAwake && !lies && lying > 0
        ? { member, said: [] }
        : { member, said: lies ? lie(member) : actHonestly(member) };
    });
    for (const { member, said } of turns)
      if (said.length > 0) for (const writer of [member.writer, ...member.helpers]) await append(writer, said);
    await orchestrator.flush();
    for (const n of metNow) metBefore.add(n);
  }

  const answers = answersOf(canon, problems, entriesOf, isRight, groupsOfLiars);
  for (const { writer, helpers } of all) for (const one of [writer, ...helpers]) await one.close();
  return { ...answers, triedInVain, helped, repeats, avoided };
};

const answersOf = (
  { view }: Canon,
  problems: number,
  entriesOf: (problem: number) => readonly Entry[],
  isRight: (entry: Entry) => boolean,
  groupsOfLiars: ReadonlySet<WriterId>,
): Omit<Answers, InAll> => {
  const counts = { problems, wrong: 0, wrongFirst: 0, unconfirmed: 0, suppressed: 0, broken: 0 };
  const index = createIndex(view);
  for (let n = 0; n < problems; n++) {
    const entries = entriesOf(n);
    const listed = index.recall({ problem: problemOf(n), limit: Number.MAX_SAFE_INTEGER, similar: "never" }).entries;
    const right = new Set(entries.filter(isRight).map(({ immunization }) => immunization.id));
    const [first] = listed;
    const isUnconfirmed = first === undefined || first.unconfirmed === true;
    const isWrong = first !== undefined && !right.has(first.id);
    const isSuppressed = right.size > 0 && !listed.some(({ id }) => right.has(id));
    if (isWrong && !isUnconfirmed) counts.wrong++;
    if (isWrong) counts.wrongFirst++;
    if (isUnconfirmed) counts.unconfirmed++;
    if (isSuppressed) counts.suppressed++;
    const [some] = entries;
    if (some === undefined) continue;
    const reporters = reportersOf(view, some.immunization.fingerprint);
    const voting = new Set(entries.flatMap((entry) => [...ballotsOf(view, entry).balanceByGroup.keys()]));
    const lying = [...voting].filter((group) => groupsOfLiars.has(group)).length;
    if (reporters >= QUORUM && 3 * lying < reporters && ((isWrong && !isUnconfirmed) || isSuppressed)) counts.broken++;
  }
  return counts;
};
