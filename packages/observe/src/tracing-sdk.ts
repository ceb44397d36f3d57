/** OpenTelemetry's SDK, set up for a process that serves a node. Loaded only where spans are sent. */
import { context, DiagLogLevel, diag, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
  serviceNameEnvDetector,
} from "@opentelemetry/resources";
import { BatchSpanProcessor, RandomIdGenerator, type SpanExporter, TracerProvider } from "@opentelemetry/sdk-trace";
import type { Logger } from "herdmind";
import { samplerOf } from "./sampling.js";
import { createIds } from "./trace-ids.js";
import type { Protocol, TracingEnv } from "./tracing-env.js";

/** Milliseconds that a node that ends waits for a collector. */
const FLUSH_MS = 2000;

const exporterOf = async (protocol: Protocol): Promise<SpanExporter> => {
  const { OTLPTraceExporter } =
    protocol === "http/json"
      ? await import("@opentelemetry/exporter-trace-otlp-http")
      : await import("@opentelemetry/exporter-trace-otlp-proto");
  // Endpoint, headers, timeout and compression: it reads the standard variables itself.
  return new OTLPTraceExporter();
};

/** A number of the standard variables for batches; `undefined`: the SDK's own default. */
const numberOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,9}$/.test(text) && Number(text) > 0 ? Number(text) : undefined;

const batchOf = (env: TracingEnv) => {
  const given = {
    scheduledDelayMillis: numberOf(env.OTEL_BSP_SCHEDULE_DELAY),
    maxQueueSize: numberOf(env.OTEL_BSP_MAX_QUEUE_SIZE),
    maxExportBatchSize: numberOf(env.OTEL_BSP_MAX_EXPORT_BATCH_SIZE),
    exportTimeoutMillis: numberOf(env.OTEL_BSP_EXPORT_TIMEOUT),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
};

/** The SDK tells of errors as JSON with their stacks; where they come from says nothing to whoever set an address. */
const shortly = (said: string): string => {
  try {
    const { message } = JSON.parse(said) as { readonly message?: unknown };
    return typeof message === "string" ? message : said;
  } catch {
    return said;
  }
};

export const startSdk = async (protocol: Protocol, log: Logger, env: TracingEnv): Promise<AsyncDisposable> => {
  const warn = (said: string): void =>
    log({ level: "warn", event: "tracing.failed", message: `spans were not sent: ${shortly(said)}` });
  const quiet = (): void => {};
  diag.setLogger(
    { error: warn, warn, info: quiet, debug: quiet, verbose: quiet },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ "service.name": "herdmind" }))
      .merge(
        detectResources({
          detectors: [serviceInstanceIdDetector, resourceAttributesEnvDetector, serviceNameEnvDetector],
        }),
      ),
    sampler: samplerOf(env),
    idGenerator: createIds(new RandomIdGenerator()),
    spanProcessors: [new BatchSpanProcessor({ exporter: await exporterOf(protocol), ...batchOf(env) })],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  return {
    [Symbol.asyncDispose]: async () => {
      // A collector that is gone must not keep a node from ending.
      let late: ReturnType<typeof setTimeout> | undefined;
      const patience = new Promise<void>((resolve) => {
        late = setTimeout(resolve, FLUSH_MS);
      });
      await Promise.race([provider.shutdown().catch((error: unknown) => warn(String(error))), patience]);
      clearTimeout(late);
      trace.disable();
      context.disable();
      propagation.disable();
      diag.disable();
    },
  };
};
