/** The past as lines for people. Everything that others wrote passes `oneLine` or `lines` first. */
import type { ReplayAnswer, WhyAnswer } from "@herdmind/local/client";
import type { JsonObject, JsonValue } from "@herdmind/protocol";
import type { ImportSummary } from "./import-summary.js";
import { type Paint, rows } from "./output.js";
import { oneLine } from "./printable.js";
import { block, showFound } from "./show.js";

const text = (value: JsonValue | undefined, max = 100): string =>
  value === undefined || value === null ? "" : oneLine(typeof value === "string" ? value : JSON.stringify(value), max);
const inside = (value: JsonValue | undefined): JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
const count = (value: JsonValue | undefined): number => (Array.isArray(value) ? value.length : 0);
const short = (id: JsonValue | undefined): string => text(id).slice(0, 12);

const numbering = ({ from, to, isNumbered }: Pick<ReplayAnswer, "from" | "to" | "isNumbered">): string =>
  isNumbered
    ? `blocks ${from} to ${Math.max(from, to - 1)} of canon are held here`
    : `${to} blocks of canon are held here, counted from the oldest of them: how many stand before it nothing says`;

export const showReplay = (paint: Paint, value: ReplayAnswer): readonly string[] => {
  const entries = Object.entries(value.entries).filter(([, number]) => number > 0);
  return [
    ...rows(paint, [
      ["canon after", `${value.number} of ${value.to} blocks`],
      ["written", value.time === null ? "unknown: these blocks carry no time" : text(value.time)],
      ...(value.head === null
        ? []
        : [["head", `term ${value.head.term}, ${value.head.generation}, block ${value.head.length - 1}`] as const]),
      ["entries", entries.map(([status, number]) => `${number} ${status}`).join(", ") || "none"],
      ["members", String(value.members)],
      ["aliases", String(value.aliases)],
      ["state", value.viewHash],
    ]),
    paint("dim", numbering(value)),
    ...(value.recall === undefined ? [] : ["", ...showFound(paint, value.recall)]),
  ];
};

const STATE_WORDS: { readonly [state: string]: string } = {
  entry: "an entry of canon",
  pending: "a proposal that canon has not judged yet",
  judged: "a proposal that canon has judged; no entry was made of it",
  rejected: "a proposal that canon rejected",
  ignored: "a record that canon ignored",
  revoked: "written beyond a revocation: it never counts",
  withdrawn: "was canon until a newer term went on without it; it is not canon any more",
  unknown: "nothing held here has this id",
};

/** What a record says, without its place. */
const gist = ({ type, body: value, entry }: JsonObject): string => {
  const body = inside(value);
  switch (type) {
    case "signal": {
      const problem = inside(body.problem);
      const what =
        inside(problem.error).message ?? problem.text ?? problem.purpose ?? problem.approach ?? problem.fields;
      const from = inside(inside(body.context).importedFrom);
      const origin =
        from.swarm !== undefined
          ? ` (imported from swarm ${short(from.swarm)}, entry ${text(from.entry)})`
          : from.unit !== undefined
            ? ` (imported from ${text(from.format)}, unit ${text(from.unit)})`
            : "";
      return `${text(body.type)} ${text(what)} -> ${text(inside(body.mitigation).text)}${origin} (${text(entry)})`;
    }
    case "outcome":
      return `${body.success === true ? "worked" : "failed"}: ${text(body.entry)}${body.note === undefined ? "" : `: ${text(body.note)}`}`;
    case "immunization":
      return `${text(body.title)} -> ${text(inside(body.mitigation).text)} (${text(body.id)})`;
    case "evidence":
      return `${count(body.worked)} worked, ${count(body.failed)} failed: ${text(body.entry)}`;
    case "status":
      return `${text(body.status)}: ${text(body.reason, 200)} (${text(body.entry)})${body.by === undefined ? "" : ` by ${text(body.by)}`}`;
    case "verdict":
      return `${text(body.verdict)} by ${text(body.rule)}: ${text(body.reason, 200)}`;
    case "member":
      return `${text(body.name)}, role ${text(body.role)}: ${text(body.status)} ${text(body.reason)}`.trimEnd();
    case "revoked":
      return `${short(body.writer)} from block ${Number(body.last) + 1} on: ${text(body.reason, 200)}`;
    case "memory":
    case "memory-step":
      return `${text(body.space)}: ${(body.ops as readonly JsonObject[]).map(({ op, key }) => `${text(op)} ${text(key)}`).join(", ")}`;
    case "alias":
      return `${text(body.from)} ${body.undo === true ? "is not" : "is"} ${text(body.to)}: ${text(body.reason, 200)}`;
    default:
      return text(value, 200);
  }
};

const STANDING_STYLE = { pending: "yellow", lost: "red", revoked: "red" } as const;

