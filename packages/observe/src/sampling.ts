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
import { type SamplerAsked, samplerAsked, type TracingEnv } from "./tracing-env.js";

const rootOf = ({ root, ratio }: SamplerAsked): Sampler => {
  switch (root) {
    case "always_off":
      return new AlwaysOffSampler();
    case "traceidratio":
      return new TraceIdRatioBasedSampler(ratio);
    default:
      return new AlwaysOnSampler();
  }
};

export const samplerOf = (env: TracingEnv): Sampler => {
  const asked = samplerAsked(env);
  const root = rootOf(asked);
  const received = asked.isParentBased ? new ParentBasedSampler({ root }) : root;
  return {
    shouldSample: (context, ...about) =>
      (context.getValue(COMPUTED) === true ? root : received).shouldSample(context, ...about),
    toString: () => `Herdmind{${received.toString()}}`,
  };
};
