import { spawn, spawnSync } from "node:child_process";
import type { Duplex } from "node:stream";
import { expect, test } from "vitest";
import { LEADER } from "./leader.js";
import { openPseudoTerminal } from "./pseudo-terminal.js";

// What /bin/sh is: on Debian, on Fedora and macOS, on Alpine.
const shells = [["dash"], ["bash", "--posix"], ["busybox", "sh"]].map((call) => {
  const [name = "", ...args] = call;
  return { name, args, isHere: spawnSync("sh", ["-c", `command -v ${name}`]).status === 0 };
});

test.each(
  shells.map(({ name, args, isHere }) => ({
    title: isHere ? name : `${name} (not installed: NOT tried)`,
    name,
    args,
    isHere,
  })),
)("a session led by $title: the command has the terminal, is stopped, and goes on", async ({ name, args, isHere }) => {
  if (!isHere) return expect(spawnSync(name).error).toMatchObject({ code: "ENOENT" });
  using terminal = openPseudoTerminal({ columns: 80, rows: 24 });
  if (terminal === undefined) throw new Error("no pseudo terminals here");
  const { keyboard } = terminal;
  const words = ["sh", "-c", "echo up; read x; echo got $x; exit 9"];
  const child = spawn(name, [...args, "-c", LEADER, "sh", terminal.path, "sane", "terminal", ...words], {
    detached: true,
    stdio: terminal.stdio(["ignore", "ignore", "ignore", "pipe"]),
  });
  let shown = "";
  keyboard.on("data", (part: Uint8Array) => {
    const before = shown;
    shown += Buffer.from(part).toString();
    if (!before.includes("up") && shown.includes("up")) keyboard.write("\x1a");
  });
  const control = child.stdio[3] as Duplex;
  let stops = 0;
  control.on("data", () => {
    stops += 1;
    control.write("go on\n");
    keyboard.write("hello\n");
  });
  const code = await new Promise((resolve) => child.once("exit", resolve));
  terminal.hangUp();
  await new Promise((resolve) => keyboard.once("close", resolve));
  expect([code, stops, shown]).toEqual([9, 1, expect.stringMatching(/^up\r\n\^Z(?:hello\r\n)+got hello\r\n$/)]);
});
