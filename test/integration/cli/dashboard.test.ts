// The page of a node from the command that opens it to what a browser then does.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DashboardCode } from "@herdmind/local/client";
import { expect, test } from "vitest";
import { createMachine, documentOf, failureOf, startSwarm } from "./herdmind-command.ts";

test("T2 dashboard signs a page in, once; up remembers to serve HTTP; --stop ends it", async () => {
  using machine = createMachine();
  const root = machine.dir("root");
  const nobody = await machine.run(["dashboard", "--dir", machine.dir("nobody"), "--json"]);
  expect([nobody.code, failureOf(nobody).rule]).toEqual([4, "unavailable"]);

  const { node } = await startSwarm(machine, root, "--http");
  const made = documentOf<DashboardCode & { opened: boolean }>(
    await machine.run(["dashboard", "--no-open", "--json", "--dir", root]),
  );
  expect(made).toMatchObject({ opened: false, url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
  const key = "k".repeat(43);
  const signIn = () =>
    fetch(`${made.url}/session`, {
      method: "POST",
      headers: { "content-type": "application/json", "herdmind-page": key },
      body: JSON.stringify({ code: made.code }),
    });
  const signedIn = await signIn();
  expect(signedIn.status).toBe(204);
  expect((await signIn()).status).toBe(401);
  const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] as string;
  const page = { "content-type": "application/json", origin: made.url, cookie, "herdmind-page": key };
  const overview = await fetch(`${made.url}/v1/overview`, { method: "POST", headers: page, body: "{}" });
  expect(await overview.json()).toMatchObject({ ok: true, value: { swarmName: "herd" } });
  const ended = documentOf<{ ended: number }>(await machine.run(["dashboard", "--sign-out", "--json", "--dir", root]));
  expect(ended).toEqual({ ended: 1, stopped: false });
  expect((await fetch(`${made.url}/v1/overview`, { method: "POST", headers: page, body: "{}" })).status).toBe(401);
  expect(readFileSync(join(root, "node.log"), "utf8")).not.toMatch(new RegExp(`${made.code}|${cookie.split("=")[1]}`));
  await node.interrupt();

  const again = await startSwarm(machine, root);
  expect(again.up).toMatchObject({ http: made.url });
  const stopped = await machine.run(["dashboard", "--stop", "--dir", root]);
  expect(stopped.stdout).toBe("0 pages were signed out; HTTP is not served any more\n");
  await expect(fetch(made.url)).rejects.toThrow();
  await again.node.interrupt();
  const without = await startSwarm(machine, root, "--no-http");
  expect(without.up).not.toHaveProperty("http");
});
