/// <reference path="./parse-prometheus-text-format.d.ts" />
import type { LogHead } from "@herdmind/protocol";
import { createSwarm, join, type Peer, type Swarm } from "herdmind";
import parse, { type Family } from "parse-prometheus-text-format";
import { Registry } from "prom-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stableLength } from "./canon-metrics.js";
import { createMetrics, type Metrics } from "./metrics.js";
import { ruleLabel } from "./rules.js";

describe("the metrics of an orchestrator's node and of a member's", () => {
  const stack = new AsyncDisposableStack();
  let swarm: Swarm;
  let ada: Peer;
  let metrics: { readonly swarm: Metrics; readonly ada: Metrics };

  beforeAll(async () => {
    swarm = stack.use(await createSwarm({ name: "counted" }));
    ada = stack.use(await join(await swarm.invite(), { name: "ada" }));
    metrics = { swarm: stack.use(createMetrics(swarm)), ada: stack.use(createMetrics(ada, { process: false })) };
    await ada.synced();
    const told = await ada.report({ problem: new Error("the mill is stuck in the mud"), mitigation: "turn it" });
    if (!told.ok) throw new Error(told.refusal.message);
    expect((await told.verdict).status).toBe("admitted");
    const { entries } = await ada.recall({ error: new Error("the mill is stuck in the mud") });
    await ada.recall({ error: new Error("nobody has seen this one"), similar: "never" });
    const worked = await ada.outcome(entries[0] as (typeof entries)[0], { success: true });
    if (!worked.ok) throw new Error(worked.refusal.message);
    await worked.verdict;
    await ada.outcome("nonsense" as never, { success: true });
    const stranger = new WebSocket(`${swarm.relay?.url}/herdmind/1/${swarm.swarm}`);
    await new Promise((resolve) => stranger.addEventListener("close", resolve));
  });
  afterAll(() => stack.disposeAsync());

  const families = async (of: Metrics): Promise<ReadonlyMap<string, Family>> =>
    new Map(parse(await of.text()).map((family) => [family.name, family]));
  /** One value, or those by the value of the only label. */
  const value = (all: ReadonlyMap<string, Family>, name: string, label?: string): number => {
    const found = all
      .get(name)
      ?.metrics.find(({ labels = {} }) => label === undefined || Object.values(labels).includes(label));
    return Number(found?.value ?? Number.NaN);
  };
  /** Observations of a histogram: the parser puts those of all labels together. */
  const observed = async (of: Metrics, name: string, label: string): Promise<number> =>
    Number(new RegExp(`^${name}_count\\{\\w+="${label}"\\} (\\d+)$`, "m").exec(await of.text())?.[1]);

  test("what a member's agents did, and how long it took", async () => {
    const all = await families(metrics.ada);
    expect(value(all, "herdmind_signals_total")).toBe(1);
    expect(value(all, "herdmind_outcomes_total")).toBe(1);
    expect(value(all, "herdmind_verdicts_total", "admitted")).toBe(1);
    expect(value(all, "herdmind_verdicts_total", "counted")).toBe(1);
    expect(value(all, "herdmind_verdicts_total", "rejected")).toBe(0);
    expect(value(all, "herdmind_recalls_total", "exact")).toBe(1);
    expect(value(all, "herdmind_recalls_total", "none")).toBe(1);
    expect(value(all, "herdmind_refusals_total", "R1")).toBe(1);
    expect(await observed(metrics.ada, "herdmind_recall_duration_seconds", "exact")).toBe(1);
    expect(await observed(metrics.ada, "herdmind_report_durable_seconds", "signal")).toBe(1);
    expect(await observed(metrics.ada, "herdmind_report_verdict_seconds", "outcome")).toBe(1);
    expect(await observed(metrics.ada, "herdmind_resolve_recallable_seconds", "here")).toBe(1);
    expect(value(all, "herdmind_connected", "relay")).toBe(1);
    expect(value(all, "herdmind_hosted_behind_blocks")).toBe(0);
    expect(value(all, "herdmind_hosted_admitted_blocks")).toBe(value(all, "herdmind_hosted_blocks"));
    expect(value(all, "herdmind_canon_lag_blocks")).toBe(0);
    expect(all.has("herdmind_relay_connections")).toBe(false);
    expect(all.has("process_cpu_seconds_total")).toBe(false);
  });

  test("what the orchestrator and its relay did", async () => {
    const stable = (): number => stableLength(swarm.canon.head() as LogHead, swarm.present());
    const before = stable();
    const all = await families(metrics.swarm);
    expect(value(all, "herdmind_admissions_total", "immunized")).toBe(1);
    expect(value(all, "herdmind_admissions_total", "outcome")).toBe(1);
    expect(value(all, "herdmind_immunizations", "active")).toBe(1);
    expect(await observed(metrics.swarm, "herdmind_resolve_recallable_seconds", "elsewhere")).toBe(1);
    expect(value(all, "herdmind_relay_connections")).toBe(1);
    expect(value(all, "herdmind_relay_accepted_total")).toBe(1);
    expect(value(all, "herdmind_relay_refusals_total", "T4")).toBe(1);
    expect(value(all, "herdmind_relay_received_bytes_total")).toBeGreaterThan(500);
    expect(value(all, "herdmind_relay_sent_bytes_total")).toBeGreaterThan(500);
    expect(value(all, "herdmind_admission_deciding_seconds_total")).toBeGreaterThan(0);
    expect(value(all, "herdmind_orchestrator_stopped")).toBe(0);
    expect(value(all, "process_cpu_seconds_total")).toBeGreaterThan(0);
    const ofLoop = [...all.keys()].filter((name) => name.startsWith("nodejs_eventloop_lag"));
    expect(ofLoop).toEqual(["nodejs_eventloop_lag_seconds"]);
    const held = value(all, "herdmind_canon_held_blocks");
    expect(held).toBe(swarm.canon.head()?.length);
    // What Ada said may be 15 s old; what is stable comes from it (canon-metrics.test.ts).
    expect([before, stable()]).toContain(value(all, "herdmind_canon_stable_blocks"));
  });

  test("the exposition is one that a parser takes: a type, a help and a unit for each name, and bounded labels", async () => {
    for (const of of [metrics.swarm, metrics.ada]) {
      for (const { name, help, type, metrics: found } of (await families(of)).values()) {
        if (!name.startsWith("herdmind_")) continue;
        expect(type, name).not.toBe("UNTYPED");
        expect(help, name).toMatch(/[.]$/);
        expect(name.endsWith("_total"), name).toBe(type === "COUNTER");
        if (type === "HISTOGRAM") expect(name).toMatch(/_seconds$/);
        expect(found.length, name).toBeLessThan(45);
        for (const { labels = {} } of found)
          for (const text of Object.values(labels)) expect(text, name).toMatch(/^[A-Za-z0-9-]{1,12}$/);
      }
    }
    const text = (await metrics.swarm.text()) + (await metrics.ada.text());
    for (const secret of [ada.id, swarm.id, swarm.swarm, "mill", "turn it"]) expect(text).not.toContain(secret);
  });

  test("stands beside the metrics that a program has already, in its own registry", async () => {
    const own = new Registry();
    const merged = Registry.merge([own, metrics.ada.registry]);
    expect(await merged.metrics()).toContain("herdmind_signals_total 1\n");
  });

  test("counts nothing any more once it is disposed", async () => {
    const more = createMetrics(ada, { process: false });
    more[Symbol.dispose]();
    await ada.recall({ error: new Error("the mill is stuck in the mud") });
    expect(await more.text()).toBe("\n");
    const all = await families(metrics.ada);
    expect(value(all, "herdmind_recalls_total", "exact")).toBe(2);
  });
});

test("a rule that nobody knows is no label of its own", () => {
  expect(["E11", "L6", "E12", "__proto__", 'x"} 1\n'].map(ruleLabel)).toEqual(["E11", "L6", "other", "other", "other"]);
});
