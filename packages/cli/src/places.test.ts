import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { dataDir, dialled, readAddress, saveAddress, socketPath } from "@herdmind/local/client";
import { describe, expect, test } from "vitest";
import { parseDuration } from "./duration.js";

describe("the data directory", () => {
  test("--dir, then HERDMIND_HOME, then the user's data home", () => {
    const env = { HERDMIND_HOME: "/h", XDG_DATA_HOME: "/x" };
    expect(dataDir("/d", env)).toBe("/d");
    expect(dataDir(undefined, env)).toBe("/h");
    expect(dataDir(undefined, { XDG_DATA_HOME: "/x", HERDMIND_HOME: "" })).toBe("/x/herdmind");
    // The XDG specification: a relative path is invalid and to be ignored.
    expect(dataDir(undefined, { XDG_DATA_HOME: "x" })).toBe(join(homedir(), ".local/share/herdmind"));
  });

  test("its socket stands in it, or in a place that only depends on it when its path is too long for a socket", () => {
    expect(socketPath("/data/herd")).toBe("/data/herd/node.sock");
    const long = `/${"d".repeat(150)}`;
    expect(socketPath(long)).toMatch(/^\/tmp\/herdmind-\d+\/[0-9a-f]{32}\.sock$/);
    expect(socketPath(long)).toBe(socketPath(long));
    expect(socketPath(`${long}e`)).not.toBe(socketPath(long));
  });

  test("its socket is the same behind a link, whichever of the two paths is too long for one", () => {
    const folder = mkdtempSync(join(realpathSync(tmpdir()), "herdmind-link-"));
    try {
      const [short, long] = [join(folder, "s"), join(folder, "l".repeat(120))];
      const [toShort, toLong] = [`${long}-to-short`, `${short}-to-long`];
      for (const dir of [short, long]) mkdirSync(dir);
      symlinkSync(short, toShort);
      symlinkSync(long, toLong);
      expect(socketPath(toLong)).toBe(socketPath(long));
      expect([socketPath(toShort), socketPath(short)]).toEqual([join(short, "node.sock"), join(short, "node.sock")]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("addresses", () => {
  test("a wildcard is dialled at this machine's addresses, its own loopback last", () => {
    const at = (address: string, family: "IPv4" | "IPv6", internal = false) =>
      ({ address, family, internal, netmask: "", mac: "", cidr: null, scopeid: 0 }) as never;
    const interfaces = {
      lo: [at("127.0.0.1", "IPv4", true), at("::1", "IPv6", true)],
      eth0: [at("10.0.0.5", "IPv4"), at("fe80::1", "IPv6")],
    };
    expect(dialled("0.0.0.0", 4870, interfaces)).toEqual(["ws://10.0.0.5:4870", "ws://127.0.0.1:4870"]);
    expect(dialled("::", 4870, interfaces)).toEqual(["ws://10.0.0.5:4870", "ws://127.0.0.1:4870", "ws://[::1]:4870"]);
    expect(dialled("::1", 1, interfaces)).toEqual(["ws://[::1]:1"]);
  });

  test("what was saved is read again; a file of anybody else counts as none", async () => {
    const dir = mkdtempSync(join(tmpdir(), "herdmind-address-"));
    chmodSync(dir, 0o700);
    const address = { host: "::1", port: 4900, meshPort: 4901, addresses: ["ws://[::1]:4900"] };
    expect(await readAddress(dir)).toBeUndefined();
    await saveAddress(dir, address);
    expect(await readAddress(dir)).toEqual(address);
    await saveAddress(dir, { ...address, port: 70_000 });
    expect(await readAddress(dir)).toBeUndefined();
    rmSync(dir, { recursive: true });
  });
});

test.each([
  ["90s", 90_000],
  ["15m", 900_000],
  ["12h", 43_200_000],
  ["7d", 604_800_000],
  ["2w", 1_209_600_000],
  ["0d", undefined],
  ["7", undefined],
  ["1.5h", undefined],
  ["-1d", undefined],
  ["999999999w", undefined],
  ["", undefined],
])("duration %j is %j ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});
