/** The past, as verbs: canon at a moment, the story of an entry, and proposals to import. */
import type { RecordRef, WriterId } from "@herdmind/protocol";
import {
  type Agent,
  createImporter,
  createRests,
  type Importer,
  isoTime,
  lookBack,
  type Peer,
  type RecallQuery,
  tellStory,
  toldLine,
} from "herdmind";
import type { Refused } from "./answers.js";
import { dashboardOf } from "./dashboard-state.js";
import type { ImportAnswer, ReplayAnswer, WhyAnswer } from "./history-answers.js";
import { problemOf } from "./problem-of.js";
import type { Input } from "./verb-input.js";

type Answer<T> = Promise<{ readonly ok: true; readonly value: T } | Refused>;

/** Without members that are `undefined`. */
const plain = <T>(value: unknown): T => JSON.parse(JSON.stringify(value)) as T;

export const replay = async (
  peer: Peer,
  { number, time, query }: Input<"replay">,
  signal?: AbortSignal,
): Answer<ReplayAnswer> => {
  if ((number === undefined) === (time === undefined))
    return { ok: false, rule: "R1", message: "Name one moment: number or time." };
  const { facts, ...described } = query ?? {};
  const { type, fingerprint, limit, minScore, similar, anyFacts, exclude, ...parts } = described;
  const problem = problemOf(parts);
  if (query !== undefined && problem === undefined && fingerprint === undefined)
    return {
      ok: false,
      rule: "R1",
      message: "There is nothing to look for: give problem, error, text or fingerprint.",
    };
  const asked = { problem, type, facts, fingerprint, limit, minScore, similar, anyFacts, exclude };
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) as RecallQuery;
  const found = await lookBack(peer, number === undefined ? { time: time as number } : { number }, {
    ...(query === undefined ? {} : { query: given }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (!found.ok) return { ok: false, rule: found.refusal.rule, message: found.refusal.message };
  const { past, history, viewHash, recall } = found.value;
  const entries: { [status: string]: number } = { active: 0, contested: 0, revoked: 0, superseded: 0 };
  for (const { status } of past.view.entries.values()) entries[status] = (entries[status] ?? 0) + 1;
  return {
    ok: true,
    value: plain<ReplayAnswer>({
      number: past.number,
      from: history.from,
      to: history.to,
      isNumbered: history.isNumbered,
      time: past.at === undefined ? null : isoTime(past.at),
      head: past.head ?? null,
      viewHash,
      entries,
      members: [...past.view.members.values()].filter(({ status }) => status === "admitted").length,
      aliases: past.view.aliases.size,
      recall,
    }),
  };
};

export const why = async (
  peer: Peer,
  { id, isBrief = false }: Input<"why">,
  signal?: AbortSignal,
): Answer<WhyAnswer> => {
  await peer.canon.settled();
  const { view } = peer.canon;
  const rest = createRests(signal);
  const known = isBrief ? view.entries.get(id) : undefined;
  const places = known === undefined ? undefined : await dashboardOf(peer).timeline.placesOf(known, rest, signal);
  const nameOf = (writer: Agent["id"]): string | undefined => view.members.get(writer)?.name;
  const { entry, confidence, state, see, fingerprints, steps, more, notHeld } = await tellStory(peer, id, {
    rest,
    ...(signal === undefined ? {} : { signal }),
    ...(places === undefined ? {} : { places }),
  });
  const newest = steps.findLast(({ told }) => told.standing === "canon")?.told.ref;
  const shown = entry === undefined ? undefined : { ...entry.immunization, status: entry.status, reason: entry.reason };
  return {
    ok: true,
    value: plain<WhyAnswer>({
      id,
      state,
      ...(shown === undefined
        ? {}
        : {
            entry: {
              type: shown.type,
              status: shown.status,
              reason: shown.reason,
              title: shown.title,
              mitigation: shown.mitigation,
              discovery: shown.discovery,
              fingerprint: shown.fingerprint,
              author: shown.author,
              authorName: nameOf(shown.author),
              confidence: confidence?.mean,
              worked: confidence?.worked,
              failed: confidence?.failed,
              independent: confidence?.independent,
            },
          }),
      see,
      aliases: fingerprints.slice(1),
      steps: steps.map(({ chapter, told }) => ({ chapter, ...toldLine(peer, view, told) })),
      more,
      ...(newest === undefined ? {} : { holders: holdersOf(peer, newest) }),
      notHeld: notHeld.map((writer) => ({ writer, name: nameOf(writer) })),
    }),
  };
};

const holdersOf = (peer: Peer, position: RecordRef): NonNullable<WhyAnswer["holders"]> => {
  const names = new Map(peer.present().map(({ writer, name }) => [writer, name]));
  const named = (writers: readonly WriterId[]): readonly string[] => writers.map((one) => names.get(one) ?? one);
  const { held, behind, unknown } = peer.holders(position);
  return { held: named(held), behind: named(behind), unknown: named(unknown) };
};

/** One for each agent: it knows what that agent imported, and reads it once. */
const importers = new WeakMap<Agent, Importer>();

export const importProposals = async (
  peer: Peer,
  agent: Agent,
  { proposals, isDryRun = false }: Input<"import">,
): Answer<ImportAnswer> => {
  const importer = importers.get(agent) ?? createImporter(peer, agent);
  importers.set(agent, importer);
  // Together, so that they share blocks.
  const results = await Promise.all(proposals.map((one) => importer.take(one, { isDryRun })));
  return { ok: true, value: plain<ImportAnswer>({ results }) };
};
