/**
 * A pseudo terminal: what a command takes for its terminal, and what we read and write at the other end. Made by the prebuilt binary of
 * node-pty for this platform, of which only `openpty` and the size are used: processes are started by Node itself, which hands on pipes
 * and exit codes exactly.
 */
import { type StdioOptions, spawnSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { createRequire } from "node:module";
import { ReadStream } from "node:tty";

interface Native {
  open(columns: number, rows: number): { readonly master: number; readonly slave: number; readonly pty: string };
  resize(fd: number, columns: number, rows: number): void;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface PseudoTerminal extends Disposable {
  /** The device that a command opens as its terminal. */
  readonly path: string;
  /** The same, open here. It keeps what was written readable until `hangUp`. */
  readonly device: number;
  /** What is written on the terminal, and where keys go in. It fails with EIO once nobody has the device open any more. */
  readonly keyboard: ReadStream;
  resize(size: Size): void;
  /** `stty` for this terminal. */
  stty(...settings: readonly string[]): void;
  /** Lets go of the device, so that reading ends with what the last of its users wrote. */
  hangUp(): void;
  /** Standard streams for a child that must not inherit our end: a command that held it would keep its own terminal alive. */
  stdio(streams: readonly (number | "ignore" | "pipe")[]): StdioOptions;
}

const native = ((): Native | undefined => {
  try {
    return createRequire(import.meta.url)(`@lydell/node-pty-${process.platform}-${process.arch}/pty.node`) as Native;
  } catch {
    return undefined;
  }
})();

/** Whether this platform has pseudo terminals here. */
export const hasPseudoTerminals = native !== undefined && process.platform !== "win32";

/** `undefined` where the platform has none, or none is left. */
export const openPseudoTerminal = ({ columns, rows }: Size): PseudoTerminal | undefined => {
  if (native === undefined || process.platform === "win32") return undefined;
  let pair: ReturnType<Native["open"]>;
  try {
    pair = native.open(columns, rows);
  } catch {
    return undefined;
  }
  const { master, slave, pty: path } = pair;
  // Opened again by Node, which keeps its files from children; the other end cannot be opened again.
  const device = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
  closeSync(slave);
  const nothing = openSync("/dev/null", constants.O_RDWR);
  const keyboard = new ReadStream(master);
  keyboard.on("error", () => undefined);
  let isHungUp = false;
  const hangUp = (): void => {
    if (isHungUp) return;
    isHungUp = true;
    closeSync(device);
  };
  return {
    path,
    device,
    keyboard,
    resize: (size) => {
      if (!keyboard.destroyed) native.resize(master, size.columns, size.rows);
    },
    stty: (...settings) => {
      spawnSync("stty", settings, { stdio: [device, "ignore", "ignore"] });
    },
    hangUp,
    stdio: (streams) => [
      ...streams,
      ...Array.from({ length: Math.max(0, master - streams.length) }, () => "ignore" as const),
      nothing,
    ],
    [Symbol.dispose]: () => {
      hangUp();
      keyboard.destroy();
      closeSync(nothing);
    },
  };
};
