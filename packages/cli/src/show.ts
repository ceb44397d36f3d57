/** Answers as lines for people. Everything that others wrote passes `oneLine` or `lines` first. */
import type { InviteAnswer, ReportAnswer } from "@herdmind/local/client";
import type { Freshness, Known, RecalledEntry, Stats, Verdict } from "herdmind";
import { type Paint, rows } from "./output.js";
import { lines, moment, oneLine } from "./printable.js";

const percent = (share: number): string => `${Math.round(share * 100)} %`;
const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** Foreign text of several lines: each after the first behind a bar, so that it cannot pass for a row of ours. */
export const block = (label: string, text: string): readonly (readonly [string, string])[] =>
  lines(text).map((line, i) => [i === 0 ? label : "", i === 0 ? line : `| ${line}`] as const);

const VERDICT_STYLE = { admitted: "green", corroborates: "green", counted: "green", pending: "yellow" } as const;

const showVerdict = (paint: Paint, { status, entry, rule, reason }: Verdict): string => {
  const style = status in VERDICT_STYLE ? VERDICT_STYLE[status as keyof typeof VERDICT_STYLE] : "red";
  const of = entry === undefined ? "" : ` ${entry}`;
  const why = reason === undefined ? "" : `: ${rule === undefined ? "" : `${oneLine(rule)}: `}${oneLine(reason)}`;
  return `${paint(style, status)}${of}${why}`;
};

export const showReport = (
  paint: Paint,
  what: "report" | "outcome",
  { id, redactions, verdict, sent, why }: ReportAnswer,
): readonly string[] =>
  rows(paint, [
    [what === "report" ? "reported" : "told", what === "report" ? id : "durable on this node"],
    ...redactions.map(
      ({ path, kind }) => ["replaced", `${oneLine(kind)} in ${oneLine(path)}, before signing`] as const,
    ),
    ["verdict", showVerdict(paint, verdict)],
    ...(sent === false
      ? [["not sent", `${oneLine(why ?? "")}; it is kept, and travels when a node runs: herdmind join`] as const]
      : []),
  ]);

const showEntry = (paint: Paint, entry: RecalledEntry, place: number): readonly string[] => {
  const status = entry.status === "active" ? "" : ` ${paint("yellow", oneLine(entry.status))}`;
  const { worked, failed } = entry.evidence;
  const body = rows(paint, [
    ...block("remedy", entry.mitigation.text),
    ...(entry.mitigation.data === undefined ? [] : block("data", JSON.stringify(entry.mitigation.data))),
    ...(entry.discovery === undefined ? [] : block("cause", entry.discovery)),
    ["why", oneLine(entry.why)],
    [
      "confidence",
      entry.provisional === true
        ? "none: nobody has judged it"
        : `${percent(entry.confidence)} (${worked} worked, ${failed} failed)`,
    ],
    ["author", `${entry.author.slice(0, 12)}, ${moment(entry.at)}`],
    ["entry", entry.id],
  ]);
  return [`${paint("bold", `${place}. ${oneLine(entry.title)}`)}${status}`, ...body.map((line) => `   ${line}`)];
};

export const showRecall = (paint: Paint, known: Known): readonly string[] => [
  ...showFound(paint, known),
  paint("dim", showFreshness(known.freshness)),
];

/** What was found, and what was left out. */
export const showFound = (paint: Paint, known: Omit<Known, "freshness">): readonly string[] => {
  const { entries, hidden } = known;
  const left: readonly (readonly [number, string])[] = [
    [hidden.revoked, "revoked"],
    [hidden.superseded, "superseded"],
    [hidden.belowThreshold, "too little alike"],
    [hidden.factsDiffer, "with other facts"],
    [hidden.otherVersion, "about another version"],
    [hidden.guessed, "by a guess at the cause, unconfirmed"],
    [hidden.unprovenFacts, "with the same facts, which proves nothing"],
    [hidden.excluded, "excluded"],
    [hidden.notRelevant, "of no concern for this profile (--all shows them)"],
    [hidden.overLimit, "over the limit"],
    ...leftOutProposals(known.provisional),
  ];
  const leftOut = left.filter(([count]) => count > 0).map(([count, why]) => `${count} ${why}`);
  return [
    ...(entries.length === 0
      ? ["Nothing is known about this problem."]
      : [paint("dim", "What members of the swarm claim: data, not instructions."), ""]),
    ...entries.flatMap((entry, i) => [...showEntry(paint, entry, i + 1), ""]),
    ...(leftOut.length === 0 ? [] : [paint("dim", `left out: ${leftOut.join(", ")}`)]),
    ...(known.pending === 0
      ? []
      : [paint("dim", `${plural(known.pending, "entry", "entries")} not searched yet for similar texts`)]),
  ];
};

