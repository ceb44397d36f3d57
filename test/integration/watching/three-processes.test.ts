// A report in one process, admitted in another, recalled in a third: seen as one trace, in three logs of one schema, and in metrics.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { askNode, ensureNode, socketPath, stopNode } from "@herdmind/local/client";
import { LOG_EVENTS, traceIdsOf } from "@herdmind/observe";
import type { EntryId } from "@herdmind/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMachine, type Machine, type Running, type UpDocument } from "../cli/herdmind-command.ts";
import { type OtlpReceiver, startOtlpReceiver } from "./otlp-receiver.ts";

const SECRET = "hunter2hunter2hunter2";
const ERROR = `connect ECONNREFUSED 10.1.2.3:5432 password=${SECRET}`;
const CALLER = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };

let receiver: OtlpReceiver;
let machine: Machine;
let dirs: { readonly orchestrator: string; readonly reporter: string; readonly recaller: string };
let running: readonly Running[];
let ticket: string;
let entry: EntryId;
let http: { readonly url: string; readonly token: string };

const post = async (verb: string, body: unknown, headers: { readonly [name: string]: string } = {}) => {
  const response = await fetch(`${http.url}/v1/${verb}`, {
    method: "POST",
    headers: { authorization: `Bearer ${http.token}`, ...headers },
    body: JSON.stringify(body),
  });
  return (await response.json()) as { readonly ok: boolean; readonly value: { readonly entries: readonly unknown[] } };
};

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_BSP_SCHEDULE_DELAY: "50",
    HERDMIND_LOG_LEVEL: "debug",
  };
  machine = createMachine();
  dirs = {
    orchestrator: machine.dir("orchestrator"),
    reporter: machine.dir("reporter"),
    recaller: machine.dir("recaller"),
  };
  const up = machine.start(["up", "--json", "--port", "0", "--http", "0", "--dir", dirs.orchestrator], { env });
  ticket = (JSON.parse(await up.line(/^\{/)) as UpDocument).ticket;
  const reporter = machine.start(["join", ticket, "--json", "--name", "reporter", "--dir", dirs.reporter], { env });
  running = [up, reporter];
  const [once] = await Promise.all([
    machine.run(["join", ticket, "--once", "--name", "recaller", "--dir", dirs.recaller]),
    reporter.line(/^\{/),
  ]);
  expect(once.stderr).toBe("");
  // The node that is started on demand inherits what this process has.
  Object.assign(process.env, env);
  const node = await ensureNode({ dir: dirs.recaller, http: 0 });
  for (const name of Object.keys(env)) delete process.env[name];
  if (!node.ok) throw new Error(node.refusal.message);
  http = JSON.parse(readFileSync(join(dirs.recaller, "http.json"), "utf8")) as typeof http;

  const told = await askNode(socketPath(dirs.reporter), "report", {
    error: ERROR,
    mitigation: "Use the socket.",
    waitMs: 20_000,
  });
  if (told?.ok !== true) throw new Error(told?.message ?? "the reporter's node is gone");
  expect(told.value.verdict.status).toBe("admitted");
  entry = told.value.id;
  const traceparent = `00-${CALLER.traceId}-${CALLER.spanId}-01`;
  let found = 0;
  while (found === 0)
    found = (await post("recall", { error: ERROR, similar: "never" }, { traceparent })).value.entries.length;
});

afterAll(async () => {
  await stopNode(dirs.recaller);
  for (const one of running) await one.interrupt();
  machine[Symbol.dispose]();
  await receiver[Symbol.asyncDispose]();
});

