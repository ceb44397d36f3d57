/**
 * Sampling by the standard variables, so that all processes decide alike. The parent of most spans here was computed, not received, and
 * has no flag to follow: for those the sampler of roots decides, which looks at the trace id, and that is the same everywhere.
 */
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace";
import { COMPUTED } from "./trace-ids.js";
import type { TracingEnv } from "./tracing-env.js";

const rootOf = (kind: string, argument: string | undefined): Sampler => {
  switch (kind) {
    case "always_off":
      return new AlwaysOffSampler();
    case "traceidratio": {
      const ratio = Number(argument || 1);
      return new TraceIdRatioBasedSampler(ratio >= 0 && ratio <= 1 ? ratio : 1);
    }
    default:
      return new AlwaysOnSampler();
  }
};

export const samplerOf = ({ OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG }: TracingEnv): Sampler => {
  const name = OTEL_TRACES_SAMPLER || "parentbased_always_on";
  const root = rootOf(name.replace(/^parentbased_/, ""), OTEL_TRACES_SAMPLER_ARG);
  const received = name.startsWith("parentbased_") ? new ParentBasedSampler({ root }) : root;
  return {
    shouldSample: (context, ...about) =>
      (context.getValue(COMPUTED) === true ? root : received).shouldSample(context, ...about),
    toString: () => `Herdmind{${received.toString()}}`,
  };
};