/** One record: number in canon, time, standing, type, writer, gist. */
const tellLine = (paint: Paint, line: JsonObject, what: string): string => {
  const { number, time, standing, ref, name, kind } = line;
  const place = number === undefined ? "-" : String(number);
  const style = STANDING_STYLE[standing as keyof typeof STANDING_STYLE];
  const mark = style === undefined ? "" : ` ${paint(style, standing === "lost" ? "not canon" : text(standing))}`;
  const who = kind === "canon" ? "orchestrator" : name === undefined ? short(inside(ref).writer) : text(name);
  return `${place.padStart(6)} ${text(time).padEnd(24)}${mark} ${paint("bold", what)} ${who}: ${gist(line)}`;
};

export const showTold = (paint: Paint, line: JsonObject): readonly string[] => {
  if (line.herdmind !== "end") return [tellLine(paint, line, text(line.type))];
  const { housekeeping, untimed, overLimit } = inside(line.leftOut);
  const left: readonly (readonly [JsonValue | undefined, string])[] = [
    [housekeeping, "that keep the logs together (--all shows them)"],
    [untimed, "without a time of canon"],
    [overLimit, "older than the newest so many (--limit)"],
  ];
  const said = left.filter(([number]) => Number(number ?? 0) > 0).map(([number, which]) => `${number} ${which}`);
  return said.length === 0 ? [] : [paint("dim", `left out: ${said.join(", ")}`)];
};

/** As far as those that are here say. */
const showHolders = ({ held, behind, unknown }: NonNullable<WhyAnswer["holders"]>): string => {
  const names = (all: readonly string[]): string => all.map((name) => oneLine(name, 60)).join(", ");
  return [
    `of the peers that are here, its newest record is held by ${held.length === 0 ? "none" : names(held)}`,
    ...(behind.length === 0 ? [] : [`not yet by ${names(behind)}`]),
    ...(unknown.length === 0 ? [] : [`not known of ${names(unknown)}`]),
  ].join("; ");
};

export const showWhy = (paint: Paint, value: WhyAnswer): readonly string[] => {
  const { entry } = value;
  return [
    ...rows(paint, [
      [value.state === "entry" ? "entry" : "id", value.id],
      ["is", STATE_WORDS[value.state] ?? text(value.state)],
      ...(entry === undefined
        ? []
        : ([
            ["status", `${text(entry.status)}${entry.reason === undefined ? "" : `: ${text(entry.reason, 300)}`}`],
            ["problem", text(entry.title, 300)],
            ...block("remedy", text(entry.mitigation.text, 2000)),
            ["author", `${text(entry.authorName) || "unnamed"}, ${entry.author}`],
            [
              "confidence",
              `${Math.round(entry.confidence * 100)} % (${entry.worked} worked, ${entry.failed} failed, ${entry.independent} independent)`,
            ],
            ["fingerprint", entry.fingerprint],
          ] as const)),
      ...value.aliases.map((alias, i) => [i === 0 ? "aliases" : "", alias] as const),
      ...(value.see === undefined ? [] : [[entry === undefined ? "see" : "superseded by", value.see] as const]),
    ]),
    ...(value.steps.length === 0 ? [] : [""]),
    ...value.steps.map((step) => tellLine(paint, step, text(step.chapter))),
    ...(value.more === 0 ? [] : [paint("dim", `${value.more} more steps: herdmind log --entry ${value.id} shows all`)]),
    ...(value.holders === undefined ? [] : [paint("dim", showHolders(value.holders))]),
    ...(value.notHeld.length === 0
      ? []
      : [
          paint(
            "dim",
            `own words not held here, only what canon says of them: ${value.notHeld.map(({ writer, name }) => text(name) || short(writer)).join(", ")}`,
          ),
        ]),
  ];
};

const PASSED_WORDS: { readonly [why in keyof ImportSummary["passed"]]: string } = {
  outcome: "outcomes, which are evidence of another swarm",
  retired: "revoked or superseded there",
  unfit: "proposals that no entry was made of there",
  inexact: "entries whose problem canon did not keep whole",
  elsewhere: "",
  other: "",
};

export const showImported = (paint: Paint, summary: ImportSummary): readonly string[] => {
  const { imported, known, rejected, bad, redactions, pending, isDryRun, passed } = summary;
  const left = Object.entries(passed).filter(([why, number]) => number > 0 && PASSED_WORDS[why as "other"] !== "");
  return [
    ...rows(paint, [
      [isDryRun ? "would import" : "imported", String(imported)],
      ["known", `${known} already`],
      ["rejected", String(rejected)],
      ["bad lines", String(bad)],
      ...(redactions === 0 ? [] : [["replaced", `${redactions} secrets, before signing`] as const]),
      ...(pending === 0
        ? []
        : [
            [
              "pending",
              `${pending} not judged yet; they are kept, and travel when a node runs: herdmind join`,
            ] as const,
          ]),
    ]),
    ...(left.length === 0
      ? []
      : [
          paint(
            "dim",
            `left out: ${left.map(([why, number]) => `${number} ${PASSED_WORDS[why as "other"]}`).join(", ")}`,
          ),
        ]),
  ];
};
