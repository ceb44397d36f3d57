import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSwarm, join as joinSwarm, type LogLine } from "herdmind";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { followLog } from "./follow-log.js";
import { LOG_EVENTS } from "./log-events.js";
import { formatLine } from "./log-lines.js";
import { createNodeLog } from "./node-log.js";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "herdmind-log-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const line = (more: Partial<LogLine> = {}): LogLine => ({ level: "info", event: "alarm", message: "look", ...more });
const linesOf = (file: string) =>
  readFileSync(join(dir, file), "utf8")
    .trimEnd()
    .split("\n")
    .map((text) => JSON.parse(text) as { readonly [name: string]: unknown });

describe("a line", () => {
  const format = (of: LogLine): string => formatLine(of, { now: 0, pid: 7 });

  test("has one schema; a field takes no place of what every line has", () => {
    expect(format(line({ fields: { rule: "L5", count: 3, message: "forged", time: 1 } }))).toBe(
      '{"time":"1970-01-01T00:00:00.000Z","level":"info","event":"alarm","message":"look","pid":7,"rule":"L5","count":3}',
    );
  });

  test("texts of others end no line, move no cursor, turn no direction, and fill no disk", () => {
    const hostile = `a\n{"level":"error"}\r\u001b[2J\u009b31m\u202eback\u2066\u200b\ufeff\u2028\ud800`;
    const written = format(line({ message: hostile, fields: { log: hostile } }));
    expect(written).toMatch(/^[\x20-\x7e\ufffd]*$/);
    const { message } = JSON.parse(written) as { message: string };
    expect(message).toBe(hostile.toWellFormed());
    expect(
      format(line({ message: "x".repeat(1_000_000), fields: { log: "y".repeat(1_000_000) } })).length,
    ).toBeLessThan(5000);
  });

  test("E2 tickets, tokens and passwords in addresses are taken out, wherever they stand", () => {
    const secrets = [
      "herdmind1.AAECAwQFBgcICQoLDA0ODxAREhMUFRYX",
      "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl",
      "Bearer c2VjcmV0c2VjcmV0c2VjcmV0",
      "wss://ada:pass@relay.example/herdmind",
    ];
    const written = format(line({ message: `no: ${secrets.join(", ")}.`, fields: { address: secrets.join(" ") } }));
    for (const part of ["AAECAw", "eyJ", "c2Vjc", "ada:pass"]) expect(written).not.toContain(part);
    expect(JSON.parse(written)).toMatchObject({
      message: "no: [ticket], [token], Bearer [token], wss://[removed]@relay.example/herdmind.",
    });
  });
});

describe("a node's log", () => {
  test("begins at HERDMIND_LOG_LEVEL, and says when that is no level", () => {
    const levels = ["debug", "info", "warn", "error"] as const;
    const write = (path: string, said: string | undefined): void => {
      using log = createNodeLog({ path: join(dir, path), env: { HERDMIND_LOG_LEVEL: said } });
      for (const level of levels) log.log(line({ level }));
    };
    const levelsIn = (file: string) => linesOf(file).map(({ level }) => level);
    write("none", undefined);
    expect(levelsIn("none")).toEqual(["info", "warn", "error"]);
    write("debug", "Debug");
    expect(levelsIn("debug")).toEqual(levels);
    write("error", "error");
    expect(levelsIn("error")).toEqual(["error"]);
    write("silent", "silent");
    expect(existsSync(join(dir, "silent"))).toBe(false);
    write("loud", "loud");
    expect(linesOf("loud")[0]).toMatchObject({ event: "log.level", level: "warn" });
    expect(levelsIn("loud")).toEqual(["warn", "info", "warn", "error"]);
  });

  test("two files of a bound are all there is; no line is cut, and the newest are kept", () => {
    const path = join(dir, "node.log");
    using log = createNodeLog({ path, env: {}, maxBytes: 4000 });
    const events = Object.keys(LOG_EVENTS);
    for (let n = 0; n < 2000; n++) log.log(line({ event: events[n % events.length] as string, fields: { n } }));
    const all = [...linesOf("node.log.1"), ...linesOf("node.log")].map(({ n }) => n);
    expect(all.at(-1)).toBe(1999);
    expect(all).toEqual(Array.from({ length: all.length }, (_, i) => 2000 - all.length + i));
    expect(statSync(path).size).toBeLessThanOrEqual(4000);
    expect(statSync(`${path}.1`).size).toBeLessThanOrEqual(4000);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("goes on behind what another process wrote, and where its folder comes later", () => {
    const path = join(dir, "node.log");
    for (const message of ["first", "second"]) {
      using log = createNodeLog({ path, env: {} });
      log.log(line({ message }));
    }
    expect(linesOf("node.log").map(({ message }) => message)).toEqual(["first", "second"]);
    using early = createNodeLog({ path: join(dir, "later", "node.log"), env: {} });
    early.log(line());
    expect(existsSync(join(dir, "later"))).toBe(false);
  });

  test("one event that comes a thousand times leaves room for the others, and is counted", () => {
    let now = 0;
    const log = createNodeLog({ path: join(dir, "node.log"), env: {}, now: () => now });
    for (let n = 0; n < 1000; n++) log.log(line({ event: "refused" }));
    log.log(line({ event: "alarm" }));
    now = 61_000;
    log.log(line({ event: "refused" }));
    const events = linesOf("node.log").map(({ event }) => event);
    expect(events).toEqual([...Array.from({ length: 120 }, () => "refused"), "alarm", "log.suppressed", "refused"]);
    expect(linesOf("node.log").at(-2)).toMatchObject({ of: "refused", count: 880 });
    for (let n = 0; n < 200; n++) log.log(line({ event: "alarm" }));
    log[Symbol.dispose]();
    expect(linesOf("node.log").at(-1)).toMatchObject({ event: "log.suppressed", of: "alarm", count: 80 });
  });
});

test("what happens at a node stands there by its documented name, without a text of the report", async () => {
  const lines: LogLine[] = [];
  await using swarm = await createSwarm({ name: "seen" });
  const stop = followLog(swarm, (one) => lines.push(one));
  await using ada = await joinSwarm(await swarm.invite(), { name: "ada" });
  const stopAda = followLog(ada, (one) => lines.push(one));
  await ada.synced();
  const told = await ada.report({ problem: new Error("the mill is stuck"), mitigation: "turn it by hand" });
  expect(told.ok && (await told.verdict).status).toBe("admitted");
  await ada.outcome("nonsense" as never, { success: true });
  stopAda();
  stop();
  const events = lines.map(({ event }) => event);
  const expected = ["relay.connected", "member", "connection.connected", "immunized", "verdict", "refused"];
  expect(events).toEqual(expect.arrayContaining(expected));
  for (const event of events) expect(Object.keys(LOG_EVENTS)).toContain(event);
  expect(lines.find(({ event }) => event === "refused")).toMatchObject({ fields: { rule: "R1", by: "us" } });
  expect(JSON.stringify(lines)).not.toMatch(/mill|by hand/);
});

test("the README lists every event", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  for (const [event, text] of Object.entries(LOG_EVENTS)) expect(readme).toContain(`| \`${event}\` | ${text} |`);
});
