// The past, through the command: with a node and without one, streamed, in files, hostile and interrupted.
import { readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ReplayAnswer, ReportAnswer, WhyAnswer } from "@herdmind/local/client";
import { describe, expect, test } from "vitest";
import {
  createMachine,
  documentOf,
  type Ended,
  failureOf,
  type Machine,
  startMember,
  startSwarm,
} from "./herdmind-command.ts";

const taken = ["--error", "listen EADDRINUSE: address already in use :::3000"];
const linker = ["--text", "the linker ran out of memory"];

const report = async (machine: Machine, dir: string, ...args: readonly string[]): Promise<string> =>
  documentOf<ReportAnswer>(await machine.run(["report", ...args, "--wait", "--json", "--dir", dir])).id;

interface Line {
  readonly herdmind?: string;
  readonly type: string;
  readonly number?: number;
  readonly time?: string;
  readonly name?: string;
  readonly standing: string;
  readonly entry?: string;
  readonly body: { readonly at?: number; readonly context?: unknown };
}
const linesOf = ({ stdout }: Ended): readonly Line[] =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);

interface Summary {
  readonly imported: number;
  readonly known: number;
  readonly rejected: number;
  readonly bad: number;
  readonly pending: number;
  readonly isWhole: boolean;
  readonly passed: { readonly [why: string]: number };
}

/** A swarm with a little history; its node is up. */
const begin = async (machine: Machine) => {
  const root = machine.dir("root");
  const { node, up } = await startSwarm(machine, root, "--name", "farm");
  const id = await report(machine, root, ...taken, "--mitigation", "use port 0", "--as", "alice");
  const before = documentOf<ReplayAnswer>(await machine.run(["replay", "--at", "now", "--json", "--dir", root]));
  const second = await report(machine, root, ...linker, "--mitigation", "fewer jobs", "--as", "bob");
  await machine.run(["outcome", id, "--failed", "--note", "still taken", "--as", "carol", "--wait", "--dir", root]);
  return { root, node, up, id, second, before };
};

describe("replay", () => {
  test("shows canon as it was, by number and by time, with a node and without one", async () => {
    using machine = createMachine();
    const { root, node, before, second } = await begin(machine);
    const at = (moment: string, ...more: readonly string[]) =>
      machine.run(["replay", "--at", moment, ...more, "--json", "--dir", root]);
    const then = documentOf<ReplayAnswer>(await at(String(before.number)));
    expect(then).toMatchObject({ number: before.number, viewHash: before.viewHash, entries: { active: 1 }, from: 0 });
    expect(then.to).toBeGreaterThan(before.number);
    expect(documentOf(await at(String(before.time)))).toMatchObject({ viewHash: before.viewHash });
    expect(documentOf(await at("0"))).toMatchObject({ number: 0, time: null, head: null, entries: { active: 0 } });
    const unknown = await at(String(before.number), ...linker);
    expect([unknown.code, documentOf<ReplayAnswer>(unknown).recall?.entries]).toEqual([3, []]);
    const known = await at("now", ...linker);
    expect([known.code, documentOf<ReplayAnswer>(known).recall?.entries]).toEqual([
      0,
      [expect.objectContaining({ id: second, match: "exact" })],
    ]);
    await node.interrupt();
    expect(documentOf(await at(String(before.number)))).toEqual(then);

    const long = await at("2000w ago");
    expect(documentOf(long)).toMatchObject({ number: 0 });
    const beyond = await at("9999");
    expect([beyond.code, failureOf(beyond)]).toEqual([1, expect.objectContaining({ rule: "R1" })]);
    for (const wrong of ["soon", "-3", ""]) expect((await at(wrong)).code).toBe(2);
    const shown = await machine.run(["replay", "--at", "now", "--dir", root]);
    expect(shown.stdout).toMatch(/^canon after {2}\d+ of \d+ blocks\nwritten {6}\d{4}-/);
  });
});

