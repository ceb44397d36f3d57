/** Whether a process sends spans, and how, by OpenTelemetry's standard variables. */
export type TracingEnv = { readonly [name: string]: string | undefined };

const PROTOCOLS = ["http/protobuf", "http/json"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** Where spans go, or why they go nowhere; `undefined`: nobody asked for any. */
export const tracingOf = (env: TracingEnv): { readonly protocol: Protocol } | { readonly why: string } | undefined => {
  const { OTEL_SDK_DISABLED = "", OTEL_TRACES_EXPORTER = "otlp" } = env;
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT || "";
  if (endpoint === "" || OTEL_SDK_DISABLED.toLowerCase() === "true" || OTEL_TRACES_EXPORTER === "none")
    return undefined;
  if (!OTEL_TRACES_EXPORTER.split(",").includes("otlp"))
    return { why: "OTEL_TRACES_EXPORTER names no exporter that is known here: otlp or none" };
  const asked = env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL || "http/protobuf";
  const protocol = PROTOCOLS.find((one) => one === asked);
  return protocol === undefined
    ? { why: "OTEL_EXPORTER_OTLP_PROTOCOL is none that is spoken here: http/protobuf or http/json" }
    : { protocol };
};