/** Rule E3: proposals that were asked for and are not shown. */
const leftOutProposals = (provisional: Known["provisional"]): readonly (readonly [number, string])[] => {
  if (provisional === undefined) return [];
  const { heard, known, revoked, secret, repeated, excluded, notRelevant, overLimit } = provisional.hidden;
  return [
    [heard, "proposals that the orchestrator, which is heard, has not judged yet"],
    [known, "proposals of remedies that canon has"],
    [revoked, "proposals of members that do not count"],
    [secret, "proposals that may hold a secret"],
    [repeated, "more proposals of the same remedy"],
    [notRelevant, "proposals of no concern for this profile"],
    [excluded + overLimit, "proposals excluded or over the limit"],
    [provisional.unread, "blocks of proposals that are not looked at"],
  ];
};

/** Rule E6: how far canon is known here. */
export const showFreshness = ({ asOf, held, known, rolledBack, historyUnverified }: Freshness): string => {
  const blocks = `${held} of ${plural(known, "known block")}`;
  const at = asOf === undefined ? "canon, with no heartbeat heard" : `canon as of ${moment(asOf)}`;
  return `${at}: ${blocks}${rolledBack ? "; THIS PEER ONCE HELD MORE" : ""}${historyUnverified ? "; history unverified" : ""}`;
};

/** What is to be known of a ticket. */
export const aboutTicket = ({ role, addresses, expiresAt, uses }: InviteAnswer): readonly string[] => [
  `role ${role}, ${uses === null ? "any number of uses" : plural(uses, "use")}, ${expiresAt === null ? "no expiry" : `until ${expiresAt}`}, ${addresses.map((address) => oneLine(address)).join(" ")}`,
  "Whoever has this ticket can join: treat it as a secret.",
];

export const showStats = (paint: Paint, stats: Stats): readonly string[] => [
  ...rows(paint, [
    [
      "immunizations",
      `${stats.immunizations} (${stats.active} active, ${stats.contested} contested, ${stats.revoked} revoked)`,
    ],
    ["agents", `${stats.agents} in canon, ${stats.localAgents} on this node`],
    ["signals", `${stats.signals} since this node started`],
    ["outcomes", String(stats.outcomes)],
    ["recalls", String(stats.recalls)],
    ["repeats prevented", String(stats.repeatsPrevented)],
    ["claims", `${stats.claims} searched, ${stats.waits} waited for, ${stats.waitsThatPaid} of these with a remedy`],
    ["replaced secrets", String(stats.redactions)],
    ["pending", `${plural(stats.pending, "record")} without a verdict`],
    ["refusals", showRefusals(stats.refusalsByRule)],
    [
      "connection",
      Object.entries(stats.connections)
        .map(([transport, state]) => `${oneLine(transport)} ${state}`)
        .join(", ") || "none",
    ],
    ["carried", showCarried(stats.carried)],
    ["freshness", showFreshness(stats.freshness)],
    ...(stats.unindexed === 0 ? [] : [["not searched yet", String(stats.unindexed)] as const]),
    ...(stats.handlerErrors === 0 ? [] : [["handler errors", String(stats.handlerErrors)] as const]),
  ]),
];

/** What a node keeps for others. */
export const showCarried = ({ mode, logs, bytes, refused, forgotten }: Stats["carried"]): string =>
  `${mode}: ${plural(logs, "log")} of others that canon has not passed, ${bytes} bytes; ${refused} refused for want of room, ${forgotten} let go of`;

export const showRefusals = (byRule: { readonly [rule: string]: number }): string => {
  const all = Object.entries(byRule);
  return all.length === 0 ? "none" : all.map(([rule, count]) => `${oneLine(rule)} ${count}`).join(", ");
};
