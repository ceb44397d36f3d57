/** The public conformance suite against a real node; what does not apply is listed, with reasons, in a file of the package. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { ensureNode, httpFile, stopNode } from "@herdmind/local/client";
import { expect, test } from "vitest";

const exceptions = resolve(import.meta.dirname, "../../../packages/mcp/conformance-exceptions.yml");
const suite = resolve(import.meta.dirname, "../../../node_modules/@modelcontextprotocol/conformance/dist/index.js");

/** Knows the token, which the suite does not; everything else passes as it came. */
const proxyTo = (url: string, token: string) =>
  createServer((asked, answer) => {
    const headers = { ...asked.headers, authorization: `Bearer ${token}` };
    const onward = request(new URL(asked.url ?? "/", url), { method: asked.method ?? "GET", headers }, (response) => {
      answer.writeHead(response.statusCode ?? 500, response.headers);
      response.pipe(answer);
    });
    onward.on("error", () => answer.destroy());
    asked.pipe(onward);
  });

test("every scenario passes, or stands among the exceptions; none of those passes by now", {
  timeout: 120_000,
}, async () => {
  const dir = mkdtempSync(join(tmpdir(), "herdmind-conformance-"));
  const node = await ensureNode({ dir, create: "herd", http: 0 });
  if (!node.ok) throw new Error(node.refusal.message);
  const { url, token } = JSON.parse(readFileSync(httpFile(dir), "utf8"));
  const proxy = proxyTo(url, token).listen(0, "127.0.0.1");
  try {
    await expect.poll(() => proxy.listening).toBe(true);
    const at = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/mcp`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [suite, "server", "--url", at, "--expected-failures", exceptions],
      { maxBuffer: 16 * 1024 * 1024 },
    );
    const passed = [...stdout.matchAll(/^✓ ([\w-]+): (\d+) passed, 0 failed/gm)].map(([, name]) => name);
    expect(passed).toEqual([
      "server-initialize",
      "logging-set-level",
      "ping",
      "tools-list",
      "tools-call-simple-text",
      "tools-call-error",
      "server-sse-multiple-streams",
      "resources-list",
      "prompts-list",
      "dns-rebinding-protection",
    ]);
  } finally {
    proxy.closeAllConnections();
    proxy.close();
    await stopNode(dir);
    rmSync(dir, { recursive: true, force: true });
  }
});
