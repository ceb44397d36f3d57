/**
 * Whether this process sends spans, as OpenTelemetry's standard variables say. The SDK is loaded only then: 20 MB on disk and tens of
 * milliseconds that nobody else pays.
 */
import type { Logger } from "herdmind";
import { samplerAsked, type TracingEnv, tracingOf } from "./tracing-env.js";

/** Sends spans from here on, where the environment asks for it. Disposing sends what is left, for two seconds at most. */
export const startTracing = async (
  log: Logger,
  env: TracingEnv = process.env,
): Promise<AsyncDisposable | undefined> => {
  const asked = tracingOf(env);
  if (asked === undefined) return undefined;
  if ("why" in asked) {
    log({ level: "warn", event: "tracing.failed", message: `no spans are sent: ${asked.why}` });
    return undefined;
  }
  const { problem } = samplerAsked(env);
  if (problem !== undefined) log({ level: "warn", event: "tracing.failed", message: problem });
  const { startSdk } = await import("./tracing-sdk.js");
  const sdk = await startSdk(asked.protocol, log, env);
  log({ level: "info", event: "tracing.started", message: "spans are sent", fields: { protocol: asked.protocol } });
  return sdk;
};
