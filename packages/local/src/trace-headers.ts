/** What names the trace that this program is in (W3C `traceparent`), so that what its node does for it stands there. */

/** There once a program has set up OpenTelemetry's SDK: its API keeps it there, in every version 1. */
const API_GLOBAL = Symbol.for("opentelemetry.js.api.1");

/** Nothing is loaded where nothing was set up. */
export const traceHeaders = async (): Promise<{ readonly [name: string]: string }> => {
  if (!Object.hasOwn(globalThis, API_GLOBAL)) return {};
  const { context, propagation } = await import("@opentelemetry/api");
  const headers: { [name: string]: string } = {};
  propagation.inject(context.active(), headers);
  return headers;
};
