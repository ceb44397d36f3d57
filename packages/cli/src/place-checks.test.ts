import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { checkNode, checkPlace, lookAt, type Place } from "./place-checks.js";

type Held = NonNullable<Place["held"]>;

const MB = 1024 * 1024;
const LINKS = ["version", "directory", "free space", "keys"];
const keys = [
  { name: "peer.seed", mode: 0o600 },
  { name: "agents.json", mode: 0o600 },
];

const place = ({ node = "24.1.0", ...held }: Partial<Held> & { readonly node?: string }): Place => ({
  dir: "/data",
  node,
  held: { mode: 0o700, isWritable: true, freeBytes: 64 * MB, keys, ...held },
});

describe("what doctor says of this machine and a directory", () => {
  test.each<[title: string, of: Place]>([
    ["as it should be", place({})],
    ["the oldest Node", place({ node: "22.0.0" })],
    ["a system without modes", place({ mode: undefined, keys: keys.map(({ name }) => ({ name, mode: undefined })) })],
  ])("all is well: %s", (_title, of) => {
    expect(checkPlace(of, "0.1.0").map(({ name, state, remedy }) => [name, state, remedy])).toEqual(
      LINKS.map((name) => [name, "ok", undefined]),
    );
  });

  test.each<[link: string, title: string, of: Place, detail: string, remedy: RegExp]>([
    ["version", "an old Node", place({ node: "21.7.3" }), "Node 21.7.3", /Install Node 22/],
    ["directory", "open to others", place({ mode: 0o755 }), "mode 755", /^chmod 700 "\/data"$/],
    ["directory", "of somebody else", place({ isWritable: false }), "cannot be written", /its owner/],
    ["free space", "a full disk", place({ freeBytes: 64 * MB - 1 }), "64 MB left", /Free some/],
    ["keys", "none", place({ keys: [] }), "/data/keys has no peer.seed", /backup, or join anew/],
    [
      "keys",
      "one that others can read",
      place({ keys: [...keys, { name: "root.seed", mode: 0o640 }] }),
      "root.seed can be read by others",
      /^chmod 600 "\/data\/keys\/root.seed"$/,
    ],
  ])("the one link that fails: %s (%s)", (link, _title, of, detail, remedy) => {
    const checks = checkPlace(of, "0.1.0");
    expect(checks.map(({ name, state }) => [name, state])).toEqual(
      LINKS.map((name) => [name, name === link ? "failed" : "ok"]),
    );
    const found = checks.find(({ name }) => name === link);
    expect(found?.detail).toContain(detail);
    expect(found?.remedy).toMatch(remedy);
  });

  test("a directory that holds no peer has no keys or space to look at", () => {
    const checks = checkPlace({ dir: "/data", node: "24.1.0", held: undefined }, "0.1.0");
    expect(checks.map(({ name, state }) => `${name} ${state}`)).toEqual(["version ok", "directory failed"]);
    expect(checks[1]?.remedy).toMatch(/herdmind up .*herdmind join/);
  });

  test("a node that answers, one that says nothing, and none", () => {
    expect(checkNode("/data", { pid: 7, swarmName: "team" })).toMatchObject({
      state: "ok",
      detail: 'process 7 of "team"',
    });
    expect(checkNode("/data", "silent")).toMatchObject({
      state: "failed",
      remedy: expect.stringContaining("/data/node.log"),
    });
    expect(checkNode("/data", "none")).toMatchObject({ name: "node", state: "skipped" });
  });

  test("looks at what is there", async () => {
    const dir = mkdtempSync(join(tmpdir(), "place-"));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    expect(await lookAt(dir)).toEqual({ dir, node: process.versions.node, held: undefined });
    mkdirSync(join(dir, "keys"), { mode: 0o700 });
    writeFileSync(join(dir, "keys", "peer.seed"), "", { mode: 0o600 });
    writeFileSync(join(dir, "peer.json"), "{}");
    chmodSync(dir, 0o750);
    const { held } = await lookAt(dir);
    expect(held).toMatchObject({ isWritable: true, freeBytes: expect.any(Number) });
    if (process.platform !== "win32")
      expect(held).toMatchObject({ mode: 0o750, keys: [{ name: "peer.seed", mode: 0o600 }] });
    rmSync(join(dir, "keys"), { recursive: true });
    expect((await lookAt(dir)).held?.keys).toEqual([]);
  });
});
