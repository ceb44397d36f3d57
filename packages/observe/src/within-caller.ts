/** Work for somebody in another process, in the trace that they say they are in (W3C `traceparent`). */
import { context, propagation, ROOT_CONTEXT } from "@opentelemetry/api";

export type Headers = { readonly [name: string]: string | string[] | undefined };

export const withinCaller = <T>(headers: Headers, run: () => T): T =>
  context.with(propagation.extract(ROOT_CONTEXT, headers), run);
