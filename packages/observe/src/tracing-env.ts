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

const SAMPLERS = ["always_on", "always_off", "traceidratio"].flatMap((name) => [name, `parentbased_${name}`]);
const DEFAULT_SAMPLER = "parentbased_always_on";

export interface SamplerAsked {
  /** `always_on`, `always_off` or `traceidratio`. */
  readonly root: string;
  readonly isParentBased: boolean;
  /** From 0 to 1, for `traceidratio`. */
  readonly ratio: number;
  /** What is wrong with what was asked for, and what is taken instead. */
  readonly problem?: string;
}

export const samplerAsked = ({ OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG }: TracingEnv): SamplerAsked => {
  const said = OTEL_TRACES_SAMPLER || DEFAULT_SAMPLER;
  const isKnown = SAMPLERS.includes(said);
  const name = isKnown ? said : DEFAULT_SAMPLER;
  const root = name.replace(/^parentbased_/, "");
  const ratio = Number(OTEL_TRACES_SAMPLER_ARG || 1);
  const isRatio = ratio >= 0 && ratio <= 1;
  const asked = { root, isParentBased: root !== name, ratio: isRatio ? ratio : 1 };
  if (!isKnown)
    return { ...asked, problem: `OTEL_TRACES_SAMPLER is none of ${SAMPLERS.join(", ")}: ${DEFAULT_SAMPLER} is taken` };
  return root === "traceidratio" && !isRatio
    ? { ...asked, problem: "OTEL_TRACES_SAMPLER_ARG is no number from 0 to 1: 1 is taken" }
    : asked;
};
