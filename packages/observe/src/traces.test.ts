// Spans of two nodes in this process, as a program with an SDK of its own has them. Three real processes: test/integration/watching.

import { type EntryId, toBase64url } from "@herdmind/protocol";
import { context, ROOT_CONTEXT, SpanKind, TraceFlags, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  InMemorySpanExporter,
  RandomIdGenerator,
  type ReadableSpan,
  SamplingDecision,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { createSwarm, join, type Peer } from "herdmind";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { followTraces } from "./follow-traces.js";
import { samplerOf } from "./sampling.js";
import { contextOf, createIds, traceIdsOf } from "./trace-ids.js";
import { samplerAsked, tracingOf } from "./tracing-env.js";

const entryOf = (n: number): EntryId =>
  toBase64url(Uint8Array.from({ length: 32 }, (_, i) => (n * 7919 + i * 104_729) >>> (i % 8))) as EntryId;

describe("the trace of an entry", () => {
  test("is the first 16 bytes of the hash that its id is, and its first span the next 8", () => {
    const bytes = Uint8Array.from({ length: 32 }, (_, i) => i);
    expect(traceIdsOf(toBase64url(bytes) as EntryId)).toEqual({
      traceId: "000102030405060708090a0b0c0d0e0f",
      spanId: "1011121314151617",
    });
  });
});

describe("spans", () => {
  const exporter = new InMemorySpanExporter();
  let provider: TracerProvider;
  beforeEach(() => {
    exporter.reset();
    provider = new TracerProvider({
      idGenerator: createIds(new RandomIdGenerator()),
      spanProcessors: [new SimpleSpanProcessor({ exporter })],
    });
    trace.setGlobalTracerProvider(provider);
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  });
  afterEach(() => {
    trace.disable();
    context.disable();
  });

  const spansOf = (entry: EntryId): readonly ReadableSpan[] =>
    exporter.getFinishedSpans().filter((span) => span.spanContext().traceId === traceIdsOf(entry).traceId);
  const named = (name: string): readonly ReadableSpan[] =>
    exporter.getFinishedSpans().filter((span) => span.name === `herdmind.${name}`);
  const report = async (peer: Peer, mitigation: string) => {
    const receipt = await peer.report({ problem: new Error("the mill is stuck in the mud"), mitigation });
    if (!receipt.ok) throw new Error(receipt.refusal.message);
    return { entry: receipt.id, verdict: await receipt.verdict };
  };

  test("each proposal has its own trace with canon's verdict: admitted, corroborates, rejected", async () => {
    await using swarm = await createSwarm({ name: "spans" });
    await using ada = await join(await swarm.invite(), { name: "ada" });
    await using bob = await join(await swarm.invite(), { name: "bob" });
    for (const peer of [swarm, ada, bob]) followTraces(peer);
    await Promise.all([ada.synced(), bob.synced()]);
    const first = await report(ada, "Turn the wheel by hand.");
    const second = await report(bob, "Turn the wheel by hand.");
    const third = await report(ada, "done, thanks");
    expect([first, second, third].map(({ verdict }) => verdict.status)).toEqual([
      "admitted",
      "corroborates",
      "rejected",
    ]);
    await swarm.canon.settled();
    const verdictOf = ({ entry }: { readonly entry: EntryId }) =>
      spansOf(entry)
        .filter(({ name }) => name === "herdmind.admit")
        .map(({ attributes }) => [attributes["herdmind.verdict"], attributes["herdmind.rule"]]);
    expect(verdictOf(first)).toEqual([["admitted", undefined]]);
    expect(verdictOf(second)).toEqual([["corroborates", undefined]]);
    expect(verdictOf(third)).toEqual([["rejected", "E9"]]);
    for (const { entry } of [first, second, third]) {
      const root = spansOf(entry).filter(({ parentSpanContext }) => parentSpanContext === undefined);
      expect(root.map(({ name }) => name)).toEqual(["herdmind.report"]);
      expect(root[0]?.kind).toBe(SpanKind.PRODUCER);
      expect(root[0]?.spanContext().spanId).toBe(traceIdsOf(entry).spanId);
    }
    // Whoever takes part has an entry, and only the first proposal made one.
    expect(named("apply").every((span) => span.attributes["herdmind.entry"] === first.entry)).toBe(true);
    const texts = JSON.stringify(exporter.getFinishedSpans().map(({ attributes, events }) => [attributes, events]));
    expect(texts).not.toMatch(/mill|wheel|thanks/);
  });

  test("a recall stands in the caller's trace; only the first one of a process in that of what it found", async () => {
    await using swarm = await createSwarm({ name: "spans", relay: false });
    const { entry } = await report(swarm, "Turn the wheel by hand.");
    followTraces(swarm);
    const caller = trace.getTracer("caller").startSpan("agent");
    const recall = () =>
      context.with(trace.setSpan(ROOT_CONTEXT, caller), () =>
        swarm.recall({ error: new Error("the mill is stuck in the mud") }),
      );
    await recall();
    await recall();
    await swarm.recall({ text: "nothing that anybody knows" });
    const recalls = named("recall");
    expect(recalls.map((span) => span.parentSpanContext?.spanId)).toEqual([
      caller.spanContext().spanId,
      caller.spanContext().spanId,
      undefined,
    ]);
    expect(recalls.map(({ links }) => links.map((link) => link.context.traceId))).toEqual([
      [traceIdsOf(entry).traceId],
      [traceIdsOf(entry).traceId],
      [],
    ]);
    expect(named("recalled").map((span) => span.links[0]?.context.spanId)).toEqual([recalls[0]?.spanContext().spanId]);
  });

  test("a report links to whoever asked for it, and has its own trace all the same", async () => {
    await using swarm = await createSwarm({ name: "spans", relay: false });
    followTraces(swarm);
    const caller = trace.getTracer("caller").startSpan("agent");
    const { entry } = await context.with(trace.setSpan(ROOT_CONTEXT, caller), () => report(swarm, "Turn it by hand."));
    const [root] = spansOf(entry).filter(({ name }) => name === "herdmind.report");
    expect(root?.links.map((link) => link.context.spanId)).toEqual([caller.spanContext().spanId]);
    expect(root?.spanContext().traceId).not.toBe(caller.spanContext().traceId);
  });
});

describe("sampling", () => {
  const decide = (env: { readonly [name: string]: string }, at: typeof ROOT_CONTEXT, traceId: string): boolean =>
    samplerOf(env).shouldSample(at, traceId, "x", SpanKind.INTERNAL, {}, []).decision ===
    SamplingDecision.RECORD_AND_SAMPLED;
  const traces = Array.from({ length: 400 }, (_, n) => entryOf(n));

  test("every process decides alike, its author's and all others, and takes about the share that is asked for", () => {
    for (const kind of ["traceidratio", "parentbased_traceidratio"]) {
      const env = { OTEL_TRACES_SAMPLER: kind, OTEL_TRACES_SAMPLER_ARG: "0.25" };
      const author = traces.map((entry) => decide(env, ROOT_CONTEXT, traceIdsOf(entry).traceId));
      const others = traces.map((entry) => decide(env, contextOf(entry), traceIdsOf(entry).traceId));
      expect(others).toEqual(author);
      const taken = author.filter(Boolean).length;
      expect(taken).toBeGreaterThan(40);
      expect(taken).toBeLessThan(200);
    }
  });

  test("a parent that was received is followed as the standard says", () => {
    const received = (traceFlags: TraceFlags) =>
      trace.setSpanContext(ROOT_CONTEXT, { ...traceIdsOf(entryOf(1)), traceFlags, isRemote: true });
    const { traceId } = traceIdsOf(entryOf(1));
    expect(decide({}, received(TraceFlags.NONE), traceId)).toBe(false);
    expect(decide({}, received(TraceFlags.SAMPLED), traceId)).toBe(true);
    expect(decide({ OTEL_TRACES_SAMPLER: "always_on" }, received(TraceFlags.NONE), traceId)).toBe(true);
    for (const name of ["always_off", "parentbased_always_off"])
      for (const at of [ROOT_CONTEXT, contextOf(entryOf(1))])
        expect(decide({ OTEL_TRACES_SAMPLER: name }, at, traceId)).toBe(false);
  });
});

test("a sampler that nobody knows is said, and the standard's default is taken", () => {
  expect(samplerAsked({})).toEqual({ root: "always_on", isParentBased: true, ratio: 1 });
  expect(samplerAsked({ OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.5" })).toEqual({
    root: "traceidratio",
    isParentBased: false,
    ratio: 0.5,
  });
  const unknown = samplerAsked({ OTEL_TRACES_SAMPLER: "jaeger_remote" });
  expect(unknown).toMatchObject({ root: "always_on", isParentBased: true });
  expect(unknown.problem).toContain("OTEL_TRACES_SAMPLER is none of always_on");
  const half = samplerAsked({ OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "half" });
  expect(half.ratio).toBe(1);
  expect(half.problem).toContain("OTEL_TRACES_SAMPLER_ARG");
});

test("spans are sent where the standard variables say so, and nowhere else", () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318" };
  expect(tracingOf({})).toBeUndefined();
  expect(tracingOf({ ...endpoint, OTEL_SDK_DISABLED: "true" })).toBeUndefined();
  expect(tracingOf({ ...endpoint, OTEL_TRACES_EXPORTER: "none" })).toBeUndefined();
  expect(tracingOf(endpoint)).toEqual({ protocol: "http/protobuf" });
  expect(tracingOf({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://127.0.0.1:4318/v1/traces" })).toEqual({
    protocol: "http/protobuf",
  });
  expect(tracingOf({ ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" })).toEqual({ protocol: "http/json" });
  expect(tracingOf({ ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" })).toHaveProperty("why");
  expect(tracingOf({ ...endpoint, OTEL_TRACES_EXPORTER: "zipkin" })).toHaveProperty("why");
});
