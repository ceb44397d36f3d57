// The dashboard against what it stands on: a real node's metrics, and Prometheus' own grammar for its queries.
import { readFileSync } from "node:fs";
import type { SyntaxNode } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";
import { createSwarm, join } from "herdmind";
import { beforeAll, describe, expect, test } from "vitest";
import { createMetrics } from "./metrics.js";

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly targets?: readonly { readonly expr: string; readonly refId: string; readonly legendFormat: string }[];
}

const dashboard = JSON.parse(readFileSync(new URL("../grafana/herdmind.json", import.meta.url), "utf8")) as {
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
  readonly __requires: readonly { readonly type: string; readonly id: string }[];
};
const targets = dashboard.panels.flatMap(({ title, targets = [] }) => targets.map((target) => ({ title, ...target })));

interface Selector {
  readonly metric: string;
  readonly labels: readonly string[];
}

/** What Grafana puts in place of its variables, as far as the grammar is concerned. */
const filled = (expr: string): string => expr.replace(/\$__(?:rate_interval|range)/g, "5m").replace("$instance", ".*");

/** Names of metrics and labels in a query; throws where it is none. */
const selectorsOf = (expr: string): readonly Selector[] => {
  const text = filled(expr);
  const selectors: Selector[] = [];
  const at = ({ from, to }: SyntaxNode): string => text.slice(from, to);
  parser.parse(text).iterate({
    enter: ({ node, name }) => {
      if (node.type.isError) throw new Error(`not PromQL at ${node.from}: ${text}`);
      if (name === "VectorSelector") {
        const metric = node.getChild("Identifier");
        const matchers = node.getChild("LabelMatchers")?.getChildren("UnquotedLabelMatcher") ?? [];
        if (metric === null) throw new Error(`a selector without a metric: ${text}`);
        const labels = matchers.flatMap((matcher) => matcher.getChildren("LabelName").map(at));
        selectors.push({ metric: at(metric), labels });
      }
    },
  });
  return selectors;
};

/** Labels that a query groups by, and that its legend shows. */
const grouped = (expr: string): readonly string[] =>
  [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, names = ""]) => names.split(",").map((name) => name.trim()));
const shown = (legend: string): readonly string[] =>
  [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, name = ""]) => name);

describe("the dashboard for Grafana", () => {
  /** Labels by name of metric, as an orchestrator's node and a member's show them. */
  const labelsByMetric = new Map<string, Set<string>>();

  beforeAll(async () => {
    await using swarm = await createSwarm({ name: "seen" });
    await using member = await join(await swarm.invite(), { name: "ada" });
    for (const peer of [swarm, member]) {
      using metrics = createMetrics(peer);
      // Those that have a label get it with their first value; the rest of their life they only count.
      for (const { name, aggregator: _, ...one } of metrics.registry.getMetricsAsArray()) {
        const { type, labelNames = [] } = one as unknown as { readonly type: string; readonly labelNames?: string[] };
        const names = type === "histogram" ? ["_bucket", "_sum", "_count"].map((end) => name + end) : [name];
        for (const each of names)
          labelsByMetric.set(each, new Set(each.endsWith("_bucket") ? [...labelNames, "le"] : labelNames));
      }
      for (const [, name = "", labels = ""] of (await metrics.text()).matchAll(/^(\w+)(?:\{([^}]*)\})? /gm)) {
        const known = labelsByMetric.get(name) ?? new Set();
        labelsByMetric.set(name, known);
        for (const [, label = ""] of labels.matchAll(/(\w+)="/g)) known.add(label);
      }
    }
  });

  test("is a dashboard: panels with ids and places of their own, variables for its data source and its nodes", () => {
    expect(dashboard).toMatchObject({ uid: "herdmind", title: "Herdmind", schemaVersion: 39 });
    expect(dashboard.templating.list.map(({ name, type }) => [name, type])).toEqual([
      ["datasource", "datasource"],
      ["instance", "query"],
    ]);
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const required = dashboard.__requires.flatMap(({ type, id }) => (type === "panel" ? [id] : []));
    const taken = new Set<string>();
    for (const { type, title, gridPos, datasource, targets = [] } of panels) {
      expect(title).not.toBe("");
      const { x, y, w, h } = gridPos;
      expect(x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= 24, `${title} in the grid`).toBe(true);
      for (let column = x; column < x + w; column++)
        for (let line = y; line < y + h; line++) {
          expect(taken.has(`${column},${line}`), `${title} stands on another panel`).toBe(false);
          taken.add(`${column},${line}`);
        }
      if (type === "row") continue;
      expect(required).toContain(type);
      expect(datasource).toEqual({ type: "prometheus", uid: "$" + "{datasource}" });
      expect(targets.length).toBeGreaterThan(0);
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    }
  });

  test("asks PromQL, of metrics and labels that a node has", () => {
    expect(targets.length).toBeGreaterThan(60);
    for (const { title, expr, legendFormat } of targets) {
      const selectors = selectorsOf(expr);
      expect(selectors.length, `${title} asks for a metric`).toBeGreaterThan(0);
      const groups = grouped(expr);
      for (const { metric, labels } of selectors) {
        const known = labelsByMetric.get(metric);
        expect(known, `${title}: ${metric}`).toBeDefined();
        for (const label of [...labels, ...groups])
          if (label !== "instance") expect([...(known ?? [])], `${title}: ${metric}{${label}}`).toContain(label);
      }
      for (const label of shown(legendFormat)) expect(groups, `${title}: the legend shows ${label}`).toContain(label);
      // A counter's value says nothing, only how fast it grows.
      for (const { metric } of selectors)
        if (metric.endsWith("_total")) expect(expr).toMatch(new RegExp(`(?:rate|increase)\\(${metric}`));
    }
  });

  test("shows every metric of a node", () => {
    const asked = new Set(targets.flatMap(({ expr }) => selectorsOf(expr).map(({ metric }) => metric)));
    const hidden = [...labelsByMetric.keys()].filter(
      (name) => name.startsWith("herdmind_") && !/_(?:sum|count)$/.test(name) && !asked.has(name),
    );
    expect(hidden).toEqual([]);
  });

  test("a query that is none, and one without a metric, are seen", () => {
    expect(() => selectorsOf("sum(rate(herdmind_x[5m])")).toThrow("not PromQL");
    expect(() => selectorsOf("sum by (x) herdmind_x)")).toThrow("not PromQL");
    expect(selectorsOf('herdmind_x{rule="E2", by=~".*"} or vector(0)')).toEqual([
      { metric: "herdmind_x", labels: ["rule", "by"] },
    ]);
  });
});