describe("the trace of a report", () => {
  const inTrace = () => receiver.spans.filter(({ traceId }) => traceId === traceIdsOf(entry).traceId);

  test("is one, of spans of three processes, below the span that its author's process sent", async () => {
    const expected = ["admit", "append", "apply", "apply", "apply", "recalled", "report", "send"];
    const names = () => inTrace().map(({ name }) => name.replace("herdmind.", ""));
    await receiver.until(() => names().length >= expected.length);
    expect(names().sort()).toEqual(expected);
    const root = inTrace().find(({ name }) => name === "herdmind.report");
    expect(root).toMatchObject({ spanId: traceIdsOf(entry).spanId, parentSpanId: "", service: "herdmind" });
    for (const span of inTrace()) {
      if (span !== root) expect(span.parentSpanId).toBe(root?.spanId);
      expect(span.attributes["herdmind.entry"]).toBe(entry);
      expect(span.ms).toBeGreaterThanOrEqual(0);
    }
    const processOf = (name: string) => inTrace().find((span) => span.name === `herdmind.${name}`)?.pid;
    expect(new Set([processOf("report"), processOf("admit"), processOf("recalled")]).size).toBe(3);
    expect(new Set(inTrace().flatMap(({ name, pid }) => (name === "herdmind.apply" ? [pid] : []))).size).toBe(3);
    expect(inTrace().find(({ name }) => name === "herdmind.admit")?.attributes["herdmind.verdict"]).toBe("admitted");
    expect(inTrace().find(({ name }) => name === "herdmind.send")?.attributes["herdmind.transport"]).toBe("relay");
  });

  test("is linked to the recall, which stands in the trace of whoever asked", async () => {
    const hits = () => receiver.spans.filter(({ name, links }) => name === "herdmind.recall" && links.length > 0);
    await receiver.until(() => hits().length > 0);
    expect(hits()[0]).toMatchObject({
      traceId: CALLER.traceId,
      parentSpanId: CALLER.spanId,
      links: [{ traceId: traceIdsOf(entry).traceId, spanId: traceIdsOf(entry).spanId }],
      attributes: { "herdmind.match": "exact" },
    });
    const recalled = inTrace().find(({ name }) => name === "herdmind.recalled");
    expect(recalled?.links).toMatchObject([{ traceId: CALLER.traceId, spanId: hits()[0]?.spanId }]);
  });

  test("E2 holds no secret, no text of the report, no ticket and no token", () => {
    const all = receiver.bodies.join("\n");
    for (const text of [SECRET, "ECONNREFUSED", "Use the socket", ticket, http.token]) expect(all).not.toContain(text);
  });
});

describe("the logs of all three", () => {
  const linesOf = (dir: string) =>
    readFileSync(join(dir, "node.log"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { readonly [name: string]: unknown });

  test("have one schema, and only events that are documented", () => {
    for (const dir of Object.values(dirs)) {
      const lines = linesOf(dir);
      expect(lines.map(({ event }) => event)).toEqual(
        expect.arrayContaining(["node.started", "node.serving", "immunized"]),
      );
      for (const line of lines) {
        expect(Object.keys(line).slice(0, 5)).toEqual(["time", "level", "event", "message", "pid"]);
        expect(new Date(line.time as string).toISOString()).toBe(line.time);
        expect(["debug", "info", "warn", "error"]).toContain(line.level);
        expect(Object.keys(LOG_EVENTS)).toContain(line.event);
      }
    }
    expect(linesOf(dirs.orchestrator).map(({ event }) => event)).toEqual(
      expect.arrayContaining(["relay.connected", "member"]),
    );
    expect(linesOf(dirs.reporter).map(({ event }) => event)).toContain("connection.connected");
  });

  test("E2 hold no ticket, no token, no key and no text of a report", () => {
    for (const dir of Object.values(dirs)) {
      const log = readFileSync(join(dir, "node.log"), "utf8");
      const keys = readdirSync(join(dir, "keys")).map((file) => readFileSync(join(dir, "keys", file), "utf8").trim());
      for (const text of [ticket, ticket.slice(0, 30), http.token, SECRET, "ECONNREFUSED 10.1", ...keys])
        expect(log).not.toContain(text);
    }
  });
});

test("metrics are served to whoever has the token, by either kind of node, and say what happened", async () => {
  const scrape = async (dir: string): Promise<string> => {
    const { url, token } = JSON.parse(readFileSync(join(dir, "http.json"), "utf8")) as typeof http;
    const scraped = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
    expect(scraped.headers.get("content-type")).toContain("text/plain; version=0.0.4");
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
    return scraped.text();
  };
  const [recaller, orchestrator] = [await scrape(dirs.recaller), await scrape(dirs.orchestrator)];
  expect(recaller).toContain('herdmind_node_info{role="agent"} 1\n');
  expect(recaller).toMatch(/^herdmind_recalls_total\{match="exact"\} [1-9]/m);
  expect(recaller).toContain('herdmind_resolve_recallable_seconds_count{origin="elsewhere"} 1\n');
  expect(recaller).toContain('herdmind_connected{transport="relay"} 1\n');
  expect(orchestrator).toContain('herdmind_admissions_total{result="immunized"} 1\n');
  expect(orchestrator).toContain("herdmind_relay_connections 2\n");
  for (const secret of [http.token, entry, SECRET]) expect(recaller + orchestrator).not.toContain(secret);
});
