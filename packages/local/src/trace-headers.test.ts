import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { context, propagation, ROOT_CONTEXT, TraceFlags, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askNode, streamNode } from "./local-client.js";

const dir = mkdtempSync(join(tmpdir(), "herdmind-trace-"));
const path = join(dir, "node.sock");
const seen: (string | undefined)[] = [];
const server = createServer((request, response) => {
  seen.push(request.headers.traceparent as string | undefined);
  response.end("{}");
});
beforeAll(async () => {
  server.listen(path);
  await once(server, "listening");
});
afterAll(async () => {
  server.close();
  await once(server, "close");
  rmSync(dir, { recursive: true, force: true });
});

test("what a node is asked stands in the asker's trace, where the asker has one", async () => {
  await askNode(path, "status", {});
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  try {
    await askNode(path, "status", {});
    const own = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };
    const active = trace.setSpanContext(ROOT_CONTEXT, { ...own, traceFlags: TraceFlags.SAMPLED });
    await context.with(active, async () => {
      await askNode(path, "status", {});
      await streamNode(path, "export", {});
    });
    const traceparent = `00-${own.traceId}-${own.spanId}-01`;
    expect(seen).toEqual([undefined, undefined, traceparent, traceparent]);
  } finally {
    context.disable();
    propagation.disable();
  }
});