describe("why", () => {
  test("tells the story of an entry, by whom and when, and what else an id can be", async () => {
    using machine = createMachine();
    const { root, up, id } = await begin(machine);
    await startMember(machine, machine.dir("member"), up.ticket, "dave");
    const again = await report(machine, root, ...taken, "--mitigation", "use port 0", "--as", "bob");
    const story = documentOf<WhyAnswer>(await machine.run(["why", id, "--json", "--dir", root]));
    expect(story).toMatchObject({
      state: "entry",
      entry: { status: "active", authorName: "alice", failed: 1, mitigation: { text: "use port 0" } },
      notHeld: [],
      more: 0,
    });
    const told = story.steps as unknown as readonly (Line & { readonly chapter: string })[];
    expect(told.map(({ chapter, name }) => [chapter, name])).toEqual([
      ["proposed", "alice"],
      ["admitted", undefined],
      ["tried", "carol"],
      ["counted", undefined],
      ["corroborated", "bob"],
      ...(told.length > 5 ? [["counted", undefined]] : []),
    ]);
    for (const { number, time } of told)
      expect([number, time]).toEqual([expect.any(Number), expect.stringContaining("T")]);
    // The member holds canon, not what others wrote.
    await expect
      .poll(async () => {
        const there = await machine.run(["why", id, "--json", "--dir", machine.dir("member")]);
        return (
          there.code === 0 &&
          documentOf<WhyAnswer>(there)
            .notHeld.map(({ name }) => name)
            .sort()
        );
      })
      .toEqual(["alice", "carol"]);
    await expect
      .poll(async () => documentOf<WhyAnswer>(await machine.run(["why", id, "--json", "--dir", root])).holders?.held)
      .toEqual(expect.arrayContaining(["dave", "farm"]));
    expect(documentOf(await machine.run(["why", again, "--json", "--dir", root]))).toMatchObject({
      state: "judged",
      see: id,
    });
    const people = await machine.run(["why", id, "--dir", root]);
    expect(people.stdout).toMatch(/^entry +\S{43}\nis +an entry of canon\n/);
    expect(people.stdout).toContain("carol: failed");
    const nothing = await machine.run(["why", "A".repeat(43), "--json", "--dir", root]);
    expect([nothing.code, documentOf(nothing)]).toEqual([3, expect.objectContaining({ state: "unknown", steps: [] })]);
    expect((await machine.run(["why", "short", "--dir", root])).code).toBe(2);
    expect((await machine.run(["why", "--dir", root])).code).toBe(2);
  });

  test("says that a proposal is pending while no orchestrator is there, and what became of it", async () => {
    using machine = createMachine();
    const [root, member] = [machine.dir("root"), machine.dir("member")];
    const { node, up } = await startSwarm(machine, root);
    await machine.run(["join", up.ticket, "--once", "--name", "bob", "--dir", member]);
    await node.interrupt();
    const reported = await machine.run(["report", ...linker, "--mitigation", "fewer jobs", "--json", "--dir", member]);
    const { id } = documentOf<ReportAnswer>(reported);
    const why = async () => documentOf<WhyAnswer>(await machine.run(["why", id, "--json", "--dir", member]));
    expect(await why()).toMatchObject({ state: "pending", steps: [{ chapter: "proposed", standing: "pending" }] });
    await machine.start(["up", "--json", "--dir", root]).line(/^\{/);
    await startMember(machine, member, up.ticket, "bob");
    await expect.poll(async () => (await why()).state).toBe("entry");
    expect((await why()).steps).toMatchObject([{ chapter: "proposed" }, { chapter: "admitted" }]);
  });
});

describe("log", () => {
  test("streams canon and proposals, filtered; the same from a node and from the directory", async () => {
    using machine = createMachine();
    const { root, node, id } = await begin(machine);
    const log = async (...args: readonly string[]) => {
      const ended = await machine.run(["log", ...args, "--json", "--dir", root]);
      expect([ended.code, ended.stderr]).toEqual([0, ""]);
      const lines = linesOf(ended);
      expect(lines.at(-1)?.herdmind).toBe("end");
      return lines.slice(0, -1);
    };
    const all = await log();
    expect(await log("--newest", "--limit", "1000")).toEqual(all.toReversed());
    const types = async (...args: readonly string[]) => (await log(...args)).map(({ type }) => type);
    expect(await types("--proposals")).toEqual(["signal", "signal", "outcome"]);
    expect(await types("--type", "immunization")).toEqual(["immunization", "immunization"]);
    expect(await types("--writer", "alice", "--proposals")).toEqual(["signal"]);
    expect(await types("--author", "carol", "--type", "outcome")).toEqual(["outcome"]);
    expect(await types("--entry", id)).toEqual(["signal", "immunization", "outcome", "evidence"]);
    const last = all.at(-1)?.number as number;
    expect(await types("--from", String(last))).toEqual(["outcome", "evidence"]);
    expect(await types("--until", "2001-01-01")).toEqual([]);
    expect(await types("--since", "1h ago", "--limit", "2")).toEqual(all.slice(0, 2).map(({ type }) => type));
    await node.interrupt();
    expect(await log()).toEqual(all);
    for (const wrong of [
      ["--since", "soon"],
      ["--canon", "--proposals"],
      ["--entry", "x"],
      ["--fingerprint", "x"],
      ["--limit", "0"],
    ])
      expect((await machine.run(["log", ...wrong, "--dir", root])).code).toBe(2);
    const people = await machine.run(["log", "--dir", root]);
    expect(people.stdout).toMatch(/signal alice: ERROR_RESOLVED listen EADDRINUSE/);
    expect(people.stdout).toMatch(/left out: \d+ that keep the logs together \(--all shows them\)\n$/);
  });
});

describe("export and import", () => {
  test("a file goes from swarm to swarm once, with provenance and without its outcomes; nothing is half written", {
    // Some twenty processes, one after the other: on a machine that is busy with other things each waits for its turn.
    timeout: 240_000,
  }, async () => {
    using machine = createMachine();
    const { root, id } = await begin(machine);
    const file = machine.dir("farm.jsonl");
    // Somebody else's, beside it.
    const note = machine.dir("note");
    writeFileSync(note, "mine");
    symlinkSync(note, `${file}.partial`);
    const exported = await machine.run(["export", file, "--json", "--dir", root]);
    const { records } = documentOf<{ records: number }>(exported);
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    const beside = readdirSync(dirname(file)).filter((name) => name.endsWith(".partial"));
    expect([lines.length, beside, statSync(file).mode & 0o777]).toEqual([records + 2, ["farm.jsonl.partial"], 0o600]);
    expect([readFileSync(note, "utf8"), readlinkSync(`${file}.partial`)]).toEqual(["mine", note]);
    expect((await machine.run(["export", file, "--dir", root])).code).toBe(2);
    expect((await machine.run(["export", file, "--force", "--dir", root])).code).toBe(0);
    const piped = await machine.run(["export", "-", "--dir", root]);
    expect(piped.stdout.trimEnd().split("\n").slice(1)).toEqual(lines.slice(1));
    expect((await machine.run(["export", join(file, "x"), "--dir", root])).code).toBe(4);

    const other = machine.dir("other");
    const { node } = await startSwarm(machine, other, "--name", "other");
    const take = async (...args: readonly string[]) => {
      const ended = await machine.run(["import", file, ...args, "--json", "--dir", other]);
      return { code: ended.code, ...documentOf<Summary>(ended) };
    };
    expect(await take("--dry-run")).toMatchObject({ code: 0, imported: 2, isDryRun: true });
    expect(await take()).toMatchObject({ code: 0, imported: 2, known: 0, rejected: 0, bad: 0, isWhole: true });
    expect(await take()).toMatchObject({ code: 0, imported: 0, known: 2 });
    await expect.poll(async () => (await machine.run(["recall", ...taken, "--dir", other])).code).toBe(0);
    expect(await take("--as", "librarian")).toMatchObject({ code: 0, imported: 0, known: 2 });
    await node.interrupt();
    // Without a node as well, and what is there is not overwritten.
    expect(await take()).toMatchObject({ code: 0, imported: 0, known: 2, pending: 0 });
    const recalled = await machine.run(["recall", ...taken, "--json", "--dir", other]);
    const [entry] = documentOf<{ entries: readonly { id: string; evidence: unknown }[] }>(recalled).entries;
    expect(entry?.evidence).toMatchObject({ worked: 0, failed: 0 });
    const story = documentOf<WhyAnswer>(await machine.run(["why", entry?.id ?? "", "--json", "--dir", other]));
    expect(story.steps[0]).toMatchObject({ body: { context: { importedFrom: { entry: id, failed: 1, worked: 0 } } } });
    const fresh = machine.dir("fresh");
    await (await startSwarm(machine, fresh)).node.interrupt();
    const alone = await machine.run(["import", "-", "--json", "--dir", fresh], { input: readFileSync(file, "utf8") });
    expect(documentOf(alone)).toMatchObject({ imported: 2, pending: 0 });
  });

  test("a hostile file: bad lines are told by number and passed over, what is no export is refused", async () => {
    using machine = createMachine();
    const { root } = await begin(machine);
    const file = machine.dir("bad.jsonl");
    const lines = (await machine.run(["export", "--dir", root])).stdout.trimEnd().split("\n");
    const signal = lines.find((line) => line.includes('"type":"signal"')) ?? "";
    const spoiled = JSON.parse(signal) as { body: { type: string; problem: unknown }; entry: string };
    const cut = { ...spoiled, body: { ...spoiled.body, problem: [] } };
    const unknown = { ...spoiled, entry: "B".repeat(42).concat("A"), body: { ...spoiled.body, type: "team/unknown" } };
    const hostile = [
      lines[0],
      "{not json",
      '"a text"',
      `{"type":"signal","version":1,"body":{},"x":"${"x".repeat(600_000)}"}`,
      JSON.stringify(cut),
      JSON.stringify(unknown),
      `{"type":"signal","version":1,"__proto__":{"polluted":true},"body":${"[".repeat(5000)}${"]".repeat(5000)}}`,
      "",
      ...lines.slice(1),
    ];
    writeFileSync(file, `\uFEFF${hostile.join("\r\n")}`);
    const other = machine.dir("other");
    await startSwarm(machine, other);
    const ended = await machine.run(["import", file, "--dir", other]);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(/^imported {3}2\nknown {6}0 already\nrejected {3}1\nbad lines {2}5\n/);
    for (const line of [2, 3, 4, 5, 6, 7]) expect(ended.stderr).toContain(`line ${line}: `);
    expect(ended.stderr).toContain("is not registered in canon");
    const nothing = await machine.run(["import", "-", "--json", "--dir", other], { input: "hello\nworld\n" });
    expect([nothing.code, nothing.stdout]).toEqual([1, ""]);
    expect(nothing.stderr).toContain("This is no export of herdmind");
    const newer = await machine.run(["import", "-", "--dir", other], { input: '{"herdmind":"export","version":2}\n' });
    expect([newer.code, newer.stderr]).toEqual([1, expect.stringContaining("Update it")]);
    expect((await machine.run(["import", machine.dir("none"), "--dir", other])).code).toBe(2);
    expect((await machine.run(["import", "--dir", other])).code).toBe(2);
  });

  test("interrupted, it keeps what it has, and goes on when it is begun again", async () => {
    using machine = createMachine();
    const root = machine.dir("root");
    const { node } = await startSwarm(machine, root);
    const writer = "A".repeat(43);
    const count = 300;
    const word = (n: number): string => [...String(n)].map((digit) => "abcdefghij"[Number(digit)]).join("");
    const id = (n: number): string =>
      `${Buffer.from(`entry number ${n}`.padEnd(31, ".")).toString("base64url")}A`.slice(0, 42).concat("A");
    const lines = Array.from({ length: count }, (_, n) =>
      JSON.stringify({
        type: "signal",
        version: 1,
        ref: { writer },
        entry: id(n),
        now: { verdict: "admitted", status: "active" },
        body: {
          type: "ERROR_RESOLVED",
          problem: { error: { message: `gear ${word(n)} of the mill is broken` } },
          mitigation: { text: `mend gear ${word(n)}` },
          at: 1,
        },
      }),
    );
    const header = JSON.stringify({ herdmind: "export", version: 1, swarm: writer, name: "far" });
    const whole = [header, ...lines, JSON.stringify({ herdmind: "end", records: count })].join("\n");
    // Whoever writes into this pipe has stopped in the middle of a line: two batches are sent, and the rest waits for a third.
    const importing = machine.start(["import", "-", "--json", "--dir", root], {
      input: whole.slice(0, whole.lastIndexOf("\n") - 40),
      isOpen: true,
    });
    const signals = async (): Promise<number> =>
      documentOf<{ signals: number }>(await machine.run(["stats", "--json", "--dir", root])).signals;
    await expect.poll(signals, { timeout: 30_000 }).toBe(256);
    const stopped = await importing.interrupt();
    expect([stopped.code, documentOf<Summary>(stopped)]).toEqual([
      130,
      expect.objectContaining({ imported: 256, known: 0, isWhole: false }),
    ]);
    const again = await machine.run(["import", "-", "--json", "--dir", root], { input: whole });
    expect([again.code, documentOf<Summary>(again)]).toEqual([
      0,
      expect.objectContaining({ imported: count - 256, known: 256, rejected: 0, bad: 0, isWhole: true }),
    ]);
    expect(await signals()).toBe(count);
    await node.interrupt();
    const log = linesOf(await machine.run(["log", "--proposals", "--type", "signal", "--json", "--dir", root]));
    expect(log.length).toBe(count + 1);
  });
});
