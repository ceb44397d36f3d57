/** The terminal that we were started on: its settings, its size, and whether we have it. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Size } from "./pseudo-terminal.js";

export interface OuterTerminal extends Disposable {
  /** As `stty -g` says them; a pseudo terminal gets the same. */
  readonly settings: string;
  /** Hands on every key and every byte as it is. Node's own raw mode still turns line ends, which breaks programs that draw. */
  takeKeys(): void;
  /** As it was before. */
  giveBack(): void;
}

const stty = (...settings: readonly string[]) =>
  spawnSync("stty", settings, { stdio: ["inherit", "pipe", "ignore"], encoding: "utf8" });

/** `undefined` where standard input is no terminal that can be set. */
export const openOuterTerminal = (): OuterTerminal | undefined => {
  const { status, stdout } = stty("-g");
  const settings = (stdout ?? "").trim();
  if (status !== 0 || !/^[\w:=]+$/.test(settings)) return undefined;
  let isTaken = false;
  const giveBack = (): void => {
    if (!isTaken) return;
    isTaken = false;
    stty(settings);
  };
  return {
    settings,
    takeKeys: () => {
      if (isTaken) return;
      isTaken = true;
      stty("raw", "-echo");
    },
    giveBack,
    [Symbol.dispose]: giveBack,
  };
};

/** Fields of `/proc/PID/stat` behind the name, which may hold anything: state, parent, group, session, terminal, its foreground group. */
const statOf = (pid: number | "self"): { readonly group: number; readonly foreground: number } | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [, , group, , , foreground] = text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    return { group: group ?? 0, foreground: foreground ?? 0 };
  } catch {
    // No Linux: ps says the same.
    const { stdout } = spawnSync("ps", ["-o", "pgid=,tpgid=", "-p", String(pid === "self" ? process.pid : pid)], {
      encoding: "utf8",
    });
    const [group, foreground] = (stdout ?? "").trim().split(/\s+/).map(Number);
    return group === undefined || foreground === undefined ? undefined : { group, foreground };
  }
};

/** Whether keys come to us: a job in the background must not touch the terminal, or it is stopped. */
export const isInForeground = (): boolean => {
  const known = statOf("self");
  return known !== undefined && known.group === known.foreground;
};

/** The group that has the terminal of a session's leader. */
export const foregroundGroupOf = (leader: number): number | undefined => {
  const known = statOf(leader);
  return known !== undefined && known.foreground > 1 ? known.foreground : undefined;
};

export const sizeOf = (stream: object): Size => {
  const { columns = 80, rows = 24 } = stream as { readonly columns?: number; readonly rows?: number };
  return { columns, rows };
};
