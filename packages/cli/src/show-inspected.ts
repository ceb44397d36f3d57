/** What `inspect` found, as lines for people: one line a thing. */
import type { Inspected } from "@herdmind/local/client";
import type { JsonObject } from "@herdmind/protocol";
import { type Paint, rows } from "./output.js";
import { moment, oneLine } from "./printable.js";
import { showCarried, showFreshness, showRefusals } from "./show.js";

const short = (id: string): string => id.slice(0, 12);
const text = (value: unknown): string => (value === undefined || value === null ? "" : oneLine(String(value), 120));

/** Columns as wide as their widest cell; the last one is not padded. */
const table = (paint: Paint, head: readonly string[], cells: readonly (readonly string[])[]): readonly string[] => {
  if (cells.length === 0) return [paint("dim", "none")];
  const widths = head.map((name, i) => Math.max(name.length, ...cells.map((row) => (row[i] ?? "").length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => cell.padEnd(widths[i] as number))
      .join("  ")
      .trimEnd();
  return [paint("dim", line(head)), ...cells.map(line)];
};

const showers: { readonly [Name in keyof Inspected]: (paint: Paint, value: Inspected[Name]) => readonly string[] } = {
  node: (paint, { swarm, swarmName, id, name, role, dir, pid, addresses }) =>
    rows(paint, [
      ["swarm", `${oneLine(swarmName)} ${swarm}`],
      ["peer", `${oneLine(name)} ${id}`],
      ["role", role],
      ["data", dir === undefined ? "in memory" : oneLine(dir)],
      ["process", String(pid)],
      ["addresses", addresses.map((address) => oneLine(address)).join(" ") || "none"],
    ]),
  present: (paint, present) =>
    table(
      paint,
      ["name", "writer", "role", "agents", "carry", "since", "canon", "solves"],
      present.map(({ name, writer, role, agents, carry, since, isSelf, canon, claims }) => [
        `${oneLine(name, 60)}${isSelf ? " (this node)" : ""}`,
        short(writer),
        text(role),
        String(agents),
        carry,
        moment(since),
        canon === undefined ? "-" : `${canon.length} of ${short(canon.generation)}`,
        claims.map(({ fingerprint }) => fingerprint).join(" ") || "-",
      ]),
    ),
  members: (paint, members) =>
    table(
      paint,
      ["name", "writer", "role", "group", "status"],
      members.map((member: JsonObject) => [
        text(member.name),
        short(text(member.writer)),
        text(member.role),
        short(text(member.group)),
        `${text(member.status)}${member.reason === undefined ? "" : `: ${text(member.reason)}`}`,
      ]),
    ),
  logs: (paint, logs) =>
    table(
      paint,
      ["name", "writer", "generation", "role", "blocks", "admitted"],
      logs.map(({ name, writer, generation, role, length, admitted, quarantinedFrom }) => [
        text(name),
        short(writer),
        short(generation),
        role,
        String(length),
        `${admitted ?? "canon"}${quarantinedFrom === undefined ? "" : ` QUARANTINED from ${quarantinedFrom}`}`,
      ]),
    ),
  heads: (paint, heads) =>
    table(
      paint,
      ["writer", "generation", "blocks", "hash"],
      heads.map(({ writer, generation, length, hash }) => [writer, generation, String(length), hash]),
    ),
  canon: (paint, { head, freshness, alarms, entries }) => [
    ...rows(paint, [
      [
        "term",
        head === undefined ? "none" : `${head.term}, ${head.length} blocks of generation ${short(head.generation)}`,
      ],
      ["freshness", showFreshness(freshness)],
      ...alarms.map(({ message }) => ["ALARM", paint("red", oneLine(message))] as const),
    ]),
    ...table(
      paint,
      ["entry", "status", "known to", "worked", "failed", "title", "remedy"],
      entries.map(({ id, status, holders, worked, failed, title, mitigation }) => [
        id,
        text(status),
        holders === undefined ? "-" : `${holders.held} of ${holders.present} present`,
        String(worked),
        String(failed),
        oneLine(title, 60),
        oneLine(mitigation.text, 60),
      ]),
    ),
  ],
  carried: (_, carried) => [showCarried(carried)],
  refusals: (_, refusals) => [showRefusals(refusals)],
  proofs: (paint, proofs) =>
    proofs.length === 0 ? [paint("dim", "none")] : proofs.map((proof) => oneLine(proof, 120)),
  damage: (paint, damage) =>
    damage.length === 0 ? [paint("dim", "none")] : damage.map(({ message }) => oneLine(message)),
};

export const showInspected = (paint: Paint, inspected: Partial<Inspected>): readonly string[] => {
  const names = Object.keys(showers) as (keyof Inspected)[];
  const found = names.filter((name) => inspected[name] !== undefined);
  return found.flatMap((name) => {
    const show = showers[name] as (paint: Paint, value: unknown) => readonly string[];
    const body = show(paint, inspected[name]);
    return found.length === 1 ? body : [paint("bold", name), ...body.map((line) => `  ${line}`), ""];
  });
};
